/** What Docent knows and how fresh it is, and somebody's questions: what Slack shows in the App Home. */
import type { Finding, SourceStatus } from '../../src/app-contract.ts';
import { removeQuestion, SIGNS } from '../admin-command.ts';
import type { AdminWords } from '../admin-words.ts';
import { stateText } from '../automatic.ts';
import type { AdminHome, HomeRead } from '../home-data.ts';
import { knownLines, modelLines, recentLine, totalText } from '../home-lines.ts';
import { sourceLine, sourceNotices, sourceReaders } from '../source-lines.ts';
import type { Card } from './activity.ts';
import { buttons, card, group, heading, lines, notice, open, press, small, text, type Item } from './admin-parts.ts';

/** About 2 KB each, of the 28 KB of a card. */
export const SOURCES_A_PAGE = 5;
/** Of what is known, for those who are no admins. */
const MOST_NAMED = 40;

export type Asked = HomeRead['recent'][number] & { permalink?: string };

export interface StatusData extends HomeRead {
  recent: Asked[];
  /** Said once, above all: what a button has just done. Safe already. */
  notice?: string;
  /** Of the admin's sources, from 0. */
  page: number;
  /** As channels are named, by their key; safe already. */
  channels: Map<string, string>;
}

export function statusCard(it: StatusData, words: AdminWords): Card {
  const told = it.notice === undefined ? [] : [text(it.notice, { color: 'accent' })];
  const below = [...recentItems(it.recent, words), small(words.say('seen'))];
  if (!it.admin) return card([...told, ...knownItems(it, words), ...below], [press('status', words.say('refresh'))]);
  const { admin } = it;
  const pages = Math.max(1, Math.ceil(admin.sources.length / SOURCES_A_PAGE));
  const page = Math.min(Math.max(0, it.page), pages - 1);
  return card(
    [...told, ...sourcesItems(admin, page, words), ...modelLines(admin, words).map(small), ...automaticItems(it, admin, words), ...below],
    [
      press('add-form', words.say('addSource'), {}, admin.sources.length === 0 ? { style: 'positive' } : {}),
      press('doctor', words.say('doctor')),
      press('automatic', words.say('automatic')),
      ...(it.consoleUrl === undefined ? [] : [open(it.consoleUrl, words.say('console'))]),
      press('status', words.say('refresh'), { page: String(page) }),
    ],
  );
}

function knownItems({ searched, member }: HomeRead, words: AdminWords): Item[] {
  const title = heading(words.say('knows'));
  if (searched.sources.length === 0) return [title, text(words.say(member ? 'knowsNothing' : 'knowsNothingGuest'))];
  return [
    title,
    text(totalText(searched.documents, searched.sources.length, words)),
    ...lines(knownLines(searched.sources, MOST_NAMED, words)),
  ];
}

function recentItems(recent: Asked[], words: AdminWords): Item[] {
  const all = recent.map((question) => `• ${recentLine(question, question.permalink, words)}`);
  return [heading(words.say('recent')), ...(all.length === 0 ? [small(words.say('recentNone'))] : lines(all))];
}

export const recentCard = (recent: Asked[], words: AdminWords): Card => card(recentItems(recent, words));

function sourcesItems({ sources }: AdminHome, page: number, words: AdminWords): Item[] {
  const title = heading(words.say('sources'));
  if (sources.length === 0) return [title, text(words.say('firstSource'))];
  const from = page * SOURCES_A_PAGE;
  const shown = sources.slice(from, from + SOURCES_A_PAGE);
  const total = totalText(
    sources.reduce((sum, { documents }) => sum + documents, 0),
    sources.length,
    words,
  );
  const where = words.say('page', { from: from + 1, to: from + shown.length, n: words.number(sources.length) });
  return [
    title,
    small([total, ...(sources.length > SOURCES_A_PAGE ? [where] : [])].join(' · ')),
    ...shown.map((status) => sourceItem(status, page, words)),
    ...buttons(
      ...(page > 0 ? [press('status', words.say('earlier'), { page: String(page - 1) })] : []),
      ...(from + shown.length < sources.length ? [press('status', words.say('later'), { page: String(page + 1) })] : []),
    ),
  ];
}

function sourceItem(status: SourceStatus, page: number, words: AdminWords): Item {
  const ids = { id: status.source.id, page: String(page) };
  const pause = status.source.pausedAt === null ? 'pause' : 'resume';
  return group(
    [
      ...lines(sourceLine(status, words, '\n').split('\n')),
      small(sourceReaders(status, words)),
      ...sourceNotices(status, words).map(small),
      ...buttons(
        ...(status.syncing ? [] : [press('sync', words.say('syncNow'), ids)]),
        press(pause, words.say(pause), ids),
        press('remove', words.say('remove'), ids, { style: 'destructive' }),
      ),
    ],
    { separator: true },
  );
}

const automaticItems = ({ channels }: StatusData, { automatic }: AdminHome, words: AdminWords): Item[] =>
  automatic.length === 0
    ? []
    : [
        heading(words.say('automatic')),
        ...lines(automatic.map((state) => `• ${stateText(state, channels.get(state.channel) ?? '', words)}`)),
      ];

/** "Are you sure?" */
export const removeCard = (status: SourceStatus, page: string, words: AdminWords): Card =>
  notice(
    words.say('removeTitle'),
    [
      removeQuestion(status, words),
      words.say('removeBody', { documents: words.documents(status.documents), name: words.data(status.source.name, 60) }),
    ],
    [
      press('remove-yes', words.say('removeYes'), { id: status.source.id, page }, { style: 'destructive' }),
      press('keep', words.say('cancel'), { page }),
    ],
  );

export const doctorCard = (findings: Finding[], words: AdminWords): Card =>
  notice(
    words.say('doctorTitle'),
    findings
      .slice(0, 45)
      .map(({ name, level, message }) => `${SIGNS[level]} ${words.strong(words.data(name, 100))} ${words.data(message, 1500)}`),
  );
