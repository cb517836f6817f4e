/** The App Home, drawn: data in, the view's JSON out. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { App, SourceStatus } from '../../src/app-contract.ts';
import type { AutomaticState, RecentQuestion } from '../../src/chat/chat-app.ts';
import type { Searched } from '../../src/chat/messenger.ts';
import type { AdminKey } from '../../src/strings/chat-admin.ts';
import { automaticBlocks } from './admin-automatic-view.ts';
import { actions, button, data, divider, header, home, paragraphs, section, small } from './admin-parts.ts';
import { sourceBlocks } from './admin-source-view.ts';
import type { AdminWords } from './admin-words.ts';

export interface HomeData {
  searched: Searched;
  recent: (RecentQuestion & { permalink?: string })[];
  /** Of the company; guests see less. */
  member: boolean;
  /** What somebody else does not see. */
  admin?: {
    sources: SourceStatus[];
    models: Awaited<ReturnType<App['modelStatus']>>;
    automatic: AutomaticState[];
    triage: boolean;
  };
  /** Whom to ask for a first source, by Slack's ids. */
  admins: string[];
  consoleUrl?: string;
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
  const line = ({ text, askedAt, status, permalink }: HomeData['recent'][number]): string =>
    [
      data(text, 150),
      words.say(`asked_${status ?? 'pending'}` as AdminKey),
      words.ago(askedAt),
      ...(permalink ? [`<${permalink}|${words.say('recentOpen')}>`] : []),
    ].join(' · ');
  return [
    header(words.say('recent')),
    ...(recent.length === 0 ? [small(words.say('recentNone'))] : paragraphs(recent.map((question) => `• ${line(question)}`))),
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
  const total =
    sources.length === 1
      ? words.say('knowsTotalOne', { documents: words.documents(documents) })
      : words.say('knowsTotal', { documents: words.documents(documents), n: words.number(sources.length) });
  return [
    title,
    section(total),
    ...paragraphs([
      ...sources.slice(0, MOST_NAMED).map(({ name, syncedAt }) => `• *${data(name, 100)}* · ${freshness(syncedAt, words)}`),
      ...(sources.length > MOST_NAMED ? [words.say('knowsMore', { n: words.number(sources.length - MOST_NAMED) })] : []),
    ]),
  ];
}

export const freshness = (syncedAt: number | null, words: AdminWords): string =>
  syncedAt === null ? words.say('neverSynced') : words.say('synced', { ago: words.ago(syncedAt) });

function adminBlocks(admin: NonNullable<HomeData['admin']>, it: HomeData, words: AdminWords): KnownBlock[] {
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
        words.say(sources.length === 1 ? 'knowsTotalOne' : 'knowsTotal', {
          documents: words.documents(sources.reduce((sum, { documents }) => sum + documents, 0)),
          n: words.number(sources.length),
        }),
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

function modelBlocks({ models, triage }: NonNullable<HomeData['admin']>, words: AdminWords): KnownBlock[] {
  const { budgetUsd, spentUsd, chatModel, problem } = models;
  const money = { spent: words.dollars(spentUsd), budget: words.dollars(budgetUsd ?? 0) };
  const lines = [
    ...(chatModel === null ? [words.say('modelNone')] : []),
    ...(problem === undefined ? [] : [words.say('modelProblem', { problem: data(problem, 600) })]),
    ...(budgetUsd !== null && spentUsd >= budgetUsd
      ? [words.say('budgetOver', money)]
      : budgetUsd !== null
        ? [words.say('budget', money)]
        : spentUsd > 0
          ? [words.say('budgetNone', money)]
          : []),
    ...(triage ? [] : [words.say('triageNone')]),
  ];
  return lines.length === 0 ? [] : [small(lines.join('\n'))];
}
