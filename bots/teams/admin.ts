/** Admin by chat in Teams: commands in the personal chat, answered with cards. Rights are checked when a thing is done, not when it was drawn. */
import type { App } from '../../src/app-contract.ts';
import type { ChatApp, ChatPerson } from '../../src/chat/chat-app.ts';
import type { Place } from '../../src/chat/messenger.ts';
import { within } from '../../src/clock.ts';
import { reasonOf } from '../../src/errors.ts';
import type { Clock, Language, Log } from '../../src/types.ts';
import { actOnSource, findSource, type SourceAction } from '../admin-actions.ts';
import { answerCommand } from '../admin-command.ts';
import { adminNow, sayError } from '../admin-rights.ts';
import type { AdminWords } from '../admin-words.ts';
import { readHome } from '../home-data.ts';
import { linkable } from '../safe-text.ts';
import { createSyncThreads, type Telling } from '../sync-threads.ts';
import type { Card, TeamsMessage, Where } from './activity.ts';
import { createTeamsAdding } from './admin-add.ts';
import { createTeamsAutomatic } from './admin-automatic.ts';
import { commandIn, type TeamsCommand } from './admin-command.ts';
import { lines as texts, card as cardOf, notice, press as button, verbOf } from './admin-parts.ts';
import { cardMessage } from './card-parts.ts';
import { answerPress, type Standing, type Turn, type TurnDeps } from './admin-turns.ts';
import { adminWords } from './admin-words.ts';
import { doctorCard, recentCard, removeCard, statusCard, type Asked } from './home-card.ts';

const DOCTOR_MS = 60_000;
/** Who they are and in which language may have to be asked; a press waits for its answer. */
const SOON_MS = 1000;
const LINK_MS = 1500;
const RECENT_ALONE = 10;
/** Who stops the process does not wait longer. */
const CLOSING_MS = 2000;

export interface TeamsAdminDeps {
  app: App & { chat: ChatApp };
  /** The directory. */
  tenant: string;
  /** Never throws: a failed look-up gives a guest. @param options.fresh asked of Teams now, whatever is known */
  whoIs(id: string, options?: { fresh?: true }): Promise<ChatPerson>;
  languageOf(id: string): Promise<Language>;
  /** Says something in somebody's personal chat. @returns where it stands */
  say(person: string, message: TeamsMessage, replyTo?: string): Promise<Standing>;
  edit(at: { where: Where; id: string }, message: TeamsMessage): Promise<void>;
  /** What a channel is called, where that is known. */
  channelName?(conversation: string): Promise<string | undefined>;
  /** A link that opens a message for who may read it. */
  permalink?(place: Place, message: string): Promise<string | undefined>;
  log: Log;
  clock: Clock;
}

export interface TeamsAdmin {
  /**
   * True: it was a command, and is being answered in the personal chat. Told by the text alone.
   * @param input.text without mentions @param input.channel the conversation that it was written in, where that is a channel
   */
  command(input: { person: string; text: string; personal: boolean; channel?: string }): Promise<boolean>;
  /**
   * An Action.Execute whose verb begins with `docent.admin.`
   * @param input.at where the pressed card stands: what takes longer is shown there
   * @returns the card that takes the pressed one's place, within what Teams waits for
   */
  press(input: { person: string; verb: string; data: Record<string, unknown>; at?: Standing }): Promise<Card>;
  /** Says in what is still told that this process ends. */
  close(): Promise<void>;
}

export function createTeamsAdmin(deps: TeamsAdminDeps): TeamsAdmin {
  const { app, clock, log } = deps;
  const stop = new AbortController();
  const works = new Set<Promise<void>>();
  const background = (work: Promise<void>, what: string): void => {
    const kept = work
      .catch((error: unknown) => {
        if (!stop.signal.aborted) log.warn({ reason: reasonOf(error) }, what);
      })
      .finally(() => works.delete(kept));
    works.add(kept);
  };
  const wordsIn = (language: Language): AdminWords => adminWords(language, () => clock.now(), app.timeZone);
  const wordsOf = async (person: string): Promise<AdminWords> => wordsIn(await deps.languageOf(person));

  const threads = createSyncThreads({ app, clock, log, syncNotes: app.chat.syncNotes }, tellingIn(deps, wordsOf));
  const adding = createTeamsAdding(deps, threads);
  const automatic = createTeamsAutomatic(deps);
  background(threads.takeUp(), 'syncs that were being told could not be taken up');
  const turnDeps: TurnDeps = { say: deps.say, edit: deps.edit, clock, log, signal: stop.signal, background };

  const refused = (words: AdminWords): Card => notice(undefined, [words.say('adminsOnly')]);
  const tell = (person: string, card: Card): Promise<Standing> => deps.say(person, cardMessage(card, 'Docent'));

  async function openForm(person: string, location: string, words: AdminWords): Promise<void> {
    const { card, stands } = await adding.form(person, location, words);
    stands(await tell(person, card));
  }

  async function examine(person: string, words: AdminWords): Promise<void> {
    const at = await tell(person, notice(words.say('doctorTitle'), [words.say('examining')]));
    const findings = await app.doctor(AbortSignal.any([stop.signal, AbortSignal.timeout(DOCTOR_MS)])).then(
      (found) => doctorCard(found, words),
      (error: unknown) => notice(words.say('doctorTitle'), [sayError(deps, error, words)]),
    );
    await deps.edit(at, cardMessage(findings, words.say('doctorTitle')));
  }

  async function status(person: string, words: AdminWords, page = 0, said?: string): Promise<Card> {
    const home = await readHome(deps, { person, platform: 'teams', fresh: true });
    const channels = await automatic.names(home.admin?.automatic.map(({ channel }) => channel) ?? [], words);
    return statusCard(
      { ...home, recent: await Promise.all(home.recent.map(linked)), page, channels, ...(said === undefined ? {} : { notice: said }) },
      words,
    );
  }
  /** With a link to where it was asked; without one where Teams has none. */
  async function linked(question: Asked): Promise<Asked> {
    const { origin } = question;
    if (origin?.place.platform !== 'teams' || origin.message === undefined || !deps.permalink) return question;
    const link = linkable(await within(LINK_MS, deps.permalink(origin.place, origin.message)).catch(() => undefined));
    return link === undefined ? question : { ...question, permalink: link };
  }
  const recent = async (person: string, words: AdminWords): Promise<Card> => {
    const questions = await app.chat.recentQuestions(await deps.whoIs(person), RECENT_ALONE);
    return recentCard(await Promise.all(questions.map(linked)), words);
  };

  /** @returns what is said; undefined where that was done already */
  async function answer(person: string, said: TeamsCommand, channel: string | undefined, words: AdminWords): Promise<Card | undefined> {
    if (said.verb === 'recent') return recent(person, words);
    if (said.verb === 'status') return status(person, words);
    if (said.verb === 'add' || said.verb === 'doctor' || said.verb === 'automatic') {
      if (!(await adminNow(deps, person))) return refused(words);
      if (said.verb === 'automatic') return automatic.command(said.rest, channel, words);
      await (said.verb === 'add' ? openForm(person, said.rest, words) : examine(person, words));
      return undefined;
    }
    const more = { everyone: ['helpRecent' as const], admins: ['helpAutomatic' as const] };
    const answered = await answerCommand(deps, { person, command: 'docent', said, more }, words);
    if (answered.is === 'findings') return doctorCard(answered.findings, words);
    if (answered.is === 'remove') return removeCard(answered.status, '0', words);
    return cardOf(texts(answered.lines), answered.sources ? [button('status', words.say('sources'))] : []);
  }

  async function acted(action: SourceAction, turn: Turn): Promise<Card> {
    const { text } = await actOnSource(deps, turn.person, action, turn.id, turn.words);
    return status(turn.person, turn.words, pageOf(turn), text);
  }

  async function handle(verb: string, turn: Turn): Promise<Card | undefined> {
    const { person, words } = turn;
    const page = pageOf(turn);
    if (verb === 'status') return status(person, words, page);
    if (verb === 'keep') return status(person, words, page, words.say('kept'));
    if (verb === 'cancel') return adding.cancel(turn);
    if (verb === 'sync' || verb === 'pause' || verb === 'resume') return acted(verb, turn);
    if (verb === 'remove-yes') {
      turn.lasting();
      return acted('remove', turn);
    }
    const admin = await adminNow(deps, person);
    if (!admin) return refused(words);
    if (verb === 'remove') {
      const found = findSource(await app.listSources(), turn.id);
      return found ? removeCard(found, String(page), words) : status(person, words, page, words.say('noLonger'));
    }
    if (verb === 'add-form') {
      background(openForm(person, '', words), 'the form for a source could not be shown');
      return status(person, words, page, words.say('formBelow'));
    }
    if (verb === 'doctor') {
      background(examine(person, words), 'the findings could not be shown');
      return status(person, words, page, words.say('examining'));
    }
    if (verb === 'preview') return adding.preview(turn);
    if (verb === 'look') return adding.look(turn);
    if (verb === 'change') return adding.change(turn);
    if (verb === 'add') return adding.add(turn);
    if (/^(automatic|label)(-|$)/.test(verb)) return (await automatic.press(verb, turn, admin)) ?? noLonger(words);
    return noLonger(words);
  }
  const noLonger = (words: AdminWords): Card => notice(undefined, [words.say('noLonger')]);

  return {
    async command({ person, text, personal, channel }) {
      const said = commandIn(text);
      if (!said) return false;
      const work = async (): Promise<void> => {
        const words = await wordsOf(person);
        const card = await answer(person, said, personal ? undefined : channel, words).catch((error: unknown) =>
          notice(undefined, [sayError(deps, error, words)]),
        );
        if (card) await tell(person, card);
      };
      background(work(), 'a command could not be answered');
      return true;
    },

    async press({ person, verb, data, at }) {
      const words = await within(SOON_MS, wordsOf(person)).catch(() => wordsIn('en'));
      const given = (field: string): string | undefined => {
        const value = Object.hasOwn(data, field) ? data[field] : undefined;
        return typeof value === 'string' ? value : undefined;
      };
      const id = given('id') ?? '';
      const own = verbOf(verb);
      if (own === undefined) return noLonger(words);
      const stands = at ?? adding.standing(id, person);
      return answerPress({ person, words, id, given, at: stands }, (turn) => handle(own, turn), turnDeps);
    },

    async close() {
      stop.abort();
      adding.close();
      await threads.close();
      await within(CLOSING_MS, Promise.all(works)).catch(() => undefined);
    },
  };
}

function pageOf({ given }: Turn): number {
  const page = Number.parseInt(given('page') ?? '', 10);
  return Number.isSafeInteger(page) && page > 0 ? page : 0;
}

/** How far a first sync is: two messages in the personal chat, the second of which is edited. */
function tellingIn(deps: TeamsAdminDeps, wordsOf: (person: string) => Promise<AdminWords>): Telling {
  const message = (lines: string[]): TeamsMessage => cardMessage(cardOf(texts(lines)), 'Docent');
  return {
    platform: 'teams',
    workspace: deps.tenant,
    wordsOf,
    async post(person, lines, under) {
      const { where, id } = await deps.say(person, message(lines), under?.id);
      return { channel: where.conversation, serviceUrl: where.serviceUrl, id };
    },
    edit: ({ channel, serviceUrl = '', id }, lines) => deps.edit({ where: { serviceUrl, conversation: channel }, id }, message(lines)),
  };
}
