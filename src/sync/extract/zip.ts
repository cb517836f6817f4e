/** The parts of a zip file (what Office files are), within limits. Runs in the extraction child. */
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { AppError } from '../../errors.ts';

/** A long workbook or deck has some thousands. */
const maxEntries = 10_000;
/** All parts together as they say themselves; each is held to what it says while it unpacks. */
const maxUnpacked = 500_000_000;

export interface Zip {
  has(name: string): boolean;
  /** Names in the order of the file's directory. */
  names(): string[];
  /** Unpacks a part piece by piece. Throws `document.broken` when there is none, or it is damaged or larger than it says. */
  read(name: string): AsyncIterable<Uint8Array>;
}

/**
 * Reads the directory of a zip file; nothing is unpacked yet.
 * @param alive is told of each piece that is unpacked, and waited for
 * @throws AppError `document.encrypted`, `document.old_format`, `document.broken`, `document.bomb`
 */
export async function openZip(bytes: Uint8Array, alive: () => unknown = () => {}): Promise<Zip> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.subarray(0, 8).equals(oleMark)) throw oleFile(buffer);
  const entries = new Map<string, yauzl.Entry>();
  let unpacked = 0;
  let file: yauzl.ZipFile;
  try {
    file = await yauzl.fromBufferPromise(buffer, { lazyEntries: true });
    if (file.entryCount > maxEntries) throw bomb(`it packs ${file.entryCount} files; the limit is ${maxEntries}`);
    for await (const entry of file.eachEntry()) {
      unpacked += entry.uncompressedSize;
      if (unpacked > maxUnpacked) throw bomb(`it unpacks to more than ${maxUnpacked / 1_000_000} MB`);
      if (entry.isEncrypted()) throw encrypted();
      // Part names are compared without regard to case (ECMA-376-2, 6.2.2.3).
      entries.set(entry.fileName.toLowerCase(), entry);
    }
  } catch (error) {
    throw error instanceof AppError ? error : broken('it is no Office file, or it is damaged', error);
  }
  return {
    has: (name) => entries.has(name.toLowerCase()),
    names: () => [...entries.values()].map((entry) => entry.fileName),
    async *read(name) {
      const entry = entries.get(name.toLowerCase());
      if (!entry) throw broken(`its part ${name} is missing`);
      try {
        let sum = 0;
        for await (const piece of (await file.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
          sum = crc32(piece, sum);
          yield piece;
          await alive();
        }
        if (sum !== entry.crc32) throw broken(`its part ${name} is damaged`);
      } catch (error) {
        throw error instanceof AppError ? error : broken(`its part ${name} is damaged`, error);
      }
    },
  };
}

const oleMark = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);

/** Both Office files with a password and those of before 2007 are OLE files (MS-OFFCRYPTO 1.3.2, MS-CFB). */
function oleFile(buffer: Buffer): AppError {
  if (buffer.includes(Buffer.from('EncryptedPackage', 'utf16le'))) return encrypted();
  return new AppError({
    code: 'document.old_format',
    message: 'OLE file',
    publicMessage: 'it is in the Office format of before 2007; save it as DOCX, PPTX or XLSX',
  });
}

function encrypted(): AppError {
  return new AppError({
    code: 'document.encrypted',
    message: 'encrypted',
    publicMessage: 'it is protected with a password; save it without one',
  });
}

function bomb(publicMessage: string): AppError {
  return new AppError({ code: 'document.bomb', message: publicMessage, publicMessage });
}

export function broken(publicMessage: string, cause?: unknown): AppError {
  return new AppError({ code: 'document.broken', message: publicMessage, publicMessage, cause });
}
