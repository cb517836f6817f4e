/** A catalog with documents of several readers, and answers to questions from Slack that rest on them. */
import { randomUUID } from 'node:crypto';
import { internReaders } from '../../src/access/reader-sets.ts';
import { recordAnswer } from '../../src/catalog/answers.ts';
import type { Catalog } from '../../src/catalog/database.ts';
import { commitDocument } from '../../src/catalog/documents.ts';
import { keepIdentity } from '../../src/catalog/people.ts';
import { receiveQuestion } from '../../src/catalog/questions.ts';
import { addSource, startRun, takeLease } from '../../src/catalog/sources.ts';
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import type { Origin } from '../../src/chat/messenger.ts';
import type { Answer, AnswerStatus, Audience } from '../../src/types.ts';

export const TEAM = 'T0COMPANY';
export const NOW = 1_700_000_000_000;

export interface Page {
  documentId: string;
  passageId: string;
  text: string;
  title: string;
  readerSet: number;
}

type PageName = 'open' | 'public' | 'secret';

export interface ChatLedger {
  pages: Record<PageName, Page>;
  sourceId: string;
  person(id: string, more?: { member?: boolean }): Promise<ChatPerson>;
  /** A question from Slack with its answer, resting on some pages. @returns the answer's id */
  answer(input?: {
    asker?: ChatPerson;
    audience?: Audience;
    rests?: PageName[];
    left?: PageName[];
    status?: AnswerStatus;
    score?: number;
    origin?: Partial<Origin>;
    place?: Partial<Origin['place']>;
    language?: string;
    text?: string;
  }): Promise<{ answerId: string; questionId: string; conversationId: string; origin: Origin }>;
}

export async function chatLedger(db: Catalog): Promise<ChatLedger> {
  const { id: sourceId } = await addSource(
    db,
    { name: 'wiki', kind: 'folder', location: '/wiki', baseUrl: null, readers: ['everyone'], schedule: null },
    NOW,
  );
  await takeLease(db, sourceId, 'me', NOW);
  const held = { runId: await startRun(db, sourceId, NOW), sourceId, leaseOwner: 'me' };
  const page = async (name: string, readers: string[]): Promise<Page> => {
    const readerSet = await internReaders(db, readers);
    const text = `Of ${name} this is said. And a little more.`;
    const made = { documentId: randomUUID(), passageId: randomUUID(), text, title: `Page ${name}`, readerSet };
    await commitDocument(
      db,
      {
        id: made.documentId,
        sourceId,
        externalId: name,
        url: `https://wiki.example/${name}`,
        title: made.title,
        owner: null,
        changedAt: NOW,
        language: 'en',
        textFragments: false,
        version: 1,
        contentHash: name,
        listedVersion: null,
        validators: undefined,
        readerSet,
        passages: [
          { id: made.passageId, ordinal: 0, headingPath: ['Top', name], anchor: null, text, textHash: `h-${name}`, embedHash: null },
        ],
      },
      held,
      'added',
      NOW,
    );
    return made;
  };
  const pages = {
    open: await page('open', ['everyone']),
    public: await page('public', ['public']),
    secret: await page('secret', ['group:hr']),
  };

  const person: ChatLedger['person'] = async (id, { member = true } = {}) => {
    const email = `${id.toLowerCase()}@example.com`;
    const who = { platform: 'slack' as const, workspace: TEAM, externalId: id, email, name: id, member };
    const { id: personId } = await keepIdentity(db, who, NOW);
    return { personId, platform: 'slack', workspace: TEAM, id, email, name: id, member };
  };

  return {
    pages,
    sourceId,
    person,
    async answer({
      rests = ['open'] as PageName[],
      left = [] as PageName[],
      status = 'quoted',
      score = 0.8,
      audience = 'everyone',
      language = 'en',
      ...input
    } = {}) {
      const asker = input.asker ?? (await person('U1'));
      const at = `${NOW / 1000}.${String(Math.floor(Math.random() * 1e6)).padStart(6, '0')}`;
      const origin: Origin = {
        via: 'mention',
        message: at,
        ...input.origin,
        place: { platform: 'slack', workspace: TEAM, channel: 'C1', kind: 'channel', thread: at, person: asker.id, ...input.place },
      };
      const { channel, kind } = origin.place;
      const question = await receiveQuestion(
        db,
        {
          eventKey: randomUUID(),
          platform: 'slack',
          place: { workspace: TEAM, channel, kind },
          thread: at,
          personId: asker.personId,
          text: input.text ?? 'What is said?',
          language,
          audience,
          via: origin.via,
          origin,
        },
        NOW,
      );
      const answerId = randomUUID();
      const cited = rests.map((name, i) => ({ n: i + 1, page: pages[name] }));
      const answer: Answer = {
        answerId,
        questionId: question!.id,
        threadId: at,
        status,
        language,
        audience,
        text: cited.map(({ page: p }) => p.text).join(' '),
        sentences: cited.map(({ n, page: p }) => ({ text: p.text.slice(0, -19), block: 'paragraph', citations: [n], support: 'quote' })),
        citations: cited.map(({ n, page: p }) => ({
          n,
          documentId: p.documentId,
          title: p.title,
          url: null,
          documentUrl: '',
          anchor: null,
          quote: p.text.split('. ')[0]!,
          source: 'wiki',
          updatedAt: null,
        })),
        closest: [],
        usage: { modelCalls: 1, promptTokens: 100, completionTokens: 20, costUsd: 0.001, ms: 900 },
      };
      await recordAnswer(
        db,
        {
          answer,
          citations: answer.citations.map((c, i) => ({
            ...c,
            documentVersion: 1,
            passageId: cited[i]!.page.passageId,
            textHash: 'h',
            readerSet: cited[i]!.page.readerSet,
          })),
          model: 'test-model',
          trace: {
            sufficiency: { score },
            passages: [...rests, ...left].map((name, i) => ({ id: pages[name].passageId, score: 10 - i, meaning: 0.5 })),
            dropped: { unsupported: 2, number: 1 },
          },
        },
        question!.leaseOwner,
        NOW,
      );
      return { answerId, questionId: question!.id, conversationId: question!.conversationId, origin };
    },
  };
}
