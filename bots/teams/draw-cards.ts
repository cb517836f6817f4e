/** The cards under an answer, and what takes their place when a button is pressed; whoever pressed sees it alone. */
import type { FeedbackReason, Quote, Why } from '../../src/chat/chat-app.ts';
import type { AnswerActions } from '../../src/chat/messenger.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Answer, Language } from '../../src/types.ts';
import { addressOf } from '../answer-runs.ts';
import { degraded } from '../answer-words.ts';
import { cut, oneLine } from '../safe-text.ts';
import { headingsBelow, quoteWords } from '../quote-words.ts';
import { changedAgo, dollars, number, percent, seconds } from '../words.ts';
import type { Card } from './activity.ts';
import {
  card,
  commentInput,
  execute,
  heading,
  line,
  linkRun,
  openUrl,
  paragraph,
  quoted,
  run,
  small,
  title,
  type Element,
} from './card-parts.ts';
import { literalLine } from './text.ts';

const REASONS = ['wrong', 'outdated', 'incomplete', 'knows'] as const satisfies FeedbackReason[];
const MOST_PASSAGES = 8;
const MOST_QUOTES = 25;
const LONGEST_COMMENT = 2000;
const LONGEST_QUOTE = 6000;
const LONGEST_OF_MANY = 700;

type Key = Parameters<typeof sayInChat>[1];

/** What somebody who was not content wants to happen now; each is a button of its own. */
export type AfterFeedback = 'none' | 'again' | 'person';
const AFTER: Record<string, AfterFeedback> = {
  'docent.feedback_reason': 'none',
  'docent.feedback_again': 'again',
  'docent.feedback_person': 'person',
};

/** What may be done with an answer; undefined where that is nothing. */
export function answerButtons(answer: Answer, may: AnswerActions): Element[] {
  const { answerId: id, language, status, citations } = answer;
  if (status === 'courtesy') return [];
  const say = (key: Key): string => sayInChat(language, key);
  return [
    ...(may.share ? [execute('docent.share', say('shareWithChannel'), id, { style: 'positive' })] : []),
    ...(citations.length > 0 ? [execute('docent.quotes', say(citations.length === 1 ? 'showQuote' : 'showAllQuotes'), id)] : []),
    ...(may.askPerson ? [askPerson(language, id, status === 'unanswered' && !may.share)] : []),
    ...(may.why ? [execute('docent.why', say('whyThisAnswer'), id)] : []),
  ];
}

/** What stands beneath an answer; "Hide" brings it back. */
export const answerButtonsCard = (answer: Answer, may: AnswerActions): Card => card(answer.language, [], answerButtons(answer, may));

/** Opens in place: what is shown to whom, a comment, and the button that sends it. */
function askPerson(language: Language, id: string, first: boolean): Element {
  const say = (key: Key): string => sayInChat(language, key);
  return {
    type: 'Action.ShowCard',
    title: literalLine(say('askPerson'), 75),
    ...(first ? { style: 'positive' } : {}),
    card: card(
      language,
      [line(say('askPersonLead')), commentInput(say('askPersonComment'))],
      [execute('docent.ask_person', say('send'), id, { style: 'positive', inputs: true })],
    ),
  };
}

const hide = (language: Language, id: string): Element => execute('docent.hide', sayInChat(language, 'hide'), id);

/**
 * Each citation's quote with where it stands.
 * @param now milliseconds since the epoch @param answerId for "Hide"
 */
export function quotesCard(quotes: Quote[], now: number, answerId: string): Card {
  const language = quotes[0]?.language ?? 'en';
  const longest = quotes.length === 1 ? LONGEST_QUOTE : LONGEST_OF_MANY;
  let above = '';
  const body = quotes.slice(0, MOST_QUOTES).flatMap((quote, i): Element[] => {
    const path = cut(headingsBelow(quote).join(' › '), 300);
    const about = [path, cut(oneLine(quote.source), 100), changedAgo(language, quote.updatedAt, now)].filter((part) => part !== '');
    const head = [
      paragraph([linkRun(addressOf(quote), cut(oneLine(quote.title), 200), { weight: 'Bolder' })], { spacing: 'Medium', separator: i > 0 }),
      small(about.join(' · ') || '–'),
    ];
    // What stands in the same place as the quote above stands under the same words.
    const place = [quote.documentId, ...about].join('\n');
    const goesOn = place === above;
    above = place;
    return [
      ...(goesOn ? [] : head),
      ...(quote.present ? [] : [line(sayInChat(language, 'quoteGone'), { color: 'Warning' })]),
      quoted(cut(quoteWords(quote.quote), longest)),
    ];
  });
  const [only] = quotes;
  const open = only && quotes.length === 1 ? openUrl(addressOf(only), sayInChat(language, 'quoteOpen')) : [];
  return card(language, body, [...open, hide(language, answerId)]);
}

/** A line of a list: close to the one above it. */
const item = (data: string): Element => paragraph([run(`•  ${data}`)], { spacing: 'None' });

/** Words searched, passages taken and left, checks, time and cost. @param answerId for "Hide" */
export function whyCard(why: Why, answerId: string): Card {
  const { language } = why;
  const say = (key: Key, values: Record<string, string | number> = {}): string => sayInChat(language, key, values);
  const passage = (one: Why['passages'][number]): Element =>
    paragraph(
      [
        run('•  '),
        linkRun(one.url, cut(oneLine(one.title), 120)),
        run(` · ${cut(oneLine(one.source), 60)} · ${say('whyScore', { score: one.score.toFixed(2) })}`),
      ],
      { spacing: 'None' },
    );
  const listed = (taken: boolean): Element[] => {
    const passages = why.passages.filter((one) => one.taken === taken);
    const shown = passages.slice(0, MOST_PASSAGES).map(passage);
    const rest = passages.length - shown.length;
    return [
      ...shown,
      ...(rest > 0 ? [item(say('moreSources', { n: rest }))] : []),
      ...(shown.length === 0 ? [line(say('whyNothingTaken'))] : []),
    ];
  };
  const figures = { calls: why.modelCalls, tokens: number(language, why.tokens), cost: dollars(language, why.costUsd) };
  const checks = [
    ...(why.sufficiency === undefined ? [] : [say('whySufficiency', { share: percent(language, why.sufficiency) })]),
    say('whySentences', { shown: why.sentences.shown, dropped: why.sentences.dropped }),
    ...why.degraded.map((code) => degraded(language, code, (text) => text)),
  ];
  const searched = why.searchedFor.slice(0, MOST_PASSAGES);
  const model = why.modelCalls > 0 ? say('whyModel', { ...figures, model: cut(oneLine(why.model ?? ''), 80) }) : say('whyNoModel');
  const body = [
    title(say('whyTitle')),
    line(say(`status_${why.status}`)),
    ...(searched.length > 0 ? [heading(say('whySearched')), ...searched.map((text) => item(cut(oneLine(text), 300) || '…'))] : []),
    heading(say('whyTaken')),
    ...listed(true),
    heading(say('whyLeft')),
    ...listed(false),
    ...(why.hiddenPassages > 0 ? [small(say('whyHidden', { n: why.hiddenPassages }))] : []),
    heading(say('whyChecks')),
    ...checks.map((text) => item(text)),
    heading(say('whyCost')),
    item(say('whyTime', { time: seconds(language, why.ms) })),
    item(model),
  ];
  return card(language, body, [hide(language, answerId)]);
}

/**
 * After thumbs down: what was wrong, a comment, and what is wanted now, a button each.
 * @param of.askPerson whether a person can be asked: that alone shows the question to others
 */
export function feedbackCard(of: { language: Language; answerId: string; askPerson: boolean }): Card {
  const { language, answerId: id } = of;
  const say = (key: Key): string => sayInChat(language, key);
  const body: Element[] = [
    {
      type: 'Input.ChoiceSet',
      id: 'reason',
      label: say('feedbackReason'),
      style: 'expanded',
      wrap: true,
      isRequired: true,
      errorMessage: say('feedbackReason'),
      choices: REASONS.map((reason) => ({ title: say(`reason_${reason}`), value: reason })),
    },
    commentInput(say('feedbackComment')),
    ...(of.askPerson ? [small(say('feedbackCommentHint'))] : []),
  ];
  return card(language, body, [
    execute('docent.feedback_reason', say('then_none'), id, { inputs: true, style: 'positive' }),
    execute('docent.feedback_again', say('then_again'), id, { inputs: true }),
    ...(of.askPerson ? [execute('docent.feedback_person', say('then_person'), id, { inputs: true })] : []),
  ]);
}

/**
 * What came back from `feedbackCard`.
 * @param verb the button's, which says what is wanted now; absent: only that it is kept
 * @returns undefined where the reason is none of ours
 */
export function readFeedback(data: unknown, verb?: string): { reason: FeedbackReason; comment?: string; after: AfterFeedback } | undefined {
  const chosen = field(data, 'reason');
  const reason = REASONS.find((one) => one === chosen);
  return reason ? { reason, ...readComment(data), after: AFTER[verb ?? ''] ?? 'none' } : undefined;
}

/** What came back from "Ask a person" or `feedbackCard`. */
export function readComment(data: unknown): { comment?: string } {
  const comment = field(data, 'comment');
  const text = typeof comment === 'string' ? comment.trim().slice(0, LONGEST_COMMENT) : '';
  return text === '' ? {} : { comment: text };
}

function field(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null && Object.hasOwn(data, name) ? (data as Record<string, unknown>)[name] : undefined;
}

/** What was done, in place of what was pressed. @param text plain text of Docent's own */
export function doneCard(text: string, back?: { language: Language; answerId: string }): Card {
  return card(
    back?.language ?? '',
    text.split('\n').map((one) => line(one)),
    back ? [hide(back.language, back.answerId)] : [],
  );
}
