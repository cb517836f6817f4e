/** `/docent`: what was written, understood; and the texts that answer it. */
import type { KnownBlock } from '@slack/types';
import type { Finding, SourceStatus } from '../../src/app-contract.ts';
import type { Searched } from '../../src/chat/messenger.ts';
import { actions, button, data, paragraphs, section } from './admin-parts.ts';
import { removeButton, sourceLine, sourceNotices } from './admin-source-view.ts';
import type { AdminWords } from './admin-words.ts';
import { freshness } from './home-view.ts';
import { cut, literal, oneLine } from './text.ts';

const FOR_EVERYONE = ['help', 'status'] as const;
const FOR_ADMINS = ['add', 'sync', 'pause', 'resume', 'remove', 'doctor'] as const;
type Verb = (typeof FOR_EVERYONE)[number] | (typeof FOR_ADMINS)[number];

export interface Understood {
  verb: Verb | 'unknown';
  /** A source's name, or a link; '' where none was given. */
  rest: string;
  /** What was not understood. */
  word: string;
}

/** The first word is the verb; names may stand in quotes. Nothing at all asks for help. */
export function understand(text: string): Understood {
  const [, word = '', tail = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const verb = [...FOR_EVERYONE, ...FOR_ADMINS].find((one) => one === word.toLowerCase());
  const rest = tail
    .trim()
    .replace(/^["“”„'‘’]([\s\S]*)["“”'‘’]$/, '$1')
    .trim();
  return { verb: verb ?? (word === '' ? 'help' : 'unknown'), rest, word };
}

export const needsAdmin = (verb: Verb): boolean => (FOR_ADMINS as readonly string[]).includes(verb);

/** Blocks of an ephemeral reply, and its fallback. */
export interface Reply {
  text: string;
  blocks: KnownBlock[];
}

export const reply = (lines: string[], more: KnownBlock[] = []): Reply => ({
  text: lines[0] ?? '',
  blocks: [...paragraphs(lines), ...more].slice(0, 50),
});

export function helpReply(command: string, admin: boolean, words: AdminWords, unknown?: string): Reply {
  const name = { command: data(command, 40) };
  const lines = (
    ['helpHelp', 'helpStatus', ...(admin ? (['helpAdd', 'helpSync', 'helpPause', 'helpRemove', 'helpDoctor'] as const) : [])] as const
  ).map((key) => `• ${words.say(key, name)}`);
  return reply([
    ...(unknown === undefined ? [] : [words.say('unknownCommand', { word: data(unknown, 60) })]),
    words.say('help', name),
    ...lines,
  ]);
}

/** For those who are no admins: what they may read. */
export function statusReply({ sources, documents }: Searched, member: boolean, words: AdminWords): Reply {
  if (sources.length === 0) return reply([words.say(member ? 'knowsNothing' : 'knowsNothingGuest')]);
  const total = words.say(sources.length === 1 ? 'knowsTotalOne' : 'knowsTotal', {
    documents: words.documents(documents),
    n: words.number(sources.length),
  });
  return reply([total, ...sources.map(({ name, syncedAt }) => `• *${data(name, 100)}* · ${freshness(syncedAt, words)}`)]);
}

export function adminStatusReply(sources: SourceStatus[], words: AdminWords): Reply {
  if (sources.length === 0) return reply([words.say('firstSource')]);
  return reply(
    sources.flatMap((status) => [`• ${sourceLine(status, words)}`, ...sourceNotices(status, words).map((line) => `    ${line}`)]),
  );
}

export const removeReply = (status: SourceStatus, words: AdminWords): Reply =>
  reply(
    [words.say('removeAsk', { name: data(status.source.name, 100), documents: words.documents(status.documents) })],
    [actions(removeButton('docent.source-remove', status, words), button('docent.source-keep', words.say('cancel')))],
  );

const SIGNS = { ok: '✓', warning: '⚠️', problem: '✗' } as const;

/** As rich text, so that commands and addresses in it can be copied. */
export function doctorBlocks(findings: Finding[], words: AdminWords): KnownBlock[] {
  return [
    section(`*${words.say('doctorTitle')}*`),
    ...findings.slice(0, 45).map(({ name, level, message }): KnownBlock => ({
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: `${SIGNS[level]} ` },
            { type: 'text', text: literal(cut(oneLine(name), 100)), style: { bold: true } },
            { type: 'text', text: ` ${literal(cut(oneLine(message), 1500))}` },
          ],
        },
      ],
    })),
  ];
}
