/** A press is answered within what Teams waits for; what takes longer is shown where the pressed card stands, once it is done. */
import { AppError, reasonOf } from '../../src/errors.ts';
import type { Clock, Log } from '../../src/types.ts';
import { sayError } from '../admin-rights.ts';
import type { AdminWords } from '../admin-words.ts';
import type { Given } from '../source-form.ts';
import type { Card, TeamsMessage, Where } from './activity.ts';
import { notice } from './admin-parts.ts';
import { cardMessage } from './card-parts.ts';

/** Teams waits five seconds for an invoke; what is on its way takes some. */
const PATIENCE_MS = 2500;
/** A card that was given as an answer is on the screen by then: an edit before it would be covered by it. */
const SETTLED_MS = 1500;
const TRIES = 4;
const AGAIN_MS = 3000;

/** A message of Docent's that stands in a personal chat. */
export interface Standing {
  where: Where;
  id: string;
}

/** One press, as its handler sees it. */
export interface Turn {
  person: string;
  words: AdminWords;
  /** Of a draft, a source, an answer or a channel; '' where the button has none. */
  id: string;
  /** What was filled in, and other ids. */
  given: Given;
  /** Where the pressed card stands, where that is known. */
  at: Standing | undefined;
  /** The card that stands there while it takes longer. */
  meanwhile(card: Card): void;
  /** Shows how far it is, once it takes longer. */
  tell(card: Card): void;
  /** What comes now stays in the chat, for whoever opens it again. */
  lasting(): void;
}

export interface TurnDeps {
  say(person: string, message: TeamsMessage): Promise<Standing>;
  edit(at: Standing, message: TeamsMessage): Promise<void>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Keeps work until it is done; it never throws. */
  background(work: Promise<void>, what: string): void;
}

type Answering = Omit<Turn, 'meanwhile' | 'tell' | 'lasting'>;

/**
 * @param handle undefined: what stands there stays
 * @returns the card that takes the pressed one's place
 */
export async function answerPress(from: Answering, handle: (turn: Turn) => Promise<Card | undefined>, deps: TurnDeps): Promise<Card> {
  const { clock, log, signal } = deps;
  const { person, words } = from;
  let now = notice(undefined, [words.say('loading')]);
  let late = false;
  let lasts = false;
  let shown = Promise.resolve();

  const put = async (card: Card, tries: number): Promise<void> => {
    const message = cardMessage(card, 'Docent');
    for (let n = 1; ; n++) {
      try {
        await (from.at ? deps.edit(from.at, message) : deps.say(person, message));
        return;
      } catch (error) {
        log.info({ reason: reasonOf(error), try: n }, 'a card could not be shown');
        if (n >= tries || !(error instanceof AppError && error.retryable)) return;
        await clock.sleep(AGAIN_MS * 2 ** (n - 1), signal);
      }
    }
  };
  const turn: Turn = {
    ...from,
    meanwhile: (card) => (now = card),
    tell(card) {
      now = card;
      // Without a place to edit, only the end is worth a message of its own.
      if (late && from.at) shown = shown.then(() => put(card, 1)).catch(() => undefined);
    },
    lasting: () => (lasts = true),
  };
  const work = handle(turn).catch((error: unknown) => notice(undefined, [sayError(deps, error, words)]));
  const timer = new AbortController();
  const waited = clock.sleep(PATIENCE_MS, timer.signal).then(
    () => true,
    () => false,
  );
  late = await Promise.race([work.then(() => false), waited]);
  timer.abort();
  if (!late) {
    const card = await work;
    if (card && lasts && from.at) deps.background(put(card, TRIES), 'a card could not be kept');
    return card ?? now;
  }
  const finish = async (): Promise<void> => {
    const settled = clock.sleep(SETTLED_MS, signal).catch(() => undefined);
    const card = await work;
    await settled;
    await shown;
    if (card) await put(card, TRIES);
  };
  deps.background(finish(), 'what a press came to could not be shown');
  return now;
}
