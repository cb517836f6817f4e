/** The message extension: the knowledge base searched from where a message is written, and an answer or a document put into it. */
import { z } from 'zod';
import type { ChatApp, ChatPerson, HeldQuestion } from '../../src/chat/chat-app.ts';
import type { Origin, Place } from '../../src/chat/messenger.ts';
import { within } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Answer, Audience, Clock, Language, Log } from '../../src/types.ts';
import type { Conversations } from '../conversation.ts';
import { limitSaid } from '../in-time.ts';
import type { Questions } from '../questions.ts';
import { drawExtensionAnswer, drawExtensionAsk, drawExtensionDocument } from './draw-extension.ts';
import { senderOf, type Activity } from './parse.ts';
import type { InvokeResponse } from './receiver.ts';

/** Teams waits five seconds for a message extension (Microsoft, "Respond to search command"). */
const SEARCH_MS = 3_500;
const ANSWER_MS = 4_000;
const MOST_RESULTS = 10;
const LONGEST_QUERY = 2_000;

const asked = z.object({
  commandId: z.string(),
  parameters: z.array(z.object({ name: z.string(), value: z.unknown().optional() })).nullish(),
  queryOptions: z.object({ skip: z.number().nullish(), count: z.number().nullish() }).nullish(),
});
const selected = z.object({ ask: z.string().min(1).max(LONGEST_QUERY) });
const about = z.object({
  messagePayload: z.looseObject({ body: z.looseObject({ content: z.string().max(200_000), contentType: z.string().nullish() }) }),
});

export interface ExtensionDeps {
  chat: ChatApp;
  conversations: Conversations;
  questions: Questions;
  whoIs(workspace: string, id: string): Promise<ChatPerson>;
  languageOf(workspace: string, id: string): Promise<Language>;
  clock: Clock;
  log: Log;
}

export interface Extension {
  /** `composeExtension/query` */
  query(activity: Activity): Promise<InvokeResponse>;
  /** `composeExtension/selectItem`: the question is answered, and put into the message. */
  select(activity: Activity): Promise<InvokeResponse>;
  /** `composeExtension/fetchTask` of "Ask about this": answered in the personal chat. */
  askAbout(activity: Activity): Promise<InvokeResponse & { after?: () => void }>;
}

const result = (attachments: object[]): InvokeResponse => ({
  status: 200,
  body: { composeExtension: { type: 'result', attachmentLayout: 'list', attachments } },
});
const message = (text: string): InvokeResponse => ({ status: 200, body: { composeExtension: { type: 'message', text } } });

export function createExtension(deps: ExtensionDeps): Extension {
  const { chat, clock, log } = deps;

  const audienceOf = (who: ChatPerson): Audience => (who.member ? 'everyone' : 'public');
  /** Where what comes too late is said: their chat with Docent alone. */
  const personalOrigin = ({ workspace, person }: Pick<Place, 'workspace' | 'person'>): Origin => ({
    place: { platform: 'teams', workspace, channel: person, kind: 'direct', person },
    via: 'extension',
    ephemeral: true,
  });

  async function answerInTime(held: HeldQuestion, who: ChatPerson): Promise<Answer | undefined> {
    await chat.settle(held, who, audienceOf(who));
    const work = (async () => {
      let answer: Answer | undefined;
      for await (const event of chat.answer(held, new AbortController().signal)) if (event.type === 'final') answer = event.answer;
      return answer;
    })();
    const answer = await within(ANSWER_MS, work).catch(() => undefined);
    if (answer) {
      await chat.delivered(held);
      return answer;
    }
    // It is said in the personal chat once it is there.
    void work.catch(() => undefined).then(() => deps.conversations.take(held));
    return undefined;
  }

  return {
    async query(activity) {
      const { place } = senderOf(activity);
      const language = await deps.languageOf(place.workspace, place.person);
      const parsed = asked.safeParse(activity.value).data;
      const valueOf = (name: string): string => {
        const value = parsed?.parameters?.find((one) => one.name === name)?.value;
        return typeof value === 'string' ? value.trim().slice(0, LONGEST_QUERY) : '';
      };
      const text = valueOf('query');
      if (text === '') return message(sayInChat(language, 'extensionStart'));
      try {
        const who = await deps.whoIs(place.workspace, place.person);
        const from = Math.max(0, parsed?.queryOptions?.skip ?? 0);
        const count = Math.min(MOST_RESULTS, Math.max(1, parsed?.queryOptions?.count ?? MOST_RESULTS));
        const documents = await chat.documents(text, audienceOf(who), from + count, AbortSignal.timeout(SEARCH_MS));
        const found = documents
          .slice(from, from + count)
          .map((one) => drawExtensionDocument({ ...one, url: one.url ?? one.documentUrl, language, now: clock.now() }));
        if (found.length === 0 && from === 0) return message(sayInChat(language, 'extensionNothing'));
        return result(from === 0 ? [drawExtensionAsk({ language, query: text }), ...found] : found);
      } catch (error) {
        log.warn({ code: error instanceof AppError ? error.code : 'failed' }, 'the message extension could not search');
        return message(sayInChat(language, 'tryLater'));
      }
    },

    async select(activity) {
      const { place } = senderOf(activity);
      const language = await deps.languageOf(place.workspace, place.person);
      const chosen = selected.safeParse(activity.value).data;
      if (!chosen || !activity.id) return message(sayInChat(language, 'notAvailable'));
      try {
        const key = `teams:${place.workspace}/extension/${place.channel}/${activity.id}`;
        const held = await chat.receive({
          eventKey: key,
          text: chosen.ask,
          origin: personalOrigin(place),
          via: 'extension',
          thread: `extension:${activity.id}`,
        });
        const answer = held && (await answerInTime(held, await deps.whoIs(place.workspace, place.person)));
        if (!answer) return message(sayInChat(language, 'extensionLate'));
        const actions = { feedback: false, askPerson: false, why: false, share: false };
        return result([drawExtensionAnswer({ type: 'answer', answer, actions, now: clock.now() }, chosen.ask)]);
      } catch (error) {
        log.warn({ code: error instanceof AppError ? error.code : 'failed' }, 'the message extension could not answer');
        return message(limitSaid(error, language) ?? sayInChat(language, 'tryLater'));
      }
    },

    async askAbout(activity) {
      const { place } = senderOf(activity);
      const language = await deps.languageOf(place.workspace, place.person);
      const said = (key: 'askingInPersonalChat' | 'notAvailable'): InvokeResponse => ({
        status: 200,
        body: { task: { type: 'message', value: sayInChat(language, key) } },
      });
      const payload = about.safeParse(activity.value).data?.messagePayload;
      if (!payload || !activity.id) return said('notAvailable');
      const { content, contentType } = payload.body;
      const file = { name: 'message.html', type: 'text/html', bytes: Buffer.from(content) };
      const text = contentType === 'text' ? content : await chat.files.read(file, AbortSignal.timeout(SEARCH_MS));
      if (text.trim() === '') return said('notAvailable');
      const after = await deps.questions.receive({
        eventKey: `teams:${place.workspace}/shortcut/${place.channel}/${activity.id}`,
        text,
        origin: { ...personalOrigin(place), via: 'shortcut' },
        via: 'shortcut',
        thread: `shortcut:${activity.id}`,
      });
      return { ...said('askingInPersonalChat'), ...(after ? { after } : {}) };
    },
  };
}
