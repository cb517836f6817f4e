/** Bytes to text. Runs in the extraction child. */
import { AppError } from '../../errors.ts';

/**
 * Text of a file: by its byte order mark, by the charset that its HTML names, else UTF-8; line ends become `\n`.
 * Throws AppError `document.binary` for what is no text, `document.undecodable` for text in another encoding.
 */
export function decodeText(bytes: Uint8Array, html: boolean): string {
  const encoding = byMark(bytes) ?? (html ? byMeta(bytes) : undefined) ?? 'utf-8';
  const text = decode(bytes, encoding) ?? (html ? decode(bytes, 'windows-1252') : undefined);
  if (looksBinary(text ?? decode(bytes, 'latin1') ?? '')) {
    throw new AppError({ code: 'document.binary', message: 'binary file', publicMessage: 'it is a binary file, not text' });
  }
  if (text === undefined) {
    const publicMessage = `its text is not ${encoding.toUpperCase()}; save it as UTF-8`;
    throw new AppError({ code: 'document.undecodable', message: `not ${encoding}`, publicMessage });
  }
  return text.replaceAll(/\r\n?/g, '\n');
}

function byMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** The HTML standard looks for the declaration in the first 1,024 bytes. */
function byMeta(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  const label = /<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{2,40})/i.exec(head)?.[1];
  // The declaration itself could be read as ASCII, so UTF-16 cannot be true.
  return label === undefined || /^utf-16/i.test(label) ? undefined : label.toLowerCase();
}

function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Kinds of files whose first bytes could pass for text. */
const signatures = ['%PDF-', 'PK\u0003\u0004', 'GIF8', '\u0089PNG', '\u007fELF'];

function looksBinary(text: string): boolean {
  if (signatures.some((signature) => text.startsWith(signature))) return true;
  let control = 0;
  const length = Math.min(text.length, 8192);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0) return true;
    if (code < 32 && code !== 9 && code !== 10 && code !== 13 && code !== 12 && code !== 27) control++;
  }
  return control > length * 0.02;
}
