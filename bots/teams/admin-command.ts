/** Which messages are commands, told by their text alone, and what they say about a channel. */
import { understand, type Understood } from '../admin-command.ts';

export type TeamsCommand = Understood | { verb: 'recent'; rest: string } | { verb: 'automatic'; rest: string };

/** With words behind them, they begin a question: "docent help me find …". */
const ALONE: readonly string[] = ['help', 'status', 'doctor', 'recent'];

/**
 * @param text without mentions
 * @returns undefined for a question. With a slash it is a command whatever follows
 */
export function commandIn(text: string): TeamsCommand | undefined {
  const written = text.trim();
  if (/^(help|status)$/i.test(written)) return understand(written);
  const [all, slash, rest = ''] = /^(\/?)docent(?:\s+([\s\S]*))?$/i.exec(written) ?? [];
  if (all === undefined) return undefined;
  const said = read(rest);
  if (slash || rest.trim() === '') return said;
  if (said.verb === 'unknown' || /[?？]$/.test(rest.trim())) return undefined;
  return ALONE.includes(said.verb) && said.rest !== '' ? undefined : said;
}

function read(text: string): TeamsCommand {
  const [, word = '', rest = ''] = /^\s*(recent|automatic)(?:\s+([\s\S]*))?$/i.exec(text) ?? [];
  if (word === '') return understand(text);
  return { verb: word.toLowerCase() === 'recent' ? 'recent' : 'automatic', rest: rest.trim() };
}

/** `[label](address)` and `<address>` are the address. */
export function plainLink(text: string): string {
  return /^\[[^\]]*\]\(([^()\s]+)\)$/.exec(text)?.[1] ?? /^<([^<>\s]+)>$/.exec(text)?.[1] ?? text;
}

/**
 * The conversation of a channel, from the link that Teams gives of it or from its id.
 * @returns undefined where it is none, or another directory's
 */
export function channelIn(text: string, tenant: string): string | undefined {
  const given = plainLink(text.trim());
  let id = given;
  if (URL.canParse(given) && /^https?:/i.test(given)) {
    const url = new URL(given);
    const of = url.searchParams.get('tenantId');
    if (of !== null && of.toLowerCase() !== tenant.toLowerCase()) return undefined;
    const part = /^\/l\/channel\/([^/]+)/.exec(url.pathname)?.[1];
    try {
      id = part === undefined ? '' : decodeURIComponent(part);
    } catch {
      return undefined;
    }
  }
  return /^19:[\w.-]{1,200}@thread\.(tacv2|skype)$/.test(id) ? id : undefined;
}

/** `… 90`, `… 90 %`, `… 0.9`, `… off` after a channel. @returns `wanted` undefined where none is given, 'off' to switch it off */
export function precisionIn(rest: string): { channel: string; wanted?: number | 'off' } {
  const given = rest.trim();
  // Bounded: of what somebody else writes no expression may take long.
  const said = /(?:^|\s)(?:(\d{1,3}(?:\.\d{1,9})?)\s{0,9}%?|(off))$/i.exec(given);
  if (!said) return { channel: given };
  const channel = given.slice(0, said.index).trim();
  const n = Number(said[1]);
  return { channel, wanted: said[2] ? 'off' : n > 1 ? n / 100 : n };
}
