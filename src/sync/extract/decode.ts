/** Bytes to text. Runs in the extraction child. */
import { AppError } from '../../errors.ts';

/**
 * Text of a file: by its byte order mark, by the charset that its HTML names, else UTF-8; line ends become `\n`.
 * @param guess what is not UTF-8 is GB18030 where that gives Chinese, else Windows-1252 (tables, as Excel exports them)
 * Throws AppError `document.binary` for what is no text, `document.undecodable` for text in another encoding.
 */
export function decodeText(bytes: Uint8Array, html: boolean, guess = false): string {
  const encoding = byMark(bytes) ?? (html ? byMeta(bytes) : undefined) ?? (guess ? byZeros(bytes) : undefined) ?? 'utf-8';
  const text =
    decode(bytes, encoding) ?? (guess ? asChinese(bytes) : undefined) ?? (html || guess ? decode(bytes, 'windows-1252') : undefined);
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

/** UTF-16 without a mark: every other byte of Latin text is zero. */
function byZeros(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, 1000);
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i & 1]!++;
  const many = sample.length * 0.3;
  return zeros[1]! > many && zeros[0] === 0 ? 'utf-16le' : zeros[0]! > many && zeros[1] === 0 ? 'utf-16be' : undefined;
}

/** GB18030 can read nearly any bytes: it is taken where what it reads beyond ASCII is mostly everyday Han and marks. */
function asChinese(bytes: Uint8Array): string | undefined {
  const text = decode(bytes, 'gb18030');
  if (text === undefined) return undefined;
  let all = 0;
  let han = 0;
  for (let i = 0; i < text.length && all < 5000; i++) {
    const code = text.charCodeAt(i);
    if (code < 128) continue;
    all++;
    // GB2312's first level stands in the first rows; Latin text read as GBK gives rare characters, one by one between letters.
    const beside = text.charCodeAt(i - 1) >= 0x3000 || text.charCodeAt(i + 1) >= 0x3000;
    if (((code >= 0x4e00 && code <= 0x9fff) || (code >= 0x3000 && code <= 0x303f) || code >= 0xff00) && beside) han++;
  }
  return all > 0 && han >= all * 0.8 ? text : undefined;
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
