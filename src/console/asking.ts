/** One asking over HTTP: cancelled when the other side goes away or does not read. */
import type { Response } from 'express';
import type { App, AskInput } from '../app-contract.ts';
import { isAbort } from '../errors.ts';
import type { Answer, AnswerEvent, AnswerSentence, Citation } from '../types.ts';
import type { ConsoleDeps } from './context.ts';
import type { TurnView } from './pages/turn.ts';
import type { Searched } from './pages/unanswered.ts';

/** How long a reader may leave what was sent unread before the asking is given up. */
const SLOW_MS = 20_000;

/** Aborts as soon as the response can no longer reach anyone. */
export function signalOf(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Asks; ends quietly when aborted. */
export async function* askIn(
  input: AskInput & { threadId: string },
  { app }: ConsoleDeps,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  try {
    for await (const event of app.ask(input, signal)) {
      if (signal.aborted) return;
      yield event;
    }
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) throw error;
  }
}

/** A turn before anything was found. */
export function emptyTurn(of: { index: number; threadId: string; question: string; searched: Searched }): TurnView {
  return { ...of, phase: 'asking', sentences: [], citations: [], answer: null };
}

/** The turn after one more event. */
export function grow(turn: TurnView, event: AnswerEvent): TurnView {
  if (event.type === 'status') return { ...turn, status: event.status };
  if (event.type === 'sentence')
    return { ...turn, sentences: [...turn.sentences, event.sentence], citations: mergeCitations(turn.citations, event.citations) };
  return { ...turn, phase: 'done', answer: event.answer, ...shown(event.answer) };
}

function shown(answer: {
  sentences: AnswerSentence[];
  citations: Citation[];
  text: string;
  status: string;
}): Pick<TurnView, 'sentences' | 'citations'> {
  // A courtesy may come as text alone.
  const sentences =
    answer.sentences.length > 0 || answer.text === ''
      ? answer.sentences
      : [{ text: answer.text, block: 'paragraph' as const, citations: [], support: 1 }];
  return { sentences, citations: answer.citations };
}

/** A kept turn as it is drawn. */
export function turnOf(
  of: { index: number; threadId: string; question: string; searched: Searched },
  answer: Answer | null,
  pending: boolean,
): TurnView {
  if (!answer) return { ...emptyTurn(of), phase: pending ? 'asking' : 'cut' };
  return { ...of, phase: 'done', answer, ...shown(answer) };
}

function mergeCitations(known: Citation[], more: Citation[]): Citation[] {
  const byNumber = new Map(known.map((c) => [c.n, c]));
  for (const citation of more) byNumber.set(citation.n, citation);
  return [...byNumber.values()].toSorted((a, b) => a.n - b.n);
}

/** What is searched for someone who did not say who they are, for the words of "not found". */
export async function searchedBy(app: App): Promise<Searched> {
  // Documents that are closed are not counted either.
  const [all, { total }] = await Promise.all([app.listSources(), app.listDocuments({ offset: 0, limit: 1 })]);
  const sources = all.filter((s) => s.source.readers.some((reader) => reader === 'everyone' || reader === 'public'));
  return { documents: total, sources: sources.map((s) => s.source.name) };
}

/** Writes and waits while the reader is behind; destroys the response of a reader who stopped reading. */
export async function writeTo(res: Response, text: string): Promise<void> {
  if (res.destroyed || res.write(text)) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => res.destroy(), SLOW_MS);
    const done = (): void => {
      clearTimeout(timer);
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    res.once('drain', done);
    res.once('close', done);
  });
}
