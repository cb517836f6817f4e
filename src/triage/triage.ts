/** What stands under an answer in chat, for every platform alike: why, quotes, feedback, tickets, automatic answers. */
import { readableReaderSets } from '../access/audience.ts';
import { countReadable } from '../catalog/documents.ts';
import { recordFeedback } from '../catalog/feedback.ts';
import { openSources, questionsOf } from '../catalog/traces.ts';
import type { ChatApp } from '../chat/chat-app.ts';
import type { Origin } from '../chat/messenger.ts';
import { explain, quote, readAnswer } from '../chat/why.ts';
import { AppError } from '../errors.ts';
import { createAutomatic, type Automatic } from './automatic.ts';
import { createTickets, type TicketDeps, type Tickets } from './tickets.ts';

export type Triage = Pick<ChatApp, 'readAnswer' | 'explain' | 'quote' | 'feedback' | 'recentQuestions' | 'searched'> &
  Tickets & { automatic: Automatic };

export function createTriage(deps: TicketDeps): Triage {
  const { db, clock } = deps;
  return {
    ...createTickets(deps),
    automatic: createAutomatic(deps),
    readAnswer: (answerId, audience) => readAnswer(answerId, audience, deps),
    explain: (answerId, audience) => explain(answerId, audience, deps),
    quote: (answerId, n, audience) => quote(answerId, n, audience, deps),

    async feedback({ answerId, person, verdict, reason, comment }) {
      const said = { answerId, personId: person.personId, verdict, reason: reason ?? null, comment: comment?.trim() || null };
      if (!(await recordFeedback(db, said, clock.now())))
        throw new AppError({ code: 'answer.not_found', message: 'no such answer', publicMessage: 'That answer is not known here.' });
    },

    async searched(audience) {
      const readerSets = await readableReaderSets(db, {}, audience);
      const [documents, sources] = await Promise.all([countReadable(db, readerSets), openSources(db, readerSets)]);
      return { documents, sources };
    },

    async recentQuestions(person, limit) {
      const rows = await questionsOf(db, person.personId, limit);
      return rows.map(({ origin_json, ...row }) => ({
        ...row,
        origin: origin_json === null ? null : (JSON.parse(origin_json) as Origin),
      }));
    },
  };
}
