/** Answers that nobody asked Docent for: made in silence, and shown only where labels prove the precision that an admin wants. */
import { readableReaderSets } from '../access/audience.ts';
import { answerFor } from '../answering.ts';
import type { Catalog } from '../catalog/database.ts';
import { judgedAnswers, labelAnswer, showableScore, silentAnswers, type Channel } from '../catalog/feedback.ts';
import { readSettings, writeSetting } from '../catalog/settings.ts';
import type { AutomaticState, ChatApp, SilentAnswer } from '../chat/chat-app.ts';
import { AppError, inputError } from '../errors.ts';
import type { Clock } from '../types.ts';
import { thresholdFor } from './precision.ts';

/** Looked at, at most, to fill a page of unlabelled answers. */
const MOST_UNLABELLED = 200;

export interface AutomaticDeps {
  db: Catalog;
  clock: Clock;
  pageUrl: (documentId: string) => string;
}

export interface Automatic extends Omit<ChatApp['automatic'], 'wanted'> {
  /** Whether questions of this channel are answered unasked, shown or not. */
  wanted(channel: string): Promise<boolean>;
}

export function createAutomatic(deps: AutomaticDeps): Automatic {
  const { db, clock } = deps;

  const stateOf = async (channel: string, wanted: number): Promise<AutomaticState> => {
    const judged = await judgedAnswers(db, parseChannel(channel));
    const threshold = thresholdFor(judged, wanted);
    return {
      channel,
      wanted,
      labelled: judged.length,
      right: judged.filter((one) => one.right).length,
      from: threshold?.from,
      lowerBound: threshold?.lowerBound,
    };
  };

  return {
    async states() {
      const wanted = Object.entries((await readSettings(db)).automaticChannels);
      return Promise.all(wanted.map(([channel, precision]) => stateOf(channel, precision)));
    },

    wanted: async (channel) => (await readSettings(db)).automaticChannels[channel] !== undefined,

    async set(channel, precision) {
      parseChannel(channel);
      await db.transaction().execute(async (tx) => {
        const { [channel]: _, ...others } = (await readSettings(tx)).automaticChannels;
        await writeSetting(tx, 'automaticChannels', precision === undefined ? others : { ...others, [channel]: precision }, clock.now());
      });
    },

    async unlabelled(channel, limit) {
      const rows = await silentAnswers(db, parseChannel(channel), Math.min(limit, MOST_UNLABELLED));
      const readerSets = await readableReaderSets(db, {}, 'everyone');
      const answers = await Promise.all(
        rows.map(async ({ answerId, text, score, askedAt }): Promise<SilentAnswer | undefined> => {
          const answer = await answerFor(answerId, readerSets, deps);
          return answer && { answerId, question: text, answer, score, askedAt };
        }),
      );
      return answers.filter((one) => one !== undefined);
    },

    async label(answerId, right, by) {
      const known = await labelAnswer(db, { answerId, right, personId: by.personId }, clock.now());
      if (!known)
        throw new AppError({ code: 'answer.not_found', message: 'no such answer', publicMessage: 'That answer is not known here.' });
    },

    async shows(channel, answerId) {
      const wanted = (await readSettings(db)).automaticChannels[channel];
      if (wanted === undefined) return false;
      const place = parseChannel(channel);
      const score = await showableScore(db, place, answerId);
      if (score === undefined) return false;
      const threshold = thresholdFor(await judgedAnswers(db, place), wanted);
      return threshold !== undefined && score >= threshold.from;
    },
  };
}

/** `slack:T…/C…`. @throws an input error */
function parseChannel(channel: string): Channel {
  const parts = /^(slack|teams):([^/]+)\/(.+)$/.exec(channel);
  if (!parts) throw inputError('channel', `"${channel}" is not written like slack:T0123456789/C0123456789`);
  return { platform: parts[1]!, workspace: parts[2]!, channel: parts[3]! };
}
