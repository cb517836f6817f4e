/** Modals under an answer: what was wrong, why this answer, a quote, a question to a person. Pure. */
import type { KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import type { FeedbackReason, Quote, Why } from '../../src/chat/chat-app.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Language } from '../../src/types.ts';
import { addressOf } from '../answer-runs.ts';
import { degraded } from '../answer-words.ts';
import { packLines, plainText, section, small } from './blocks.ts';
import { linked, words } from './draw-rich.ts';
import { cut, escapeText, link, literal, oneLine } from './text.ts';
import { headingsBelow, quoteWords } from '../quote-words.ts';
import { changedAgo, dollars, number, percent, seconds } from '../words.ts';

const REASONS = ['wrong', 'outdated', 'incomplete', 'knows'] as const satisfies FeedbackReason[];
const MOST_PASSAGES = 8;
const LONGEST_COMMENT = 2000;
const LONGEST_QUOTE = 6000;

/** What somebody who was not content wants to happen now. */
export type AfterFeedback = 'none' | 'again' | 'person';

/** `state.values` of a submitted view. */
export type ModalValues = Record<string, Record<string, { selected_option?: { value: string } | null; value?: string | null }>>;

/**
 * After thumbs down: what was wrong, a comment, and what is wanted now.
 * @param ids ids alone, as they come back in `private_metadata`
 * @param askPerson whether a person can be asked: that alone shows the question to others
 */
export function feedbackModal(of: { language: Language; ids: string; askPerson: boolean }): ModalView {
  const { language } = of;
  const option = (key: Parameters<typeof sayInChat>[1], value: string): PlainTextOption => ({
    text: plainText(sayInChat(language, key), 75),
    value,
  });
  const after = [option('then_none', 'none'), option('then_again', 'again'), ...(of.askPerson ? [option('then_person', 'person')] : [])];
  return modal(language, 'docent.feedback_reason', 'feedbackTitle', of.ids, true, [
    {
      type: 'input',
      block_id: 'reason',
      label: plainText(sayInChat(language, 'feedbackReason'), 150),
      element: { type: 'radio_buttons', action_id: 'docent.reason', options: REASONS.map((reason) => option(`reason_${reason}`, reason)) },
    },
    comment(language, 'feedbackComment', of.askPerson ? 'feedbackCommentHint' : undefined),
    {
      type: 'input',
      block_id: 'after',
      optional: true,
      label: plainText(sayInChat(language, 'feedbackThen'), 150),
      element: { type: 'radio_buttons', action_id: 'docent.after', options: after, initial_option: after[0]! },
    },
  ]);
}

/** @returns undefined where the reason is none of ours */
export function readFeedback(values: ModalValues): { reason: FeedbackReason; comment?: string; after: AfterFeedback } | undefined {
  const reason = REASONS.find((one) => one === values.reason?.['docent.reason']?.selected_option?.value);
  if (!reason) return undefined;
  const chosen = values.after?.['docent.after']?.selected_option?.value;
  return { reason, ...readComment(values), after: chosen === 'again' || chosen === 'person' ? chosen : 'none' };
}

/** Before a question goes to a person. */
export function askPersonModal(of: { language: Language; ids: string }): ModalView {
  return modal(of.language, 'docent.ask_person', 'askPersonTitle', of.ids, true, [
    section(sayInChat(of.language, 'askPersonLead')),
    comment(of.language, 'askPersonComment'),
  ]);
}

export function readComment(values: ModalValues): { comment?: string } {
  const text = values.comment?.['docent.comment']?.value?.trim().slice(0, LONGEST_COMMENT);
  return text ? { comment: text } : {};
}

/** One citation's quote. @param now milliseconds since the epoch */
export function quoteModal(quote: Quote, now: number): ModalView {
  const { language } = quote;
  const about = [escapeText(cut(oneLine(quote.source), 100)), changedAgo(language, quote.updatedAt, now)].filter((part) => part !== '');
  const path = headingsBelow(quote);
  const address = addressOf(quote);
  return modal(language, 'docent.quote', 'quoteTitle', '', false, [
    section(`*${link(address, cut(oneLine(quote.title), 200))}*`),
    small(about.join(' · ') || '–'),
    ...(path.length > 0 ? [small(escapeText(cut(path.join(' › '), 300)))] : []),
    ...(quote.present ? [] : [section(`:warning: ${sayInChat(language, 'quoteGone')}`)]),
    {
      type: 'rich_text',
      elements: [{ type: 'rich_text_quote', elements: [words(literal(cut(quoteWords(quote.quote), LONGEST_QUOTE)) || '…')] }],
    },
    ...(address
      ? [
          {
            type: 'rich_text' as const,
            elements: [{ type: 'rich_text_section' as const, elements: [linked(address, sayInChat(language, 'quoteOpen'), true)] }],
          },
        ]
      : []),
  ]);
}

/** Words searched, passages taken and left, checks, time and cost. */
export function whyModal(why: Why): ModalView {
  const { language } = why;
  const say = (key: Parameters<typeof sayInChat>[1], values: Record<string, string | number> = {}): string =>
    sayInChat(language, key, values);
  const heading = (key: Parameters<typeof sayInChat>[1]): string => `*${say(key)}*`;
  const passage = (one: Why['passages'][number]): string =>
    `•  ${link(one.url, cut(oneLine(one.title), 120))} · ${escapeText(cut(oneLine(one.source), 60))} · ${say('whyScore', { score: one.score.toFixed(2) })}`;
  const listed = (taken: boolean): string[] => {
    const passages = why.passages.filter((one) => one.taken === taken);
    const lines = passages.slice(0, MOST_PASSAGES).map(passage);
    const rest = passages.length - lines.length;
    return [...lines, ...(rest > 0 ? [say('moreSources', { n: rest })] : []), ...(lines.length === 0 ? [say('whyNothingTaken')] : [])];
  };
  const model = why.model ?? '';
  const figures = { calls: why.modelCalls, tokens: number(language, why.tokens), cost: dollars(language, why.costUsd) };
  const checks = [
    ...(why.sufficiency === undefined ? [] : [say('whySufficiency', { share: percent(language, why.sufficiency) })]),
    say('whySentences', { shown: why.sentences.shown, dropped: why.sentences.dropped }),
    ...why.degraded.map((code) => degraded(language, code, escapeText)),
  ];
  return modal(language, 'docent.why', 'whyTitle', '', false, [
    section(say(`status_${why.status}`)),
    ...packLines([
      heading('whySearched'),
      ...why.searchedFor.slice(0, 8).map((text) => `•  ${escapeText(cut(oneLine(text), 300)) || '…'}`),
    ]).map((text) => section(text)),
    ...packLines([heading('whyTaken'), ...listed(true)]).map((text) => section(text)),
    ...packLines([heading('whyLeft'), ...listed(false)]).map((text) => section(text)),
    ...(why.hiddenPassages > 0 ? [small(say('whyHidden', { n: why.hiddenPassages }))] : []),
    ...packLines([heading('whyChecks'), ...checks.map((line) => `•  ${line}`)]).map((text) => section(text)),
    section(
      [
        heading('whyCost'),
        `•  ${say('whyTime', { time: seconds(language, why.ms) })}`,
        `•  ${why.modelCalls > 0 ? say('whyModel', { ...figures, model: escapeText(cut(oneLine(model), 80)) }) : say('whyNoModel')}`,
      ].join('\n'),
    ),
  ]);
}

function comment(language: Language, label: Parameters<typeof sayInChat>[1], hint?: Parameters<typeof sayInChat>[1]): KnownBlock {
  return {
    type: 'input',
    block_id: 'comment',
    optional: true,
    label: plainText(sayInChat(language, label), 150),
    ...(hint ? { hint: plainText(sayInChat(language, hint), 300) } : {}),
    element: { type: 'plain_text_input', action_id: 'docent.comment', multiline: true, max_length: LONGEST_COMMENT },
  };
}

function modal(
  language: Language,
  callback: string,
  title: Parameters<typeof sayInChat>[1],
  ids: string,
  submits: boolean,
  blocks: KnownBlock[],
): ModalView {
  return {
    type: 'modal',
    callback_id: callback,
    title: plainText(sayInChat(language, title), 24),
    close: plainText(sayInChat(language, submits ? 'cancel' : 'close'), 24),
    ...(submits ? { submit: plainText(sayInChat(language, 'send'), 24) } : {}),
    private_metadata: ids,
    blocks,
  };
}
