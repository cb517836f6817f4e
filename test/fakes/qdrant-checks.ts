/** What Qdrant's REST interface takes, strictly: a field that is not named here is refused, as is one of another type. */

/** An answer that is no success. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Check = (value: unknown, at: string) => void;

const format = (at: string, message: string): Refused => new Refused(400, `Format error in JSON body: ${at}: ${message}`);
const invalid = (at: string, message: string): Refused => new Refused(422, `Validation error in JSON body: [${at}: ${message}]`);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export const text: Check = (value, at) => {
  if (typeof value !== 'string') throw format(at, 'invalid type, expected a string');
};
export const flag: Check = (value, at) => {
  if (typeof value !== 'boolean') throw format(at, 'invalid type, expected a boolean');
};
export const number: Check = (value, at) => {
  if (typeof value !== 'number') throw format(at, 'invalid type, expected f32');
};
export const whole =
  (least: number): Check =>
  (value, at) => {
    if (!Number.isInteger(value) || (value as number) < 0) throw format(at, 'invalid type, expected usize');
    if ((value as number) < least) throw invalid(at, `value ${String(value)} invalid, must be ${least} or larger`);
  };
export const oneOf =
  (...values: unknown[]): Check =>
  (value, at) => {
    if (!values.includes(value)) throw format(at, `unknown variant ${JSON.stringify(value)}`);
  };
export const list =
  (each: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) throw format(at, 'invalid type, expected a sequence');
    value.forEach((item, i) => each(item, `${at}[${i}]`));
  };
export const anyOf =
  (...checks: Check[]): Check =>
  (value, at) => {
    let last: unknown;
    for (const check of checks) {
      try {
        check(value, at);
        return;
      } catch (error) {
        last = error;
      }
    }
    throw last;
  };
/** Fields with a `!` at the end of their name must be there. */
export const object =
  (fields: Record<string, Check>): Check =>
  (value, at) => {
    if (!isObject(value)) throw format(at, 'invalid type, expected a map');
    const allowed = new Map(Object.entries(fields).map(([name, check]) => [name.replace('!', ''), check]));
    for (const name of Object.keys(fields))
      if (name.endsWith('!') && !(name.slice(0, -1) in value)) throw format(at, `missing field \`${name.slice(0, -1)}\``);
    for (const [name, item] of Object.entries(value)) {
      const check = allowed.get(name);
      if (!check) throw format(at, `unknown field \`${name}\``);
      if (item !== undefined) check(item, `${at}.${name}`);
    }
  };
export const mapOf =
  (each: Check): Check =>
  (value, at) => {
    if (!isObject(value)) throw format(at, 'invalid type, expected a map');
    for (const [name, item] of Object.entries(value)) each(item, `${at}.${name}`);
  };
export const anything: Check = mapOf(() => {});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const pointId: Check = (value, at) => {
  if (typeof value === 'string' ? !UUID.test(value) : !Number.isInteger(value) || (value as number) < 0)
    throw format(at, `value ${JSON.stringify(value)} is not a valid point ID, valid values are either an unsigned integer or a UUID`);
};

const finite: Check = (value, at) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw format(at, 'invalid type, expected f32');
};
export const sparse: Check = (value, at) => {
  object({ 'indices!': list(whole(0)), 'values!': list(finite) })(value, at);
  const { indices, values } = value as { indices: number[]; values: number[] };
  if (indices.length !== values.length) throw invalid(at, 'must be the same length as indices');
  if (new Set(indices).size !== indices.length) throw invalid(at, 'must be unique');
  if (indices.some((index) => index > 0xffffffff)) throw format(at, 'invalid value, expected u32');
};
const dense: Check = list(finite);

const match = object({ value: anyOf(text, whole(0)), any: list(anyOf(text, whole(0))) });
const condition = anyOf(object({ 'has_id!': list(pointId) }), object({ 'key!': text, 'match!': match }));
export const filter = object({ must: list(condition), must_not: list(condition) });

export const withPayload = anyOf(flag, list(text));
const params = object({ exact: flag, hnsw_ef: whole(0), quantization: object({ ignore: flag, rescore: flag, oversampling: number }) });
export const query = object({
  'query!': anyOf(dense, sparse),
  using: text,
  filter,
  params,
  limit: whole(1),
  with_payload: withPayload,
  with_vector: flag,
});

export const bodies = {
  createCollection: object({
    vectors: mapOf(object({ 'size!': whole(1), 'distance!': oneOf('Cosine', 'Dot', 'Euclid'), on_disk: flag })),
    sparse_vectors: mapOf(object({ modifier: oneOf('idf', 'none'), index: object({ on_disk: flag }) })),
    on_disk_payload: flag,
    metadata: anything,
  }),
  updateCollection: object({
    vectors: mapOf(object({ on_disk: flag })),
    quantization_config: object({ 'scalar!': object({ 'type!': oneOf('int8'), quantile: number, always_ram: flag }) }),
    metadata: anything,
  }),
  createIndex: object({
    'field_name!': text,
    field_schema: anyOf(
      oneOf('keyword', 'integer'),
      object({ 'type!': oneOf('keyword'), on_disk: flag }),
      object({ 'type!': oneOf('integer'), lookup: flag, range: flag, on_disk: flag }),
    ),
  }),
  aliases: object({
    'actions!': list(
      anyOf(
        object({ 'create_alias!': object({ 'alias_name!': text, 'collection_name!': text }) }),
        object({ 'delete_alias!': object({ 'alias_name!': text }) }),
      ),
    ),
  }),
  upsert: object({ 'points!': list(object({ 'id!': pointId, 'vector!': mapOf(anyOf(dense, sparse)), payload: anything })) }),
  remove: object({ 'points!': list(pointId) }),
  getPoints: object({ 'ids!': list(pointId), with_payload: withPayload, with_vector: flag }),
  scroll: object({ offset: pointId, limit: whole(1), with_payload: withPayload, with_vector: flag }),
  count: object({ filter, exact: flag }),
  query,
  queryBatch: object({ 'searches!': list(query) }),
} satisfies Record<string, Check>;
