/** An answer while it grows. */
import type { ModelUsage } from '../models/language-model.ts';
import { AppError } from '../errors.ts';
import { say } from '../strings/strings.ts';
import type { AnswerEvent, AnswerSentence, AnswerStatus, ClosestPassage, Passage } from '../types.ts';

export interface Draft {
  status: AnswerStatus;
  language: string;
  sentences: AnswerSentence[];
  /** Docent's own words before or instead of sentences. */
  own: string[];
  closest: ClosestPassage[];
  degraded: Set<string>;
  calls: number;
  usage: ModelUsage;
  trace: Record<string, unknown>;
}

/** Adds a sentence with the places it rests on, and gives the event that shows it. */
export type Show = (
  text: string,
  block: AnswerSentence['block'],
  places: { passage: Passage; start: number; end: number }[],
  support: AnswerSentence['support'],
  more?: Pick<AnswerSentence, 'step' | 'marks'>,
) => AnswerEvent;

/** Counts one model call and what it cost. */
export function addUsage(draft: Draft, usage: ModelUsage): void {
  draft.calls++;
  draft.usage = {
    promptTokens: draft.usage.promptTokens + usage.promptTokens,
    completionTokens: draft.usage.completionTokens + usage.completionTokens,
    costUsd: draft.usage.costUsd + usage.costUsd,
  };
}

/** Why an answer is less than it could be, told from what the model threw. */
export function degradedBy(error: unknown): string {
  const code = error instanceof AppError ? error.code : '';
  if (code === 'budget.exhausted') return 'budget';
  return code === 'model.timeout' || (error instanceof Error && error.name === 'TimeoutError') ? 'model-timeout' : 'model-failed';
}

/** English name of a language, for a prompt. */
export function languageName(language: string): string {
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(language) ?? language;
}

/** The whole answer as plain text. */
export function textOf(draft: Pick<Draft, 'own' | 'sentences' | 'status' | 'closest' | 'language'>): string {
  const lines: string[] = [...draft.own];
  let paragraph = false;
  for (const { text, block, citations, step } of draft.sentences) {
    const line = `${block === 'bullet' ? '- ' : step === undefined ? '' : `${step}. `}${text}${citations.map((n) => ` [${n}]`).join('')}`;
    if (block === 'paragraph' && paragraph && draft.status !== 'quoted') lines[lines.length - 1] += ` ${line}`;
    else lines.push(line);
    paragraph = block === 'paragraph';
  }
  if (draft.closest.length > 0)
    lines.push('', say(draft.language, 'closest'), ...draft.closest.map((c) => `- ${c.title}${c.url ? ` (${c.url})` : ''}`));
  return lines.join('\n');
}
