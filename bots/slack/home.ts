/** The App Home: drawn when somebody opens it, and anew when a button there has done something. */
import type { App as Bolt } from '@slack/bolt';
import type { HomeView, KnownBlock, ModalView } from '@slack/types';
import { within } from '../../src/clock.ts';
import { reasonOf } from '../../src/errors.ts';
import { actOnSource, type SourceAction } from '../admin-actions.ts';
import { adminNow, sayError } from '../admin-rights.ts';
import type { AdminWords } from '../admin-words.ts';
import { noticeModal } from './admin-add-view.ts';
import { registerAutomatic } from './admin-automatic.ts';
import { openView, publishHome, updateView } from './admin-calls.ts';
import { doctorBlocks } from './admin-command.ts';
import { modal, section, small } from './admin-parts.ts';
import { wordsOf, wordsSoon } from './admin-rights.ts';
import { plainText } from './blocks.ts';
import type { SlackDeps } from './deps.ts';
import { readHome } from './home-data.ts';
import { failedHome, homeView, loadingHome } from './home-view.ts';
import { inTime, limitSaid } from '../in-time.ts';

/** Opened again so soon it is as it was. */
const FRESH_MS = 3000;
/** Longer, and somebody who has never seen it sees that it comes. */
const SOON_MS = 700;
const FOLLOW = { everyMs: 3000, mostMs: 3 * 60_000 };
const DOCTOR_MS = 60_000;
/** Who stops the process does not wait longer. */
const CLOSING_MS = 2000;
const LONGEST_QUESTION = 3000;

export interface Home {
  /** Draws it anew for somebody, whenever something has changed that they see; `notice` is said above it once. */
  refresh(userId: string, notice?: string): void;
  /** Ends when all that was begun is drawn. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface Drawing {
  notice?: string;
  page?: number;
  /** Of the view that is there. */
  hash?: string;
  /** Nothing is there yet. */
  first?: boolean;
  /** Somebody opened it: nothing has changed by that. */
  passive?: boolean;
}

export function registerHome(bolt: Bolt, deps: SlackDeps): Home {
  const { app, clock, log } = deps;
  const stop = new AbortController();
  const drawn = new Map<string, { at: number; page: number }>();
  const drawing = new Map<string, { next?: Drawing }>();
  const following = new Set<string>();
  const works = new Set<Promise<void>>();

  const background = (work: Promise<void>, what: string): void => {
    const kept = work.catch((error: unknown) => log.warn({ reason: reasonOf(error) }, what)).finally(() => works.delete(kept));
    works.add(kept);
  };

  /** One at a time for each person; what comes meanwhile is drawn once, after. */
  function draw(userId: string, it: Drawing): void {
    const now = drawing.get(userId);
    if (now) {
      now.next = { ...now.next, ...it };
      return;
    }
    const last = drawn.get(userId);
    if (it.passive && last && clock.now() - last.at < FRESH_MS) return;
    drawing.set(userId, {});
    const work = publish(userId, it).finally(() => {
      const { next } = drawing.get(userId) ?? {};
      drawing.delete(userId);
      if (next && !stop.signal.aborted) draw(userId, { ...next, passive: false });
    });
    background(work, 'a home could not be drawn');
  }

  async function publish(userId: string, it: Drawing): Promise<void> {
    const words = await wordsOf(deps, userId);
    const page = it.page ?? drawn.get(userId)?.page ?? 0;
    let hash = it.hash;
    const send = async (view: HomeView): Promise<void> => {
      hash = await publishHome(deps, userId, view, hash);
    };
    const view = readHome(deps, userId, page).then(
      (data) => homeView({ ...data, ...(it.notice === undefined ? {} : { notice: it.notice }) }, words),
      (error: unknown) => {
        log.error({ reason: reasonOf(error) }, 'a home could not be read');
        return failedHome(words);
      },
    );
    if (it.first) {
      const late = await Promise.race([
        view.then(() => false),
        clock.sleep(SOON_MS, stop.signal).then(
          () => true,
          () => false,
        ),
      ]);
      if (late) await send(loadingHome(words));
    }
    const ready = await view;
    try {
      await send(ready);
    } catch (error) {
      // Somebody else has drawn it since; what a button did has to be seen all the same.
      if (!/hash_conflict/.test(reasonOf(error)) || it.passive) throw error;
      hash = undefined;
      await send(ready);
    }
    if (drawn.size > 10_000) drawn.clear();
    drawn.set(userId, { at: clock.now(), page: Number(ready.private_metadata ?? 0) });
  }

  const refresh: Home['refresh'] = (userId, notice) => draw(userId, notice === undefined ? {} : { notice });

  bolt.event('app_home_opened', async ({ event }) => {
    if (event.tab !== 'home') return;
    const { hash, private_metadata: page } = (event.view ?? {}) as { hash?: string; private_metadata?: string };
    draw(event.user, {
      passive: true,
      first: event.view === undefined,
      ...(hash === undefined ? {} : { hash }),
      ...(page ? { page: Number.parseInt(page, 10) || 0 } : {}),
    });
  });

  bolt.action({ type: 'block_actions', action_id: /^docent\.home-(more|earlier|refresh)$/ }, async ({ ack, body, payload }) => {
    await ack();
    const page = 'value' in payload ? Number.parseInt(String(payload.value), 10) : Number.NaN;
    draw(body.user.id, Number.isSafeInteger(page) ? { page } : {});
  });

  // A link: Slack opens it, and wants to hear that it was heard.
  bolt.action({ type: 'block_actions', action_id: 'docent.home-console' }, async ({ ack }) => ack());

  for (const action of ['sync', 'pause', 'resume', 'remove'] as const satisfies SourceAction[])
    bolt.action({ type: 'block_actions', action_id: `docent.home-${action}` }, async ({ ack, body, payload }) => {
      await ack();
      const words = await wordsOf(deps, body.user.id);
      const id = 'value' in payload && typeof payload.value === 'string' ? payload.value : '';
      const { text, sourceId } = await actOnSource(deps, body.user.id, action, id, words);
      refresh(body.user.id, text);
      if (action === 'sync' && sourceId !== undefined) follow(body.user.id, sourceId);
    });

  /** Draws the home anew while a source is read: whoever pressed the button looks at it. */
  function follow(userId: string, sourceId: string): void {
    const key = `${userId} ${sourceId}`;
    if (following.has(key)) return;
    following.add(key);
    const work = async (): Promise<void> => {
      const until = clock.now() + FOLLOW.mostMs;
      for (let syncing = true; syncing && clock.now() < until;) {
        await clock.sleep(FOLLOW.everyMs, stop.signal);
        syncing = (await app.showSource(sourceId))?.syncing ?? false;
        refresh(userId);
      }
    };
    background(
      work()
        .catch((error: unknown) => {
          if (!stop.signal.aborted) throw error;
        })
        .finally(() => following.delete(key)),
      'a sync could not be followed',
    );
  }

  bolt.action({ type: 'block_actions', action_id: 'docent.home-ask' }, async ({ ack, body }) => {
    await ack();
    await openView(deps, body.trigger_id, askModal(await wordsSoon(deps, body.user.id))).catch((error: unknown) =>
      log.warn({ reason: reasonOf(error) }, 'the modal for a question could not be opened'),
    );
  });

  bolt.view({ type: 'view_submission', callback_id: 'docent.ask' }, async ({ ack, body, view }) => {
    const person = body.user.id;
    const refuse = (question: string): Promise<void> => ack({ response_action: 'errors', errors: { question } });
    const text = (view.state.values['question']?.['docent.ask-question']?.value ?? '').trim();
    if (text === '') return refuse((await wordsSoon(deps, person)).say('askEmpty'));
    const asking = deps.ask({ person, text, use: view.id });
    const ended = await inTime(asking);
    const limited = (error: unknown): boolean => limitSaid(error, 'en') !== undefined;
    // What could not be recorded stays in the modal, to be sent again.
    if (ended.is === 'failed' && !limited(ended.error)) return refuse(sayError(deps, ended.error, await wordsSoon(deps, person)));
    await ack();
    const words = await wordsOf(deps, person);
    await asking.then(
      () => refresh(person, words.say('askSent')),
      (error: unknown) => refresh(person, limitSaid(error, words.language) ?? sayError(deps, error, words)),
    );
  });

  bolt.action({ type: 'block_actions', action_id: 'docent.home-doctor' }, async ({ ack, body }) => {
    await ack();
    const words = await wordsSoon(deps, body.user.id);
    const shown = (blocks: KnownBlock[]): ModalView =>
      modal({ callback: 'docent.doctor', title: words.say('doctorTitle'), close: words.say('close'), blocks });
    try {
      const id = await openView(deps, body.trigger_id, shown([section(words.say('examining'))]));
      if (!(await adminNow(deps, body.user.id)))
        return void (await updateView(deps, id, noticeModal(words.say('doctorTitle'), words.say('adminsOnly'), words)));
      const findings = await app.doctor(AbortSignal.any([stop.signal, AbortSignal.timeout(DOCTOR_MS)]));
      await updateView(deps, id, shown(doctorBlocks(findings, words).slice(1)));
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'the findings could not be shown');
    }
  });

  registerAutomatic(bolt, deps, refresh);

  const settled = async (): Promise<void> => {
    while (works.size > 0) await Promise.all(works);
  };
  return {
    refresh,
    settled,
    async close() {
      stop.abort();
      await within(CLOSING_MS, settled()).catch(() => undefined);
    },
  };
}

const askModal = (words: AdminWords): ModalView =>
  modal({
    callback: 'docent.ask',
    title: words.say('askTitle'),
    submit: words.say('askSend'),
    close: words.say('cancel'),
    blocks: [
      {
        type: 'input',
        block_id: 'question',
        label: plainText(words.say('askField'), 150),
        element: {
          type: 'plain_text_input',
          action_id: 'docent.ask-question',
          multiline: true,
          max_length: LONGEST_QUESTION,
          focus_on_load: true,
        },
      },
      small(words.say('askHint')),
    ],
  });
