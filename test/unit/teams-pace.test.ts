/** What goes first when Teams takes no more calls: what people wait for. */
import { describe, expect, test } from 'vitest';
import { createPace, type Urgency } from '../../bots/teams/pace.ts';
import { systemClock } from '../../src/clock.ts';

/** Makes each call in a conversation of its own, so that only what Teams takes of the whole app holds them up. */
function recorder() {
  const pace = createPace(systemClock);
  const order: string[] = [];
  let nth = 0;
  return {
    order,
    pace,
    call: (name: string, urgency: Urgency): Promise<void> => pace.run(`chat ${nth++}`, urgency, async () => void order.push(name)),
  };
}

describe('when all calls of a second are used', () => {
  test('first signs go before answers, and answers before their buttons and welcomes, however late they come', async () => {
    const { call, order } = recorder();
    await Promise.all(Array.from({ length: 49 }, () => call('used', 'first')));
    const rest = [call('buttons', 'last'), call('answer', 'next'), call('sign', 'first')];
    await Promise.all(rest);
    expect(order.slice(49)).toEqual(['sign', 'answer', 'buttons']);
  });

  test('what nobody waits for leaves calls to what comes', async () => {
    const { call, order } = recorder();
    const welcomes = Array.from({ length: 60 }, () => call('welcome', 'last'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(order.length).toBeLessThan(31);
    const from = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => call('answer', 'next')));
    // The window is a second long: nothing waited for the next.
    expect(performance.now() - from).toBeLessThan(800);
    await Promise.all(welcomes);
    expect(order.filter((one) => one === 'welcome')).toHaveLength(60);
  });

  test('in one conversation, too', async () => {
    const { pace, order } = recorder();
    const call = (name: string, urgency: Urgency): Promise<void> => pace.run('chat', urgency, async () => void order.push(name));
    await Promise.all(Array.from({ length: 7 }, () => call('used', 'first')));
    await Promise.all([call('buttons', 'last'), call('answer', 'next')]);
    expect(order.slice(7)).toEqual(['answer', 'buttons']);
  });
});
