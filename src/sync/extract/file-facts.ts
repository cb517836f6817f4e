/** Title, owner and date as files name them, without what programs put there by themselves. Runs in the extraction child. */
import { timeOf } from './front-matter.ts';

/** What Office, LaTeX and scanners write when nobody gave a title. */
const noTitle =
  /^(?:untitled|title|document|presentation|powerpoint[ -]pr[äe]sentation|powerpoint presentation|slide|folie|workbook|book|mappe|sheet|scan|scanned document|image|unknown|no title|unspecified|\(?anonymous\)?|文档|演示文稿|幻灯片|工作簿|无标题|未命名)[ _-]?\d*$/i;
const fileName = /\.(?:docx?|docm|pptx?|xlsx?|xls|pdf|indd|tex|dvi|odt|ods|odp|rtf|txt|qxd|pmd|ai|psd|html?)$/i;

/** A title that a person gave; file names and the programs' own words are none. */
export function titleFact(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const title = value
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/^Microsoft (?:Word|PowerPoint|Excel) - /i, '');
  if (title.length < 2 || title.length > 300 || noTitle.test(title) || fileName.test(title) || /^[A-Z]:\\|^\/|^file:/i.test(title))
    return undefined;
  return /\p{L}/u.test(title) ? title : undefined;
}

/** Accounts and programs, which are nobody to ask. */
const nobody =
  /\b(?:user|admin|administrator|owner|guest|root|unknown|anonymous|author|benutzer|anwender|utilisateur|default|test|microsoft|office|adobe|acrobat|latex|tex|openpyxl|python|apache|libreoffice|openoffice|google|canva|scanner|canon|xerox|hp|epson|wps|copilot|chatgpt)\b|用户|管理员|未知|作者/i;

/** An author one could ask: first and last name, a name in Han, or an e-mail address. */
export function ownerFact(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(/\s*;\s*/g, ', ')
    .replace(/^[,\s]+|[,\s]+$/g, '');
  if (name.length > 120 || nobody.test(name)) return undefined;
  const person = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(name) || /\p{L}\S*[\s,]+\S*\p{L}/u.test(name) || /^\p{Script=Han}{2,4}$/u.test(name);
  return person ? name : undefined;
}

/** ISO 8601, or PDF's `D:YYYYMMDDHHmmSS+HH'mm` (ISO 32000-2, 7.9.4). Milliseconds since the epoch. */
export function timeFact(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?([Zz+-])?(\d\d)?'?(\d\d)?/.exec(value);
  if (!match) return timeOf(value);
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', sign = 'Z', offset = '00', rest = '00'] = match;
  const zone = sign.toUpperCase() === 'Z' ? 'Z' : `${sign}${offset}:${rest}`;
  return timeOf(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
}
