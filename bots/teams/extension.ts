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

/** Teams waits five seconds for a message extension (Microsoft, "Respond to search command"): who asks, then a search, or an answer. */
const WHO_MS = 1_500;
const SEARCH_MS = 2_500;
const ANSWER_MS = 3_500;
/** How often it is looked whether what was chosen before is answered by now. */
const LOOK_MS = 200;
const MOST_RESULTS = 10;
/** Nobody scrolls further; each page searches for all before it. */
const FURTHEST = 200;
/** Of one person, per process: typing is a search after each pause. */
const SEARCHES = { most: 60, withinMs: 60_000 };
const MOST_PEOPLE = 10_000;
const LONGEST_QUERY = 2_000;

const asked = z.object({
  commandId: z.string(),
  parameters: z.array(z.object({ name: z.string(), value: z.unknown().optional() })).nullish(),
  queryOptions: z.object({ skip: z.int().nonnegative().nullish(), count: z.int().nullish() }).nullish(),
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

type Asker = Pick<Place, 'workspace' | 'person'>;

const result = (attachments: object[]): InvokeResponse => ({
  status: 200,
  body: { composeExtension: { type: 'result', attachmentLayout: 'list', attachments } },
});
const message = (text: string): InvokeResponse => ({ status: 200, body: { composeExtension: { type: 'message', text } } });

export function createExtension(deps: ExtensionDeps): Extension {
  const { chat, clock, log } = deps;

  const audienceOf = (who: ChatPerson): Audience => (who.member ? 'everyone' : 'public');
  /** Where what comes too late is said: their chat with Docent alone. */
  const personalOrigin = ({ workspace, person }: Asker): Origin => ({
    place: { platform: 'teams', workspace, channel: person, kind: 'direct', person },
    via: 'extension',
    ephemeral: true,
  });

  const languageFor = ({ workspace, person }: Asker): Promise<Language> =>
    within(WHO_MS, deps.languageOf(workspace, person)).catch(() => 'en');

  const searches = new Map<string, { since: number; n: number }>();
  function maySearch({ workspace, person }: Asker): boolean {
    const key = `${workspace}/${person}`;
    const before = searches.get(key);
    const own = before && before.since > clock.now() - SEARCHES.withinMs ? before : { since: clock.now(), n: 0 };
    if (searches.size > MOST_PEOPLE) searches.clear();
    searches.set(key, own);
    return ++own.n <= SEARCHES.most;
  }

  /** Undefined: it takes longer, and is said in the personal chat once it is there. */
  async function answerInTime(held: HeldQuestion, { workspace, person }: Asker): Promise<Answer | undefined> {
    const work = (async () => {
      const who = await deps.whoIs(workspace, person);
      await chat.settle(held, who, audienceOf(who));
      let answer: Answer | undefined;
      for await (const event of chat.answer(held, new AbortController().signal)) if (event.type === 'final') answer = event.answer;
      return answer;
    })();
    const answer = await within(ANSWER_MS, work).catch(() => undefined);
    if (!answer) {
      // Also what failed: there it is tried again, and let go of.
      void work.catch(() => undefined).then(() => deps.conversations.take(held));
      return undefined;
    }
    await chat.delivered(held).catch(() => chat.release(held).catch(() => {}));
    return answer;
  }

  /** What was chosen is delivered again: its first delivery answers, here or in another process. */
  async function answeredBefore(eventKey: string, { workspace, person }: Asker): Promise<Answer | undefined> {
    const until = clock.now() + ANSWER_MS;
    const who = await deps.whoIs(workspace, person);
    for (;;) {
      const known = await chat.questionOf(eventKey);
      if (!known || known.origin?.place.person !== person) return undefined;
      if (known.answerId) return (await chat.readAnswer(known.answerId, audienceOf(who)))?.answer;
      if (clock.now() > until) return undefined;
      await clock.sleep(LOOK_MS);
    }
  }

  return {
    async query(activity) {
      const { place } = senderOf(activity);
      const parsed = asked.safeParse(activity.value).data;
      const valueOf = (name: string): string => {
        const value = parsed?.parameters?.find((one) => one.name === name)?.value;
        return typeof value === 'string' ? value.trim().slice(0, LONGEST_QUERY) : '';
      };
      const text = valueOf('query');
      if (text === '') return message(sayInChat(await languageFor(place), 'extensionStart'));
      const from = parsed?.queryOptions?.skip ?? 0;
      if (from > FURTHEST) return result([]);
      const count = Math.min(MOST_RESULTS, Math.max(1, parsed?.queryOptions?.count ?? MOST_RESULTS));
      if (!maySearch(place)) return message(sayInChat(await languageFor(place), 'tryLater'));
      const speaking = languageFor(place);
      try {
        const who = await within(WHO_MS, deps.whoIs(place.workspace, place.person));
        const search = chat.documents(text, audienceOf(who), from + count, AbortSignal.timeout(SEARCH_MS));
        const [documents, language] = await Promise.all([within(SEARCH_MS, search), speaking]);
        const found = documents
          .slice(from, from + count)
          .map((one) => drawExtensionDocument({ ...one, url: one.url ?? one.documentUrl, language, now: clock.now() }));
        if (found.length === 0 && from === 0) return message(sayInChat(language, 'extensionNothing'));
        return result(from === 0 ? [drawExtensionAsk({ language, query: text }), ...found] : found);
      } catch (error) {
        log.warn({ code: error instanceof AppError ? error.code : 'failed' }, 'the message extension could not search');
        return message(sayInChat(await speaking, 'tryLater'));
      }
    },

    async select(activity) {
      const { place } = senderOf(activity);
      const speaking = languageFor(place);
      const chosen = selected.safeParse(activity.value).data;
      if (!chosen || !activity.id) return message(sayInChat(await speaking, 'notAvailable'));
      try {
        const key = `teams:${place.workspace}/extension/${place.channel}/${activity.id}`;
        const held = await chat.receive({
          eventKey: key,
          text: chosen.ask,
          origin: personalOrigin(place),
          via: 'extension',
          thread: `extension:${activity.id}`,
        });
        const answer = held ? await answerInTime(held, place) : await within(ANSWER_MS, answeredBefore(key, place)).catch(() => undefined);
        if (!answer) return message(sayInChat(await speaking, 'extensionLate'));
        const actions = { feedback: false, askPerson: false, why: false, share: false };
        return result([drawExtensionAnswer({ type: 'answer', answer, actions, now: clock.now() }, chosen.ask)]);
      } catch (error) {
        log.warn({ code: error instanceof AppError ? error.code : 'failed' }, 'the message extension could not answer');
        const language = await speaking;
        return message(limitSaid(error, language) ?? sayInChat(language, 'tryLater'));
      }
    },

    async askAbout(activity) {
      const { place } = senderOf(activity);
      const language = await languageFor(place);
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
