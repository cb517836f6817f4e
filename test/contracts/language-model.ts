/** What every language model driver does, whatever it talks to. Run over each driver by language-model.test.ts. */
import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import type { ChatEvent, ChatRequest, LanguageModel } from '../../src/models/language-model.ts';
import type { Clock } from '../../src/types.ts';

/** How the model behind the driver is to behave in one test. */
export type Behaviour =
  | { kind: 'answers'; pieces: string[]; delayMs?: number }
  | { kind: 'breaks-off'; pieces: string[]; after: number }
  | { kind: 'stands-still'; pieces: string[]; after: number }
  | { kind: 'never-answers' }
  | { kind: 'fails-first'; times: number; text: string }
  | { kind: 'refuses-key' }
  | { kind: 'rate-limits' };

export interface ModelUnderTest {
  model: LanguageModel;
  /** Calls that reached the model. */
  calls(): number;
  /** Whether the model noticed that nobody listens any more. */
  hungUp(): boolean;
  close(): Promise<void>;
}

const PROMPT = 'The secret question about the blue elephant of Fribourg';
const REQUEST: ChatRequest = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: PROMPT },
  ],
  maxTokens: 100,
  purpose: 'answer',
};

/** Does not wait, and remembers for how long it would have. */
export function impatientClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.now(),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
    },
  };
}

/** The events of a call, and the error at its end if there was one. */
export async function listen(events: AsyncIterable<ChatEvent>): Promise<{ text: string; events: ChatEvent[]; error?: unknown }> {
  const seen: ChatEvent[] = [];
  const textOf = (): string => seen.map((event) => (event.type === 'text' ? event.text : '')).join('');
  try {
    for await (const event of events) seen.push(event);
    return { text: textOf(), events: seen };
  } catch (error) {
    return { text: textOf(), events: seen, error };
  }
}

export function languageModelContract(driver: string, start: (behaviour: Behaviour) => Promise<ModelUnderTest>): void {
  describe(`language model: ${driver}`, () => {
    let under: ModelUnderTest;
    const never = new AbortController().signal;
    afterEach(() => under?.close());

    test('gives the text as it comes, then usage once, last', async () => {
      under = await start({ kind: 'answers', pieces: ['Leave ', 'is 25 ', 'days.'], delayMs: 5 });
      const { events, text } = await listen(under.model.chat(REQUEST, never));
      expect(text).toBe('Leave is 25 days.');
      expect(events.filter((event) => event.type === 'text').length).toBeGreaterThan(1);
      expect(events.filter((event) => event.type === 'usage')).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({
        type: 'usage',
        usage: { promptTokens: expect.any(Number), completionTokens: expect.any(Number) },
      });
    });

    test('a passing failure before the first word is not noticed', async () => {
      under = await start({ kind: 'fails-first', times: 2, text: 'Here you are.' });
      expect((await listen(under.model.chat(REQUEST, never))).text).toBe('Here you are.');
      expect(under.calls()).toBe(3);
    });

    test('after a word was given out nothing is repeated: the text so far, then model.*', async () => {
      under = await start({ kind: 'breaks-off', pieces: ['One. ', 'Two. ', 'Three.'], after: 2 });
      const { text, error } = await listen(under.model.chat(REQUEST, never));
      expect(text).toBe('One. Two. ');
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).code).toMatch(/^model\.(failed|unreachable)$/);
      expect(under.calls()).toBe(1);
    });

    test('a model that never answers ends in model.timeout', async () => {
      under = await start({ kind: 'never-answers' });
      expect((await listen(under.model.chat(REQUEST, never))).error).toMatchObject({ code: 'model.timeout', retryable: true });
    });

    test('a model that stands still midway ends in model.timeout, after the text so far', async () => {
      under = await start({ kind: 'stands-still', pieces: ['One. ', 'Two.'], after: 1 });
      const { text, error } = await listen(under.model.chat(REQUEST, never));
      expect(text).toBe('One. ');
      expect(error).toMatchObject({ code: 'model.timeout' });
    });

    test('a refused key is not tried again, and the message says how to mend it', async () => {
      under = await start({ kind: 'refuses-key' });
      const { error } = await listen(under.model.chat(REQUEST, never));
      expect(error).toMatchObject({ code: 'model.rejected', retryable: false, publicMessage: expect.stringMatching(/key/i) });
      expect(under.calls()).toBe(1);
    });

    test('a rate limit that stays ends in model.rate_limited', async () => {
      under = await start({ kind: 'rate-limits' });
      expect((await listen(under.model.chat(REQUEST, never))).error).toMatchObject({ code: 'model.rate_limited', retryable: true });
    });

    test('cancelled: it throws the reason at once and hangs up', async () => {
      under = await start({ kind: 'answers', pieces: Array.from({ length: 200 }, () => 'word '), delayMs: 20 });
      const stop = new AbortController();
      const reason = new Error('the person closed the window');
      const begun = performance.now();
      let error: unknown;
      try {
        for await (const event of under.model.chat(REQUEST, stop.signal)) if (event.type === 'text') stop.abort(reason);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBe(reason);
      expect(performance.now() - begun).toBeLessThan(1500);
      await expect.poll(() => under.hungUp()).toBe(true);
    });

    test('a reader who stops listening hangs up', async () => {
      under = await start({ kind: 'answers', pieces: Array.from({ length: 200 }, () => 'word '), delayMs: 20 });
      for await (const event of under.model.chat(REQUEST, never)) if (event.type === 'text') break;
      await expect.poll(() => under.hungUp()).toBe(true);
    });

    test('cancelled before it begins: the model is not asked', async () => {
      under = await start({ kind: 'answers', pieces: ['x'] });
      const reason = new Error('gone');
      expect((await listen(under.model.chat(REQUEST, AbortSignal.abort(reason)))).error).toBe(reason);
      expect(under.calls()).toBe(0);
    });

    test('no error holds the prompt', async () => {
      for (const behaviour of [{ kind: 'refuses-key' }, { kind: 'rate-limits' }, { kind: 'never-answers' }] as const) {
        under = await start(behaviour);
        const { error } = await listen(under.model.chat(REQUEST, never));
        expect(everythingIn(error)).not.toContain('elephant');
        await under.close();
      }
    });

    test('counts tokens: none in nothing, more in more', async () => {
      under = await start({ kind: 'answers', pieces: ['x'] });
      expect(under.model.countTokens('')).toBe(0);
      expect(under.model.countTokens('A sentence of some words.')).toBeGreaterThan(under.model.countTokens('A sentence'));
    });
  });
}

/** Every text that a log could print of an error: message, public message, stack, fields, causes. */
export function everythingIn(error: unknown): string {
  const parts: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    parts.push(current.message, current.stack ?? '', JSON.stringify({ ...current }));
  }
  return parts.join('\n');
}
