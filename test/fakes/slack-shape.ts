/**
 * The small grammar in which Slack's rules for blocks are written down. A rule gets a value, where it
 * stands (a JSON pointer) and a list; it adds one line to the list for each fault, as Slack words them in
 * `response_metadata.messages` without the leading `[ERROR]`. Lengths count UTF-16 units, the stricter of
 * the ways in which they can be counted.
 */
export type Rule = (value: unknown, at: string, faults: string[]) => void;
export type Fields = Record<string, unknown>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fault(faults: string[], at: string, words: string): void {
  faults.push(`${words} [json-pointer:${at}]`);
}

/** A string of `min` to `max` characters. */
export function string(max: number, min = 1): Rule {
  return (value, at, faults) => {
    if (typeof value !== 'string') return fault(faults, at, 'must be a string');
    if (value.length > max) fault(faults, at, `must be less than ${max + 1} characters`);
    if (value.length < min) fault(faults, at, `must be more than ${min - 1} characters`);
  };
}

export const flag: Rule = (value, at, faults) => {
  if (typeof value !== 'boolean') fault(faults, at, 'must be a boolean');
};

export function whole(min: number, max: number): Rule {
  return (value, at, faults) => {
    if (!Number.isInteger(value)) return fault(faults, at, 'must be an integer');
    if (Number(value) < min) fault(faults, at, `must be greater than or equal to ${min}`);
    if (Number(value) > max) fault(faults, at, `must be less than or equal to ${max}`);
  };
}

export function oneOf(...values: unknown[]): Rule {
  return (value, at, faults) => {
    if (!values.includes(value)) fault(faults, at, `must be a valid enum value, one of ${values.join(', ')}`);
  };
}

export function matching(pattern: RegExp, words: string): Rule {
  return (value, at, faults) => {
    if (typeof value !== 'string' || !pattern.test(value)) fault(faults, at, words);
  };
}

/** An address that a person can open. */
export function address(max: number): Rule {
  return (value, at, faults) => {
    string(max)(value, at, faults);
    if (typeof value !== 'string') return;
    if (!URL.canParse(value) || !/^(https?|mailto|slack):$/u.test(new URL(value).protocol)) fault(faults, at, 'must be a valid URL');
  };
}

export function list(rule: Rule, min: number, max: number): Rule {
  return (value, at, faults) => {
    if (!Array.isArray(value)) return fault(faults, at, 'must be an array');
    if (value.length > max) fault(faults, at, `no more than ${max} items allowed`);
    if (value.length < min) fault(faults, at, `no less than ${min} items allowed`);
    for (const [index, item] of value.entries()) rule(item, `${at}/${index}`, faults);
  };
}

export interface Shape {
  required?: Record<string, Rule>;
  optional?: Record<string, Rule>;
  /** What concerns several fields at once. */
  also?: Rule;
}

/** An object with these fields and no others. */
export function shape({ required = {}, optional = {}, also }: Shape): Rule {
  return (value, at, faults) => {
    if (!isObject(value)) return fault(faults, at, 'must provide an object');
    for (const name of Object.keys(required)) if (value[name] === undefined) fault(faults, at, `missing required field: ${name}`);
    for (const [name, held] of Object.entries(value)) {
      const rule = required[name] ?? optional[name];
      if (!rule) fault(faults, `${at}/${name}`, `invalid additional property: ${name}`);
      else if (held !== undefined) rule(held, `${at}/${name}`, faults);
    }
    also?.(value, at, faults);
  };
}

/** An object whose `type` says which of these rules holds for the rest. */
export function typed(kinds: Record<string, Shape>): Rule {
  const rules = new Map(
    Object.entries(kinds).map(([type, kind]) => [type, shape({ ...kind, required: { type: oneOf(type), ...kind.required } })]),
  );
  return (value, at, faults) => {
    if (!isObject(value)) return fault(faults, at, 'must provide an object');
    if (value.type === undefined) return fault(faults, at, 'missing required field: type');
    const rule = rules.get(String(value.type));
    if (!rule) return fault(faults, `${at}/type`, `unsupported type: ${String(value.type)}`);
    rule(value, at, faults);
  };
}
