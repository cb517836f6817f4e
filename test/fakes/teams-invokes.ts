import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { actionsOf, cardType, inputsIn } from './teams-cards.ts';
import type { Answered, Deliverer, DeliveryChoice } from './teams-deliver.ts';
import { envelope } from './teams-push.ts';
import { findMessage, guid, nextId } from './teams-state.ts';
import type { Chat, Message, Person, World } from './teams-state.ts';

export interface Press extends DeliveryChoice {
  from: Person;
  chat: Chat;
  message: Message | string;
  verb: string;
  /** Which of several actions with this verb: its data has these. */
  data?: Fields;
  /** What was typed and chosen, by the inputs' ids. */
  inputs?: Record<string, string>;
  /** Sends what no card offers. */
  forged?: boolean;
}

export interface Query extends DeliveryChoice {
  from: Person;
  /** Where the person writes; their own chat with the bot unless told. The bot need not be in it. */
  chat?: Chat;
  text?: string;
  initialRun?: boolean;
  skip?: number;
  count?: number;
  commandId?: string;
  parameter?: string;
}

/** The card that a message has, or undefined. */
export function cardIn(activity: Fields): Fields | undefined {
  const attachments = Array.isArray(activity.attachments) ? activity.attachments.filter(isObject) : [];
  const held = attachments.find((one) => one.contentType === cardType)?.content;
  return isObject(held) ? held : undefined;
}

/** A message that is nothing but buttons: those under the answer above it. */
export function isButtons(activity: Fields): boolean {
  const card = activity.text === undefined ? cardIn(activity) : undefined;
  return card !== undefined && Array.isArray(card.body) && card.body.every((one) => isObject(one) && one.type === 'ActionSet');
}

const has = (data: unknown, wanted: Fields): boolean =>
  isObject(data) && Object.entries(wanted).every(([name, value]) => JSON.stringify(data[name]) === JSON.stringify(value));

/** What people press and type in cards and in the search box, each an invoke. */
export function invoker(world: World, out: Deliverer) {
  const messageOf = (chat: Chat, message: Message | string): Message => {
    const held = typeof message === 'string' ? findMessage(world, chat.id, message) : message;
    if (!held || held.deletedAt !== undefined) throw new Error('fake Teams: the message does not stand');
    return held;
  };

  /** The message itself, or the buttons under it. */
  function withCard(message: Message): Message {
    if (cardIn(message.activity)) return message;
    const all = world.messages.get(message.chat) ?? [];
    const below = all.slice(all.indexOf(message) + 1).filter((one) => one.own && one.rootId === message.rootId && !one.deletedAt);
    const { summary } = message.activity;
    return below.find((one) => isButtons(one.activity) && (summary === undefined || one.activity.summary === summary)) ?? message;
  }

  function invoke(from: Person, chat: Chat, name: string, value: Fields, held?: Message): Fields {
    const base = envelope(world, from, chat, held && (held.rootId ?? held.id));
    const { locale: _, ...rest } = base;
    return { type: 'invoke', id: `f:${guid()}`, name, ...rest, value, ...(held ? { replyToId: held.id } : {}) };
  }

  /** What a person sees as the message's card: what an invoke last answered them, or the message's own. */
  function shownCard(from: Person, message: Message): Fields | undefined {
    const held = withCard(message);
    return world.shownCards.get(`${from.id} ${held.id}`) ?? cardIn(held.activity);
  }

  /** The data that goes with a press: the action's own, with what was put in. */
  function pressed(press: Press, held: Message): Fields {
    const card = shownCard(press.from, held);
    if (press.forged) return { ...press.data, ...press.inputs };
    const found = actionsOf(card).filter((one) => one.verb === press.verb && has(one.data ?? {}, press.data ?? {}));
    if (found.length === 0)
      throw new Error(
        `fake Teams: nothing with the verb ${press.verb} can be pressed there; there are: ${actionsOf(card)
          .map((one) => String(one.verb))
          .join(', ')}`,
      );
    if (found.length > 1) throw new Error(`fake Teams: ${found.length} buttons have the verb ${press.verb}; say which by its data`);
    const inputs = found[0]?.associatedInputs === 'none' ? [] : inputsIn(card);
    const values = Object.fromEntries(inputs.flatMap((one) => (one.value === undefined ? [] : [[String(one.id), String(one.value)]])));
    for (const name of Object.keys(press.inputs ?? {}))
      if (!inputs.some((one) => one.id === name)) throw new Error(`fake Teams: the card has no input ${name}`);
    const given: Record<string, string> = { ...values, ...press.inputs };
    for (const one of inputs)
      if (one.isRequired === true && !given[String(one.id)]) throw new Error(`fake Teams: the input ${String(one.id)} is required`);
    return { ...(isObject(found[0]?.data) ? found[0].data : {}), ...given };
  }

  async function press(given: Press): Promise<Answered> {
    const above = messageOf(given.chat, given.message);
    // Whoever reads an answer presses once there is something to press.
    for (const ends = Date.now() + 5_000; !cardIn(withCard(above).activity) && !given.forged && Date.now() < ends;) await sleep(5);
    const held = withCard(above);
    const action = { type: 'Action.Execute', id: '', title: '', verb: given.verb, data: pressed(given, held) };
    const answer = await out.send(invoke(given.from, given.chat, 'adaptiveCard/action', { action, trigger: 'manual' }, held), given);
    if (answer.status === 200 && isObject(answer.body) && answer.body.type === cardType && isObject(answer.body.value))
      world.shownCards.set(`${given.from.id} ${held.id}`, answer.body.value);
    return answer;
  }

  async function feedback(
    given: DeliveryChoice & {
      from: Person;
      chat: Chat;
      message: Message | string;
      reaction: 'like' | 'dislike';
      text?: string;
      forged?: boolean;
    },
  ): Promise<Answered> {
    const held = messageOf(given.chat, given.message);
    const { channelData } = held.activity;
    const offered = isObject(channelData) && (isObject(channelData.feedbackLoop) || channelData.feedbackLoopEnabled === true);
    if (!offered && !given.forged) throw new Error('fake Teams: the message has no thumbs');
    const actionValue = { reaction: given.reaction, feedback: JSON.stringify({ feedbackText: given.text ?? '' }) };
    return out.send(invoke(given.from, given.chat, 'message/submitAction', { actionName: 'feedback', actionValue }, held), given);
  }

  /** The chat of an invoke that belongs to none: the person's own with the bot. */
  function ownChat(from: Person): Chat {
    const held = [...world.chats.values()].find((one) => one.kind === 'personal' && one.members.has(from.id));
    if (!held) throw new Error(`fake Teams: ${from.name} has no chat with the bot; make one with personalChat`);
    return held;
  }

  function compose(from: Person, chat: Chat | undefined, name: string, value: Fields): Fields {
    const where = chat ?? ownChat(from);
    const activity = invoke(from, where, name, value);
    const isThread = where.kind === 'channel' ? nextId(world) : undefined;
    return {
      ...activity,
      ...(isThread ? envelope(world, from, where, isThread) : {}),
      channelData: { ...(activity.channelData as Fields), source: { name: 'compose' } },
    };
  }

  async function query(given: Query): Promise<Answered> {
    const { commandId = 'search', parameter = 'query', skip = 0, count = 25 } = given;
    const parameters = given.initialRun ? [{ name: 'initialRun', value: 'true' }] : [{ name: parameter, value: given.text ?? '' }];
    const value = { commandId, parameters, queryOptions: { skip, count } };
    return out.send(compose(given.from, given.chat, 'composeExtension/query', value), given);
  }

  async function select(given: DeliveryChoice & { from: Person; chat?: Chat; value: Fields }): Promise<Answered> {
    return out.send(compose(given.from, given.chat, 'composeExtension/selectItem', given.value), given);
  }

  /** The person presses Stop: Teams tells the bot nothing, and takes no more of the stream. */
  function stop(message: Message): void {
    if (message.streaming !== 'open') throw new Error(`fake Teams: nothing to stop, the stream is ${message.streaming}`);
    message.streaming = 'stopped by user';
  }

  return { press, feedback, query, select, stop, shownCard };
}
