/** What every platform says around an answer in words: what was searched, how fresh it is, what is missing, and why. */
import type { AnswerView, GrowingView, Searched } from '../src/chat/messenger.ts';
import { sayInChat } from '../src/strings/chat.ts';
import type { Answer, Language } from '../src/types.ts';
import { cut, oneLine } from './safe-text.ts';
import { ago, count } from './words.ts';

/** Makes words that are data harmless, as the platform needs it. */
export type Safe = (text: string) => string;

/** A question brings at most so many files. */
const MOST_UNREAD = 10;
const NAMED_SOURCES = 4;

/** What was searched where nothing was found. */
export function searchedLine({ language }: Answer, { documents, sources }: Searched, now: number, safe: Safe): string {
  if (documents === 0) return sayInChat(language, 'nothingToSearch');
  const values = { documents: count(language, 'documents', documents), sources: count(language, 'sources', sources.length) };
  const names = sources.slice(0, NAMED_SOURCES).map((source) => freshness(language, source, now, safe));
  if (sources.length === 0) return sayInChat(language, 'notFoundSearchedMany', values);
  if (sources.length > NAMED_SOURCES) names.push(sayInChat(language, 'moreSources', { n: sources.length - NAMED_SOURCES }));
  return sayInChat(language, 'notFoundSearched', { ...values, names: names.join(language === 'zh' ? '、' : ', ') });
}

/** `Handbook (read 2 hours ago)` */
export function freshness(language: string, source: Searched['sources'][number], now: number, safe: Safe): string {
  const when =
    source.syncedAt === null
      ? sayInChat(language, 'neverSynced')
      : sayInChat(language, 'syncedAgo', { ago: ago(language, source.syncedAt, now) });
  return language === 'zh' ? `${safe(cut(oneLine(source.name), 80))}（${when}）` : `${safe(cut(oneLine(source.name), 80))} (${when})`;
}

const DEGRADED = ['no-model', 'model-failed', 'model-timeout', 'model-stopped', 'budget', 'meaning-unavailable', 'withheld'] as const;

/** Why an answer is less than it could be, in words. */
export function degraded(language: Language, code: string, safe: Safe): string {
  const known = DEGRADED.find((one) => one === code);
  if (known) return sayInChat(language, `degraded_${known.replaceAll('-', '_') as 'budget'}`);
  return sayInChat(language, 'degraded_other', { code: safe(cut(oneLine(code), 60)) });
}

/** Small print: who checked it, and why it is less than it could be. */
export function noteLines({ answer }: AnswerView, safe: Safe): string[] {
  const { language, status } = answer;
  // "Quotes instead of prose" says nothing of an answer that has neither.
  const codes = (answer.degraded ?? []).filter(
    (code) => status !== 'failed' && (status !== 'unanswered' || code === 'meaning-unavailable' || code === 'withheld'),
  );
  const told = codes.map((code) => degraded(language, code, safe));
  const toldOwnWords = codes.some((code) => ['no-model', 'model-failed', 'model-timeout', 'budget'].includes(code));
  return [
    ...(status === 'verified' ? [sayInChat(language, 'verifiedByPerson')] : []),
    ...(status === 'quoted' && !toldOwnWords ? [sayInChat(language, 'ownWords')] : []),
    ...new Set(told),
  ];
}

/** Files that came with the question and were not read. */
export function unreadLines({ answer, unread = [] }: AnswerView, safe: Safe): string[] {
  return unread
    .slice(0, MOST_UNREAD)
    .map(({ name, reason }) =>
      sayInChat(answer.language, 'unread', { name: safe(cut(oneLine(name), 80)), reason: safe(cut(oneLine(reason), 100)) }),
    );
}

/** While no model writes, the documents speak for themselves. */
export function isQuoted(view: GrowingView): boolean {
  return (
    view.status !== 'writing' &&
    view.status !== 'stopped' &&
    view.sentences.length > 0 &&
    view.sentences.every((s) => s.support === 'quote')
  );
}
