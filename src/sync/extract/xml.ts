/** XML read piece by piece, with limits. Runs in the extraction child. */
import { createRequire } from 'node:module';
import { AppError } from '../../errors.ts';
import { broken } from './zip.ts';

/** `get('val')` finds `val` and, under any prefix, `w:val`. */
export type XmlAttributes = (name: string) => string | undefined;

/** Names come without their prefix. */
export interface XmlHandler {
  open?(name: string, attributes: XmlAttributes): void;
  close?(name: string): void;
  text?(text: string): void;
}

interface SaxenParser {
  on(
    event: 'openTag',
    handler: (name: string, attributes: () => Record<string, string>, decode: (text: string) => string) => void,
  ): SaxenParser;
  on(event: 'closeTag', handler: (name: string) => void): SaxenParser;
  on(event: 'text', handler: (text: string, decode: (text: string) => string) => void): SaxenParser;
  on(event: 'cdata' | 'attention', handler: (text: string) => void): SaxenParser;
  on(event: 'error', handler: (error: Error) => void): SaxenParser;
  write(chunk: string): SaxenParser;
  end(): Error | null;
}

/** Office writes some tens of levels; tables and groups in one another that a person could still follow, too. */
const maxDepth = 256;

const { Parser } = createRequire(import.meta.url)('saxen') as { Parser: new () => SaxenParser };

/**
 * Feeds one part to a handler. Entities that the file declares itself are refused: no Office program writes any.
 * @throws AppError `document.broken`, `document.nested`
 */
export async function readXml(chunks: AsyncIterable<Uint8Array>, handler: XmlHandler): Promise<void> {
  const names = new Map<string, string>();
  const local = (name: string): string => {
    let short = names.get(name);
    if (short === undefined) names.set(name, (short = name.slice(name.indexOf(':') + 1)));
    return short;
  };
  let depth = 0;
  // One function for all elements: a sheet has millions.
  let read: Record<string, string> | undefined;
  let attributesOf: () => Record<string, string>;
  let decodeValue: (text: string) => string;
  const get: XmlAttributes = (wanted) => {
    read ??= attributesOf();
    let value = read[wanted];
    if (value === undefined) for (const key in read) if (local(key) === wanted) value = read[key];
    return value?.includes('&') ? decodeValue(value) : value;
  };
  const parser = new Parser();
  parser.on('error', (error) => {
    throw broken('its XML is damaged', error);
  });
  parser.on('attention', () => {
    throw broken('its XML declares entities of its own');
  });
  parser.on('openTag', (name, attributes, decode) => {
    if (++depth > maxDepth) {
      const publicMessage = `it is nested deeper than ${maxDepth} levels`;
      throw new AppError({ code: 'document.nested', message: publicMessage, publicMessage });
    }
    if (!handler.open) return;
    read = undefined;
    attributesOf = attributes;
    decodeValue = decode;
    handler.open(local(name), get);
  });
  parser.on('closeTag', (name) => {
    depth--;
    handler.close?.(local(name));
  });
  if (handler.text) {
    parser.on('text', (text, decode) => handler.text!(text.includes('&') ? decode(text) : text));
    parser.on('cdata', (text) => handler.text!(text));
  }
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(
      chunk[0] === 0xff && chunk[1] === 0xfe ? 'utf-16le' : chunk[0] === 0xfe && chunk[1] === 0xff ? 'utf-16be' : 'utf-8',
    );
    parser.write(decoder.decode(chunk, { stream: true }));
  }
  const error = parser.end();
  if (error) throw broken('its XML is damaged', error);
}
