/** The App Home, drawn: data in, the view's JSON out. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { RecentQuestion } from '../../src/chat/chat-app.ts';
import type { AdminWords } from '../admin-words.ts';
import type { AdminHome, HomeRead } from '../home-data.ts';
import { knownLines, modelLines, recentLine, totalText } from '../home-lines.ts';
import { automaticBlocks } from './admin-automatic-view.ts';
import { actions, button, divider, header, home, paragraphs, section, small } from './admin-parts.ts';
import { sourceBlocks } from './admin-source-view.ts';

export interface HomeData extends HomeRead {
  recent: (RecentQuestion & { permalink?: string })[];
  /** Whom to ask for a first source, by Slack's ids. */
  admins: string[];
  /** Said once, above all: what a button has just done. */
  notice?: string;
  /** Of the admin's sources, from 0. */
  page: number;
}

/** Four blocks each; with all else a view stays below its 100. */
export const SOURCES_A_PAGE = 10;
/** Of what is known, for those who are no admins. */
const MOST_NAMED = 40;

export function homeView(it: HomeData, words: AdminWords): HomeView {
  const pages = Math.max(1, Math.ceil((it.admin?.sources.length ?? 0) / SOURCES_A_PAGE));
  const page = Math.min(Math.max(0, it.page), pages - 1);
  return home(
    [
      ...(it.notice === undefined ? [] : [section(it.notice), divider]),
      section(words.say('homeHello')),
      actions(button('docent.home-ask', words.say('askButton'), { style: 'primary' }), button('docent.home-refresh', words.say('refresh'))),
      ...recentBlocks(it.recent, words),
      ...(it.admin ? [] : knownBlocks(it, words)),
      ...(it.admin ? adminBlocks(it.admin, { ...it, page }, words) : []),
      divider,
      small(words.say('seen')),
    ],
    page,
  );
}

export const loadingHome = (words: AdminWords): HomeView => home([section(words.say('loading'))]);

export const failedHome = (words: AdminWords): HomeView =>
  home([section(words.say('homeFailed')), actions(button('docent.home-refresh', words.say('tryAgain')))]);

function recentBlocks(recent: HomeData['recent'], words: AdminWords): KnownBlock[] {
  return [
    header(words.say('recent')),
    ...(recent.length === 0
      ? [small(words.say('recentNone'))]
      : paragraphs(recent.map((question) => `• ${recentLine(question, question.permalink, words)}`))),
  ];
}

function knownBlocks({ searched, member, admins }: HomeData, words: AdminWords): KnownBlock[] {
  const { sources, documents } = searched;
  const title = header(words.say('knows'));
  if (sources.length === 0) {
    const people = admins.map((id) => `<@${id}>`).join(', ');
    if (!member) return [title, section(words.say('knowsNothingGuest'))];
    return [title, section(people === '' ? words.say('knowsNothing') : words.say('knowsNothingNamed', { people }))];
  }
  return [title, section(totalText(documents, sources.length, words)), ...paragraphs(knownLines(sources, MOST_NAMED, words))];
}

function adminBlocks(admin: AdminHome, it: HomeData, words: AdminWords): KnownBlock[] {
  const { sources } = admin;
  const shown = sources.slice(it.page * SOURCES_A_PAGE, (it.page + 1) * SOURCES_A_PAGE);
  const from = it.page * SOURCES_A_PAGE;
  const more = from + shown.length < sources.length;
  const add = button('docent.home-add', words.say('addSource'), { style: 'primary' });
  if (sources.length === 0)
    return [header(words.say('sources')), section(words.say('firstSource')), actions(add), ...modelBlocks(admin, words)];
  return [
    header(words.say('sources')),
    actions(
      add,
      button('docent.home-doctor', words.say('doctor')),
      ...(it.consoleUrl === undefined ? [] : [button('docent.home-console', words.say('console'), { url: it.consoleUrl })]),
    ),
    small(
      [
        totalText(
          sources.reduce((sum, { documents }) => sum + documents, 0),
          sources.length,
          words,
        ),
        ...(sources.length > SOURCES_A_PAGE
          ? [words.say('page', { from: from + 1, to: from + shown.length, n: words.number(sources.length) })]
          : []),
      ].join(' · '),
    ),
    ...shown.flatMap((status) => sourceBlocks(status, words)),
    ...(it.page > 0 || more
      ? [
          actions(
            ...(it.page > 0 ? [button('docent.home-earlier', words.say('earlier'), { value: String(it.page - 1) })] : []),
            ...(more ? [button('docent.home-more', words.say('later'), { value: String(it.page + 1) })] : []),
          ),
        ]
      : []),
    ...automaticBlocks(admin.automatic, words),
    divider,
    ...modelBlocks(admin, words),
  ];
}

function modelBlocks(admin: AdminHome, words: AdminWords): KnownBlock[] {
  const lines = modelLines(admin, words);
  return lines.length === 0 ? [] : [small(lines.join('\n'))];
}
