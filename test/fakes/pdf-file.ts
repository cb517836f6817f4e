/** Small PDF files for tests, written object by object (ISO 32000-2, 7.5). */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export interface PdfText {
  /** From the page's lower left corner, in points; a page is 612 by 792. */
  x: number;
  y: number;
  size?: number;
  text: string;
}

export interface PdfOptions {
  info?: Record<string, string>;
  /** A password that opening needs. */
  password?: string;
  /** Numbers of pages (from 1) that hold a picture. */
  pictures?: number[];
}

/** One page for each list of texts, in Helvetica. */
export function pdfFile(pages: PdfText[][], options: PdfOptions = {}): Buffer {
  const objects: (string | { dictionary: string; stream: Buffer })[] = [];
  const add = (object: string | { dictionary: string; stream: Buffer }): number => objects.push(object);
  add('');
  add('');
  const font = add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  const picture = add({
    dictionary: '/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode',
    stream: deflateSync(Buffer.alloc(64, 128)),
  });
  const kids = pages.map((texts, i) => {
    const drawn = options.pictures?.includes(i + 1) ? 'q 612 0 0 792 0 0 cm /Im1 Do Q\n' : '';
    const content = texts.map(({ x, y, size = 10, text }) => `BT /F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${escaped(text)}) Tj ET`).join('\n');
    const stream = add({ dictionary: '/Filter /FlateDecode', stream: deflateSync(Buffer.from(drawn + content, 'latin1')) });
    return add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${stream} 0 R /Resources << /Font << /F1 ${font} 0 R >> /XObject << /Im1 ${picture} 0 R >> >> >>`,
    );
  });
  objects[0] = '<< /Type /Catalog /Pages 2 0 R >>';
  objects[1] = `<< /Type /Pages /Kids [${kids.map((kid) => `${kid} 0 R`).join(' ')}] /Count ${kids.length} >>`;
  const info = options.info
    ? add(
        `<< ${Object.entries(options.info)
          .map(([name, value]) => `/${name} (${escaped(value)})`)
          .join(' ')} >>`,
      )
    : undefined;
  return written(objects, info, options.password);
}

/** Lines from the top of a page, `leading` points apart. */
export function linesFrom(y: number, texts: string[], options: { x?: number; size?: number; leading?: number } = {}): PdfText[] {
  const { x = 72, size = 10, leading = 12 } = options;
  return texts.map((text, i) => ({ x, y: y - i * leading, size, text }));
}

function written(
  objects: (string | { dictionary: string; stream: Buffer })[],
  info: number | undefined,
  password: string | undefined,
): Buffer {
  const id = createHash('md5').update('docent').digest();
  const lock = password === undefined ? undefined : lockWith(password, id);
  if (lock) objects.push(lock.dictionary);
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const places: number[] = [];
  let length = parts[0]!.length;
  const write = (part: Buffer): void => {
    parts.push(part);
    length += part.length;
  };
  for (const [i, object] of objects.entries()) {
    places.push(length);
    write(Buffer.from(`${i + 1} 0 obj\n`));
    if (typeof object === 'string') write(Buffer.from(`${object}\nendobj\n`, 'latin1'));
    else {
      const stream = lock ? lock.encrypt(object.stream, i + 1) : object.stream;
      write(Buffer.from(`<< ${object.dictionary} /Length ${stream.length} >>\nstream\n`));
      write(stream);
      write(Buffer.from('\nendstream\nendobj\n'));
    }
  }
  const start = length;
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const encrypt = lock ? ` /Encrypt ${objects.length} 0 R` : '';
  write(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /ID [<${id.toString('hex')}> <${id.toString('hex')}>]${info === undefined ? '' : ` /Info ${info} 0 R`}${encrypt} >>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

const escaped = (text: string): string => text.replaceAll(/[\\()]/g, String.raw`\$&`);

/** The standard security handler, revision 2: RC4 with 40 bits (ISO 32000-2, 7.6.4). */
function lockWith(password: string, id: Buffer): { dictionary: string; encrypt(data: Buffer, object: number): Buffer } {
  const pad = Buffer.from('28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A', 'hex');
  const padded = Buffer.concat([Buffer.from(password, 'latin1'), pad]).subarray(0, 32);
  const owner = rc4(createHash('md5').update(padded).digest().subarray(0, 5), padded);
  const permissions = Buffer.alloc(4);
  permissions.writeInt32LE(-4);
  const key = createHash('md5').update(padded).update(owner).update(permissions).update(id).digest().subarray(0, 5);
  const user = rc4(key, pad);
  return {
    dictionary: `<< /Filter /Standard /V 1 /R 2 /O <${owner.toString('hex')}> /U <${user.toString('hex')}> /P -4 >>`,
    encrypt(data, object) {
      const salt = Buffer.from([object & 255, (object >> 8) & 255, 0, 0, 0]);
      return rc4(createHash('md5').update(key).update(salt).digest().subarray(0, 10), data);
    },
  };
}

/** OpenSSL of today has no RC4 without its old provider. */
function rc4(key: Buffer, data: Buffer): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + state[i]! + key[i % key.length]!) & 255;
    [state[i], state[j]] = [state[j]!, state[i]!];
  }
  let [i, j] = [0, 0];
  return Buffer.from(
    data.map((byte) => {
      i = (i + 1) & 255;
      j = (j + state[i]!) & 255;
      [state[i], state[j]] = [state[j]!, state[i]!];
      return byte ^ state[(state[i]! + state[j]!) & 255]!;
    }),
  );
}
