/** How a workbook shows its numbers: formats and bold cells by style (ECMA-376-1, 18.8). Part of the XLSX extractor. */
import { dateFromSerial, format, getFormatFromId, isDateFormat } from 'numfmt';
import { readXml } from './xml.ts';
import type { Zip } from './zip.ts';

export interface CellStyles {
  /** A number as the cell's style shows it. */
  show(value: number, style: number): string;
  bold(style: number): boolean;
}

/** Shown by everyone's own settings in Excel: here as in ISO 8601, which nobody misreads. */
const ownSettings: Record<number, string> = { 14: 'yyyy-mm-dd', 22: 'yyyy-mm-dd hh:mm' };
/** Days between the two ways in which workbooks count (ECMA-376-1, 18.17.4.1). */
const days1904 = 1462;

export async function readStyles(zip: Zip, part: string | undefined, date1904: boolean): Promise<CellStyles> {
  const custom = new Map<number, string>();
  const fonts: boolean[] = [];
  const cells: { format: number; font: number }[] = [];
  let inside = '';
  if (part !== undefined)
    await readXml(zip.read(part), {
      open(tag, get) {
        if (tag === 'numFmt') custom.set(Number(get('numFmtId')), (get('formatCode') ?? '').slice(0, 300));
        else if (tag === 'fonts' || tag === 'cellXfs' || tag === 'cellStyleXfs' || tag === 'dxfs') inside = tag;
        else if (tag === 'font' && inside === 'fonts') fonts.push(false);
        else if (tag === 'b' && inside === 'fonts') fonts[fonts.length - 1] = !/^(?:0|false)$/.test(get('val') ?? '');
        else if (tag === 'xf' && inside === 'cellXfs')
          cells.push({ format: Number(get('numFmtId') ?? 0), font: Number(get('fontId') ?? 0) });
      },
      close(tag) {
        if (tag === inside) inside = '';
      },
    });
  const patterns = cells.map(({ format: id }) => custom.get(id) ?? ownSettings[id] ?? builtIn(id));
  const dates = patterns.map((pattern) => pattern !== 'General' && safely(() => isDateFormat(pattern), false));
  // The same dates and amounts come again and again.
  const known = patterns.map(() => new Map<number, string>());
  const shown = (value: number, style: number): string => {
    const pattern = patterns[style] ?? 'General';
    if (pattern === 'General') return general(value);
    const serial = date1904 && dates[style] ? value + days1904 : value;
    return safely(() => format(pattern, serial), dates[style] ? isoDate(serial) : general(value));
  };
  return {
    show(value, style) {
      const before = known[style];
      let text = before?.get(value);
      if (text === undefined) {
        text = shown(value, style);
        if (before && before.size < 10_000) before.set(value, text);
      }
      return text;
    },
    bold: (style) => fonts[cells[style]?.font ?? -1] ?? false,
  };
}

function builtIn(id: number): string {
  return safely(() => getFormatFromId(id, 'en') || 'General', 'General');
}

/** Excel shows at most 11 digits, and never the rounding errors of doubles. */
function general(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(10)));
}

function isoDate(serial: number): string {
  const parts = safely(() => dateFromSerial(serial), undefined);
  return parts ? `${parts[0]}-${String(parts[1]).padStart(2, '0')}-${String(parts[2]).padStart(2, '0')}` : general(serial);
}

function safely<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
