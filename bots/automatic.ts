/** Automatic answers, steered by an admin in a chat: how far each channel is, and labels for answers that were made in silence. */
import type { AutomaticState, ChatPerson, SilentAnswer } from '../src/chat/chat-app.ts';
import type { AdminDeps } from './admin-rights.ts';
import type { AdminWords } from './admin-words.ts';

export const PRECISIONS = [0.8, 0.9, 0.95, 0.98] as const;
export const USUAL_PRECISION = 0.9;
/** Looked at for the next one. */
const MOST_SILENT = 50;

export type Verdict = 'right' | 'wrong' | 'skip';

/** A channel that an admin chose, and its next silent answer where one waits. */
export interface Labelling {
  state: AutomaticState;
  silent: SilentAnswer | undefined;
}

export interface AutomaticSteering {
  /** Undefined where no admin chose this channel. */
  stateOf(channel: string): Promise<AutomaticState | undefined>;
  /** The next silent answer of a channel, after one that was skipped; undefined where the channel is not chosen any more. */
  next(channel: string, after?: string): Promise<Labelling | undefined>;
  /** Labels an answer that waits there; another one is left as it is. @returns whether it was labelled, and what is next */
  judge(given: {
    channel: string;
    answerId: string;
    verdict: Verdict;
    person: ChatPerson;
  }): Promise<{ labelled: boolean; next: Labelling | undefined }>;
}

export function createSteering({ app }: Pick<AdminDeps, 'app'>): AutomaticSteering {
  const { automatic } = app.chat;
  const stateOf: AutomaticSteering['stateOf'] = async (channel) => (await automatic.states()).find((state) => state.channel === channel);
  const next: AutomaticSteering['next'] = async (channel, after) => {
    const state = await stateOf(channel);
    if (!state) return undefined;
    const waiting = await automatic.unlabelled(channel, MOST_SILENT);
    const at = after === undefined ? -1 : waiting.findIndex(({ answerId }) => answerId === after);
    return { state, silent: waiting[at + 1] };
  };
  return {
    stateOf,
    next,
    async judge({ channel, answerId, verdict, person }) {
      // Only what waits there, for a channel that an admin chose, takes a label.
      const waits =
        (await stateOf(channel)) !== undefined &&
        (await automatic.unlabelled(channel, MOST_SILENT)).some((one) => one.answerId === answerId);
      const labelled = waits && verdict !== 'skip';
      if (labelled) await automatic.label(answerId, verdict === 'right', person);
      return { labelled, next: await next(channel, verdict === 'skip' ? answerId : undefined) };
    },
  };
}

export const labelFigures = ({ labelled, right }: AutomaticState, words: AdminWords) => ({
  labelled: words.number(labelled),
  right: words.number(right),
});

/** @param channel as the platform names it, safe already */
export function stateText(state: AutomaticState, channel: string, words: AdminWords): string {
  const { wanted, from, lowerBound } = state;
  const values = { channel, wanted: words.percent(wanted), ...labelFigures(state, words) };
  if (from === undefined) return words.say('automaticSilent', values);
  return words.say('automaticOn', { ...values, from: from.toFixed(2), bound: words.percent(lowerBound ?? wanted) });
}

/** Enough of an answer to judge it by. */
export const answerLines = ({ answer }: SilentAnswer, words: AdminWords): string[] =>
  answer.text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 60)
    .map((line) => words.data(line, 500));

/** What it rests on, a line; undefined where it cites nothing. */
export function citedTitles({ answer }: SilentAnswer, words: AdminWords): string | undefined {
  const titles = [...new Map(answer.citations.map(({ n, title }) => [title, `[${n}] ${words.data(title, 150)}`])).values()];
  return titles.length === 0 ? undefined : words.say('labelSources', { titles: titles.slice(0, 10).join(', ') });
}
