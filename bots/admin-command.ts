/** A command that admins, and others, write: understood, and done; each platform draws what is said to it. */
import type { Finding, SourceStatus } from '../src/app-contract.ts';
import type { Searched } from '../src/chat/messenger.ts';
import type { AdminKey } from '../src/strings/chat-admin.ts';
import { actOnSource, findSource, namesOf, noSuchSource } from './admin-actions.ts';
import type { AdminDeps } from './admin-rights.ts';
import type { AdminWords } from './admin-words.ts';
import { freshness, totalText } from './home-lines.ts';
import { sourceLine, sourceNotices } from './source-lines.ts';

const FOR_EVERYONE = ['help', 'status'] as const;
const FOR_ADMINS = ['add', 'sync', 'pause', 'resume', 'remove', 'doctor'] as const;
type Verb = (typeof FOR_EVERYONE)[number] | (typeof FOR_ADMINS)[number];

const DOCTOR_MS = 60_000;

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

const needsAdmin = (verb: Verb): boolean => (FOR_ADMINS as readonly string[]).includes(verb);

/** What a platform's command can beside, in the help. */
export interface MoreHelp {
  everyone: AdminKey[];
  admins: AdminKey[];
}

/** What a command is answered with; lines are as the platform writes them. `sources`: something about them changed. */
export type CommandAnswer =
  | { is: 'lines'; lines: string[]; sources?: true }
  | { is: 'remove'; status: SourceStatus; lines: string[] }
  | { is: 'findings'; findings: Finding[] };

const lines = (...all: string[]): CommandAnswer => ({ is: 'lines', lines: all });

/**
 * Does what a command asks for, if this person may now; `add` is the platform's own, as it has a form.
 * @param command as it is written there: `/docent`
 * @throws AppError of the application
 */
export async function answerCommand(
  deps: AdminDeps,
  given: { person: string; command: string; said: Understood; more?: MoreHelp },
  words: AdminWords,
): Promise<CommandAnswer> {
  const { app } = deps;
  const { verb, rest, word } = given.said;
  const person = await deps.whoIs(given.person, { fresh: true });
  const admin = app.chat.isAdmin(person);
  if (verb === 'unknown') return lines(...helpLines(given, admin, words, word));
  if (verb === 'help') return lines(...helpLines(given, admin, words));
  if (needsAdmin(verb) && !admin) return lines(words.say('adminsOnly'));
  if (verb === 'status') {
    if (admin) return lines(...adminStatusLines(await app.listSources(), words));
    return lines(...statusLines(await app.chat.searched(person.member ? 'everyone' : 'public'), person.member, words));
  }
  if (verb === 'doctor') return { is: 'findings', findings: await app.doctor(AbortSignal.timeout(DOCTOR_MS)) };
  const sources = await app.listSources();
  if (sources.length === 0) return lines(words.say('noSourcesAtAll'));
  if (rest === '') return lines(words.say('nameMissing', { names: namesOf(sources, words) }));
  const found = findSource(sources, rest);
  if (!found) return lines(noSuchSource(sources, rest, words));
  if (verb === 'remove') return { is: 'remove', status: found, lines: [removeQuestion(found, words)] };
  const { text } = await actOnSource(deps, given.person, verb as 'sync' | 'pause' | 'resume', found.source.id, words);
  return { is: 'lines', lines: [text], sources: true };
}

function helpLines(given: { command: string; more?: MoreHelp }, admin: boolean, words: AdminWords, unknown?: string): string[] {
  const name = { command: words.data(given.command, 40) };
  const { everyone = [], admins = [] } = given.more ?? {};
  const forAdmins = ['helpAdd', 'helpSync', 'helpPause', 'helpRemove', 'helpDoctor', ...admins] as const;
  const keys: readonly AdminKey[] = ['helpHelp', 'helpStatus', ...everyone, ...(admin ? forAdmins : [])];
  const each = keys.map((key) => `• ${words.say(key, name)}`);
  return [
    ...(unknown === undefined ? [] : [words.say('unknownCommand', { word: words.data(unknown, 60) })]),
    words.say('help', name),
    ...each,
  ];
}

/** For those who are no admins: what they may read. */
function statusLines(searched: Searched, member: boolean, words: AdminWords): string[] {
  if (searched.sources.length === 0) return [words.say(member ? 'knowsNothing' : 'knowsNothingGuest')];
  return [
    totalText(searched.documents, searched.sources.length, words),
    ...searched.sources.map(({ name, syncedAt }) => `• ${words.strong(words.data(name, 100))} · ${freshness(syncedAt, words)}`),
  ];
}

function adminStatusLines(sources: SourceStatus[], words: AdminWords): string[] {
  if (sources.length === 0) return [words.say('firstSource')];
  return sources.flatMap((status) => [`• ${sourceLine(status, words)}`, ...sourceNotices(status, words).map((line) => `    ${line}`)]);
}

export const removeQuestion = ({ source, documents }: SourceStatus, words: AdminWords): string =>
  words.say('removeAsk', { name: words.data(source.name, 100), documents: words.documents(documents) });

/** Before a finding of `doctor`. */
export const SIGNS = { ok: '✓', warning: '⚠️', problem: '✗' } as const;
