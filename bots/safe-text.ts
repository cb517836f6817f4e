/** What every platform does to words that are data before they stand in a message: what is seen of them, and which addresses are linked. */

/** U+2060: of no width, and no line breaks at it. What data brings along of its kind is taken out first. */
export const JOINER = '\u2060';

/** Longer addresses are not linked: a block of 3,000 characters must hold one. */
const LONGEST_URL = 2000;

// oxlint-disable no-control-regex, no-misleading-character-class -- these very characters are looked for
const INVISIBLE =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF0-\uFFFB]|[\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;
/** Joiners are part of emoji and of some scripts; beside ASCII they only hide something. */
const IDLE_JOINERS = /(?<=[\u0000-\u007F])[\u200C\u200D]+|[\u200C\u200D]+(?=[\u0000-\u007F]|$)/gu;
// oxlint-enable no-control-regex, no-misleading-character-class

/** What a person sees of a text: no invisible characters, nothing that turns the direction of reading; lines stay lines. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll(INVISIBLE, '')
    .replaceAll(IDLE_JOINERS, '');
}

/** The same on one line. */
export function oneLine(text: string): string {
  return visible(text).replaceAll(/\s+/g, ' ').trim();
}

/** At most `max` UTF-16 units, ending in `…` where something is left out; no character is cut in two. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '');
  const atWord = /^(.{20,})\s\S{0,24}$/su.exec(kept);
  return `${(atWord?.[1] ?? kept).trimEnd()}…`;
}

/** No address is whole any more, nor what a mention or an e-mail address begins with; it reads as before. */
export function breakAddresses(text: string, marks = /([@])(?=[\p{L}\p{N}_])/gu): string {
  return text
    .replaceAll('://', `:${JOINER}//`)
    .replaceAll(
      /(mailto|tel|sms|sips?|xmpp|callto|facetime|skype|slack|data|javascript|vbscript|file|magnet):(?=\S)/gi,
      `$1${JOINER}:${JOINER}`,
    )
    .replaceAll(/(?<=[\p{L}\p{N}_-])\.(?=\p{L})|(?<=www)\./giu, `${JOINER}.${JOINER}`)
    .replaceAll(marks, `$1${JOINER}`);
}

/**
 * A document's address as it may be linked: http(s), what could break out of a link percent-encoded, otherwise verbatim.
 * @param of a document's metadata (or of the platform's own answer), never of a text
 * @returns undefined where it is none: then it is not linked
 */
export function linkable(of: string | null | undefined): string | undefined {
  // oxlint-disable-next-line no-control-regex -- as the URL standard does
  const url = of?.replaceAll(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/g, '');
  if (!url || !/^https?:\/\/[^\s/]/i.test(url)) return undefined;
  const parsed = URL.parse(url);
  if (!parsed) return undefined;
  // oxlint-disable-next-line no-control-regex -- a host of other letters is written as browsers do
  const address = /^https?:\/\/[^/?#]*[^\u0000-\u007F]/i.test(url) ? parsed.href : url;
  const encoded = address.toWellFormed().replaceAll(/[^\w.~:/?#@!$&'+,=%-]/gu, (c) => percent(c));
  // What encoding has made another host of (`https://a\\b`), browsers would not open as meant.
  const same = encoded === url || URL.parse(encoded)?.host === parsed.host;
  return same && encoded.length <= LONGEST_URL ? encoded : undefined;
}

/** `encodeURIComponent` leaves `()*` as they are. */
function percent(character: string): string {
  const encoded = encodeURIComponent(character);
  return encoded === character ? `%${character.codePointAt(0)!.toString(16).toUpperCase().padStart(2, '0')}` : encoded;
}
