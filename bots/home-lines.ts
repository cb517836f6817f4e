/** What somebody sees of what Docent knows, of their questions and of the models, in lines; each platform draws them. */
import type { RecentQuestion } from '../src/chat/chat-app.ts';
import type { AdminKey } from '../src/strings/chat-admin.ts';
import type { AdminWords } from './admin-words.ts';
import type { AdminHome } from './home-data.ts';

export const freshness = (syncedAt: number | null, words: AdminWords): string =>
  syncedAt === null ? words.say('neverSynced') : words.say('synced', { ago: words.ago(syncedAt) });

/** `42 documents from 3 sources` */
export const totalText = (documents: number, sources: number, words: AdminWords): string =>
  words.say(sources === 1 ? 'knowsTotalOne' : 'knowsTotal', { documents: words.documents(documents), n: words.number(sources) });

/** @param permalink that may be linked */
export const recentLine = ({ text, askedAt, status }: RecentQuestion, permalink: string | undefined, words: AdminWords): string =>
  [
    words.data(text, 150),
    words.say(`asked_${status ?? 'pending'}` as AdminKey),
    words.ago(askedAt),
    ...(permalink ? [words.link(permalink, words.say('recentOpen'))] : []),
  ].join(' · ');

/** Sources by name and how fresh they are; of many the first. */
export const knownLines = (sources: { name: string; syncedAt: number | null }[], most: number, words: AdminWords): string[] => [
  ...sources.slice(0, most).map(({ name, syncedAt }) => `• ${words.strong(words.data(name, 100))} · ${freshness(syncedAt, words)}`),
  ...(sources.length > most ? [words.say('knowsMore', { n: words.number(sources.length - most) })] : []),
];

/** What an admin has to know of models, money and where people are asked; none where all is well. */
export function modelLines({ models, triage }: Pick<AdminHome, 'models' | 'triage'>, words: AdminWords): string[] {
  const { budgetUsd, spentUsd, chatModel, problem } = models;
  const money = { spent: words.dollars(spentUsd), budget: words.dollars(budgetUsd ?? 0) };
  return [
    ...(chatModel === null ? [words.say('modelNone')] : []),
    ...(problem === undefined ? [] : [words.say('modelProblem', { problem: words.data(problem, 600) })]),
    ...(budgetUsd !== null && spentUsd >= budgetUsd
      ? [words.say('budgetOver', money)]
      : budgetUsd !== null
        ? [words.say('budget', money)]
        : spentUsd > 0
          ? [words.say('budgetNone', money)]
          : []),
    ...(triage ? [] : [words.say('triageNone')]),
  ];
}
