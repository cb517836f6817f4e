/** XML-RPC, as DokuWiki speaks it: a call to its XML, an answer's XML to a value. */
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../errors.ts';

export type RpcValue = string | number | boolean | RpcValue[] | RpcStruct;
/** Without a prototype: its names come from the network. */
export interface RpcStruct {
  [name: string]: RpcValue;
}

export type RpcAnswer = { value: RpcValue } | { fault: { code: number; text: string } };

/** The part of saxen, which brings no types, that is used here. */
interface Saxen {
  on(event: 'openTag' | 'closeTag', handler: (name: string) => void): Saxen;
  on(event: 'text' | 'cdata' | 'attention', handler: (text: string) => void): Saxen;
  on(event: 'error', handler: (error: Error) => void): Saxen;
  write(piece: string): Saxen;
  end(): Error | null;
}

const { Parser } = createRequire(import.meta.url)('saxen') as { Parser: new () => Saxen };

/** Characters between two turns for others. */
const pieceLength = 1_000_000;
/** DokuWiki's deepest answer, an array of structs, has 9 levels of elements. */
const deepest = 40;
const scalars = new Set(['string', 'int', 'i4', 'i8', 'boolean', 'double', 'dateTime.iso8601', 'base64', 'nil']);

export function encodeCall(method: string, params: RpcValue[]): string {
  const list = params.map((param) => `<param><value>${encode(param)}</value></param>`).join('');
  return `<?xml version="1.0"?><methodCall><methodName>${escaped(method)}</methodName><params>${list}</params></methodCall>`;
}

function encode(value: RpcValue): string {
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`;
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === 'number') return `<int>${Math.trunc(value)}</int>`;
  if (Array.isArray(value)) return `<array><data>${value.map((one) => `<value>${encode(one)}</value>`).join('')}</data></array>`;
  const members = Object.entries(value).map(([name, one]) => `<member><name>${escaped(name)}</name><value>${encode(one)}</value></member>`);
  return `<struct>${members.join('')}</struct>`;
}

function escaped(text: string): string {
  return withoutControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}

/** saxen's own decoder takes seconds for a page of some megabytes, and knows no character beyond U+FFFF. */
function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  if (text.includes('&#')) {
    return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(lt|gt|quot|apos|amp));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : ' ';
    });
  }
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&');
}

const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** Characters that no XML may hold; a page's text may, and DokuWiki hands them on. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t\n\r]|\ufffe|\uffff/gu, ' ').toWellFormed();
}

interface Frame {
  /** `value` awaits one value, `array` and `struct` gather. */
  kind: 'value' | 'array' | 'struct';
  value?: RpcValue;
  items: RpcValue[];
  members: RpcStruct;
  name: string;
}

/**
 * An answer of XML-RPC. Nothing recurses, document types and entities of its own are refused, nesting is limited; the size is
 * the caller's to limit.
 * @throws AppError `source.unreadable` when it is none
 */
export async function decodeAnswer(bytes: Uint8Array): Promise<RpcAnswer> {
  const text = withoutControls(new TextDecoder().decode(bytes)).trimStart();
  const parser = new Parser();
  const open: string[] = [];
  const frames: Frame[] = [];
  let words = '';
  let isFault = false;
  let root: RpcValue | undefined;

  const take = (value: RpcValue): void => {
    const into = frames.at(-1);
    if (into?.kind === 'array') into.items.push(value);
    else if (into?.kind === 'struct') into.members[into.name] = value;
    else root ??= value;
  };
  /** The value that an array, a struct or a scalar stands in. */
  const fill = (value: RpcValue): void => {
    const frame = frames.at(-1);
    if (frame?.kind !== 'value') throw broken('a value stands where none may be');
    frame.value = value;
  };

  parser.on('error', (error) => {
    throw broken(error.message);
  });
  parser.on('attention', () => {
    throw broken('a document type');
  });
  parser.on('openTag', (name) => {
    if (open.push(name) > deepest) throw broken(`nested deeper than ${deepest}`);
    if (open.length === 1 && name !== 'methodResponse') throw broken('another root');
    words = '';
    if (name === 'fault') isFault = true;
    if (name === 'value' || name === 'array' || name === 'struct')
      frames.push({ kind: name, items: [], members: Object.create(null) as RpcStruct, name: '' });
  });
  parser.on('text', (more) => {
    words += unescaped(more);
  });
  parser.on('cdata', (more) => {
    words += more;
  });
  parser.on('closeTag', (name) => {
    open.pop();
    const frame = frames.at(-1);
    if (name === 'value') {
      frames.pop();
      take(frame?.value ?? words);
    } else if (name === 'array' || name === 'struct') {
      frames.pop();
      fill(name === 'array' ? frame!.items : frame!.members);
    } else if (name === 'name' && frame?.kind === 'struct') frame.name = words;
    else if (scalars.has(name)) fill(scalar(name, words));
    words = '';
  });
  for (let at = 0; at < text.length; at += pieceLength) {
    if (at > 0) await setImmediate();
    parser.write(text.slice(at, at + pieceLength));
  }
  const error = parser.end();
  if (error) throw broken(error.message);
  if (root === undefined) throw broken('no value');
  if (!isFault) return { value: root };
  const { faultCode, faultString } = isStruct(root) ? root : ({} as RpcStruct);
  return { fault: { code: Number(faultCode) || 0, text: String(faultString ?? '') } };
}

export function isStruct(value: RpcValue | undefined): value is RpcStruct {
  return typeof value === 'object' && !Array.isArray(value);
}

function scalar(type: string, text: string): RpcValue {
  switch (type) {
    case 'int':
    case 'i4':
    case 'i8':
    case 'double':
      return Number(text);
    case 'boolean':
      return text.trim() === '1';
    default:
      return text;
  }
}

function broken(what: string): AppError {
  return new AppError({
    code: 'source.unreadable',
    message: `no XML-RPC answer: ${what.slice(0, 200)}`,
    publicMessage: 'It did not answer in the form of DokuWiki (XML-RPC).',
  });
}
