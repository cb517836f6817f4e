import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { answerProblems } from './teams-activities.ts';
import { guid } from './teams-state.ts';
import type { World } from './teams-state.ts';

export interface Attempt {
  at: number;
  /** undefined: no answer. */
  status: number | undefined;
  body: unknown;
  ms: number;
  fault: 'time' | 'connection' | undefined;
  headers: Record<string, string>;
}

/** One activity that was sent to the bot, and how it was answered. */
export interface Delivery {
  id: string;
  type: string;
  name: string | undefined;
  activity: Fields;
  attempts: Attempt[];
  acknowledged: boolean;
  /** Ends when it was acknowledged, or when the last attempt was not. */
  done: Promise<void>;
}

export interface DeliveryChoice {
  /** The token that goes with it, as it stands; null for none. */
  token?: string | null;
  /** How often the same activity is sent again at once, as Teams does when it believes that it got lost. */
  redeliver?: number;
  /** Other bytes in the place of the activity's. */
  rawBody?: string;
}

export interface Answered {
  status: number | undefined;
  body: unknown;
  ms: number;
  headers: Record<string, string>;
  activity: Fields;
  delivery: Delivery;
  /** The answers to the same activity sent again. */
  again: Attempt[];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Posts activities to the bot, and again as Teams does when they are not answered in time. */
export function deliverer(world: World, mint: () => Promise<string>) {
  const deliveries: Delivery[] = [];
  const ended = new AbortController();
  const self = { url: undefined as string | undefined, deliveries, send, close: () => ended.abort() };

  async function tryOnce(delivery: Delivery, choice: DeliveryChoice): Promise<Attempt> {
    if (self.url === undefined) throw new Error('fake Teams: nobody said where to deliver; use deliverTo(address)');
    const token = choice.token === undefined ? (world.anonymous ? null : await mint()) : choice.token;
    const began = performance.now();
    const attempt: Attempt = { at: Date.now(), status: undefined, body: undefined, ms: 0, fault: undefined, headers: {} };
    delivery.attempts.push(attempt);
    try {
      const response = await fetch(self.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)',
          'x-ms-conversation-id': String(isObject(delivery.activity.conversation) ? delivery.activity.conversation.id : ''),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: choice.rawBody ?? JSON.stringify(delivery.activity),
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(world.times.ackMs), ended.signal]),
      });
      const body = parsed(await response.text());
      Object.assign(attempt, { status: response.status, body, headers: Object.fromEntries(response.headers) });
      if (response.ok) delivery.acknowledged = true;
    } catch (error) {
      attempt.fault = error instanceof DOMException && error.name === 'TimeoutError' ? 'time' : 'connection';
    }
    attempt.ms = performance.now() - began;
    return attempt;
  }

  const failed = ({ status }: Attempt): boolean => status === undefined || status >= 500 || status === 429 || status === 408;

  /** Sends an activity; answers after the first attempt, and goes on trying behind. */
  async function send(activity: Fields, choice: DeliveryChoice = {}): Promise<Answered> {
    const name = typeof activity.name === 'string' ? activity.name : undefined;
    const delivery: Delivery = {
      id: guid(),
      type: String(activity.type),
      name,
      activity,
      attempts: [],
      acknowledged: false,
      done: Promise.resolve(),
    };
    deliveries.push(delivery);
    const [first, ...again] = await Promise.all(Array.from({ length: 1 + (choice.redeliver ?? 0) }, () => tryOnce(delivery, choice)));
    if (!first) throw new Error('fake Teams: nothing was sent');
    if (delivery.type === 'invoke' && first.status === 200)
      for (const problem of answerProblems(name ?? '', first.body)) world.complaints.push(`answer to ${name}: ${problem}`);
    const retry = async (): Promise<void> => {
      let last = first;
      // A person sees at once that a press failed; only what is no invoke comes again.
      for (const wait of delivery.type === 'invoke' ? [] : world.times.retryAfterMs) {
        if (!failed(last) || ended.signal.aborted) return;
        await sleep(wait, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
        if (ended.signal.aborted) return;
        last = await tryOnce(delivery, choice);
      }
    };
    delivery.done = retry();
    return { ...first, activity, delivery, again };
  }

  return self;
}

export type Deliverer = ReturnType<typeof deliverer>;
