import { randomUUID } from 'node:crypto';
import { acted, held, isFilled } from './slack-choices.ts';
import type { Choice } from './slack-choices.ts';
import type { Deliverer, Delivery, Forgery } from './slack-deliver.ts';
import { answerThrough } from './slack-response-urls.ts';
import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { findMessage, messageObject } from './slack-messages.ts';
import { nextTs, Refusal } from './slack-state.ts';
import type { Channel, Ephemeral, Message, StoredView, World } from './slack-state.ts';
import { closeView, newTrigger, openModals, placeView, replaceView, usable } from './slack-views.ts';

export interface Used extends Forgery {
  user: string;
  actionId: string;
  /** Which one, where several have the same action_id. */
  blockId?: string;
  value?: string;
  choose?: Choice;
}

export interface Interaction {
  delivery: Delivery;
  triggerId: string;
  responseUrl: string | undefined;
  /** What a submission was refused with, by block_id. */
  errors: Record<string, string> | undefined;
}

const fail = (words: string): never => {
  throw new Error(`fake Slack: ${words}`);
};

/** What people press, choose and send, and the payloads that Slack makes of it. */
export function interactor(
  world: World,
  deliverer: Deliverer,
  declared: { commands?: string[]; shortcuts?: string[] },
  reachable: () => boolean,
) {
  function base(type: string, user: string, triggerId: string): Fields {
    const person = world.people.get(user) ?? fail(`there is no person ${user}`);
    return {
      type,
      team: { id: world.team.id, domain: world.team.domain },
      user: { id: person.id, username: person.name, name: person.name, team_id: person.team },
      api_app_id: world.app.id,
      token: 'verification-token',
      trigger_id: triggerId,
      enterprise: null,
      is_enterprise_install: false,
    };
  }

  function responseUrl(user: string, channel: string, at?: Message | Ephemeral): string {
    const id = randomUUID();
    const isEphemeral = at !== undefined && 'id' in at;
    world.responseUrls.set(id, {
      id,
      channel,
      user,
      threadTs: at?.threadTs,
      messageTs: at && !isEphemeral ? at.ts : undefined,
      ephemeralId: isEphemeral ? at.id : undefined,
      at: Date.now(),
      uses: 0,
    });
    return `${world.origin}/response/${id}`;
  }

  const named = (channel: Channel): Fields => ({
    id: channel.id,
    name: channel.kind === 'im' ? 'directmessage' : channel.kind === 'private' ? 'privategroup' : channel.name,
  });

  async function sent(kind: 'interactive' | 'command', type: string, body: Fields, how: Forgery): Promise<Delivery> {
    if (!reachable()) fail(`${type} is not sent, there is neither a request URL nor a Socket Mode connection`);
    const { signature, skewS, rawBody } = how;
    const choice = {
      ...(signature ? { signature } : {}),
      ...(skewS === undefined ? {} : { skewS }),
      ...(rawBody === undefined ? {} : { rawBody }),
    };
    const delivery = deliverer.send(kind, type, body, choice);
    await delivery.tried;
    return delivery;
  }

  function find(blocks: unknown, used: Used, where: string): { element: Fields; block: Fields } {
    const all = usable(blocks).filter(
      ({ element, block }) =>
        element.action_id === used.actionId &&
        (used.blockId === undefined || block.block_id === used.blockId) &&
        (used.value === undefined || element.value === used.value),
    );
    if (all.length > 1) fail(`${all.length} elements ${used.actionId} stand in ${where}: say which by blockId or value`);
    const found = all[0] ?? fail(`no element ${used.actionId} stands in ${where}`);
    const seenBy = found.element.visible_to_user_ids;
    if (Array.isArray(seenBy) && !seenBy.includes(used.user)) fail(`${used.user} does not see ${used.actionId}`);
    return found;
  }

  const values = (blocks: unknown, given: (element: Fields, block: Fields) => Choice): Fields => {
    const made: Record<string, Fields> = {};
    const stateless = new Set(['button', 'icon_button', 'feedback_buttons', 'overflow', 'workflow_button']);
    for (const { element, block } of usable(blocks)) {
      if (stateless.has(String(element.type))) continue;
      const id = String(block.block_id);
      made[id] = { ...made[id], [String(element.action_id)]: held(element, given(element, block)) };
    }
    return made;
  };

  const top = (user: string, viewId?: string): StoredView => {
    const open = openModals(world, user);
    const view = viewId === undefined ? open.at(-1) : open.find((one) => one.id === viewId);
    return view ?? fail(`${user} has no such modal open`);
  };

  /** What Slack does with the answer to a submission. */
  function settle(view: StoredView, delivery: Delivery): Record<string, string> | undefined {
    if (!delivery.acknowledged) return undefined;
    const answer = delivery.answer;
    if (answer === undefined || answer === '' || (isObject(answer) && Object.keys(answer).length === 0)) return void closeView(world, view);
    const action = isObject(answer) ? answer.response_action : undefined;
    try {
      if (isObject(answer) && action === 'errors' && isObject(answer.errors)) {
        const inputs = new Set(usable(view.view.blocks).map(({ block }) => block.block_id));
        const strange = Object.keys(answer.errors).filter((id) => !inputs.has(id));
        if (strange.length > 0) world.complaints.push(`view_submission: errors for ${strange.join(', ')}, which are no input blocks`);
        return answer.errors as Record<string, string>;
      }
      if (isObject(answer) && action === 'update') return void replaceView(world, view, answer.view);
      if (isObject(answer) && action === 'push') return void placeView(world, view.user, answer.view, view);
      if (action === 'clear') return void closeView(world, view, true);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      world.complaints.push(`view_submission: ${error.code} ${JSON.stringify(error.extra)}`);
      return undefined;
    }
    world.complaints.push(`view_submission: answered ${JSON.stringify(answer).slice(0, 200)}`);
    return undefined;
  }

  return {
    /** A person uses an element of a message (or of an ephemeral one); it must stand there. */
    async action(used: Used & { channel: string; ts: string }): Promise<Interaction> {
      const ephemeral = world.ephemerals.find((one) => one.ts === used.ts && one.user === used.user && one.deletedAt === undefined);
      const at = ephemeral ?? findMessage(world, used.channel, used.ts) ?? fail(`no message ${used.ts} stands in ${used.channel}`);
      const channel = world.channels.get(used.channel) ?? fail(`there is no channel ${used.channel}`);
      if (!channel.members.has(used.user)) fail(`${used.user} is not in ${channel.id}`);
      const { element, block } = find(at.blocks, used, `message ${used.ts}`);
      const triggerId = newTrigger(world, used.user);
      const url = responseUrl(used.user, channel.id, at);
      const thread = at.threadTs === undefined ? {} : { thread_ts: at.threadTs };
      const body = {
        ...base('block_actions', used.user, triggerId),
        container: { type: 'message', message_ts: used.ts, channel_id: channel.id, is_ephemeral: ephemeral !== undefined, ...thread },
        channel: named(channel),
        ...('streaming' in at ? { message: messageObject(world, at, true) } : {}),
        state: { values: values(at.blocks, (one) => (one === element ? used.choose : undefined)) },
        response_url: url,
        actions: [acted(element, block, used.choose, nextTs(world))],
      };
      const delivery = await sent('interactive', 'block_actions', body, used);
      return { delivery, triggerId, responseUrl: url, errors: undefined };
    },

    /** A person uses an element of a modal or of the home tab. `typed`: what stands in the other inputs, by action_id. */
    async viewAction(used: Used & { viewId?: string; home?: boolean; typed?: Record<string, Choice> }): Promise<Interaction> {
      const view = used.home ? (world.homes.get(used.user) ?? fail(`no home is published for ${used.user}`)) : top(used.user, used.viewId);
      const { element, block } = find(view.view.blocks, used, `view ${view.id}`);
      if (block.type === 'input' && block.dispatch_action !== true)
        fail(`${used.actionId} stands in an input block without dispatch_action`);
      const triggerId = newTrigger(world, used.user, view.id);
      const state = { values: values(view.view.blocks, (one) => (one === element ? used.choose : used.typed?.[String(one.action_id)])) };
      const body = {
        ...base('block_actions', used.user, triggerId),
        container: { type: 'view', view_id: view.id },
        view: { ...view.view, state },
        actions: [acted(element, block, used.choose, nextTs(world))],
      };
      const delivery = await sent('interactive', 'block_actions', body, used);
      return { delivery, triggerId, responseUrl: undefined, errors: undefined };
    },

    /** A person submits a modal (the one on top unless told): `values` by action_id or block_id. */
    async viewSubmission(given: Forgery & { user: string; viewId?: string; values?: Record<string, Choice> }): Promise<Interaction> {
      const view = top(given.user, given.viewId);
      if (view.view.submit === null) fail(`view ${view.id} has no submit button`);
      const wanted = given.values ?? {};
      const inputs = usable(view.view.blocks);
      for (const name of Object.keys(wanted))
        if (!inputs.some(({ element, block }) => element.action_id === name || block.block_id === name))
          fail(`view ${view.id} has no input ${name}`);
      const chosen = values(view.view.blocks, (element, block) => wanted[String(element.action_id)] ?? wanted[String(block.block_id)]);
      for (const { element, block } of inputs) {
        const value = (chosen[String(block.block_id)] as Fields | undefined)?.[String(element.action_id)];
        if (block.type === 'input' && block.optional !== true && isObject(value) && !isFilled(value))
          fail(`the input ${String(element.action_id)} must be filled`);
      }
      const triggerId = newTrigger(world, given.user, view.id);
      view.view = { ...view.view, state: { values: chosen } };
      const body = { ...base('view_submission', given.user, triggerId), view: view.view, response_urls: [] };
      const delivery = await sent('interactive', 'view_submission', body, given);
      return { delivery, triggerId, responseUrl: undefined, errors: settle(view, delivery) };
    },

    /** A person closes a modal; the app is told when the view asks for it. */
    async viewClosed(given: Forgery & { user: string; viewId?: string }): Promise<Delivery | undefined> {
      const view = top(given.user, given.viewId);
      closeView(world, view, view.view.clear_on_close === true);
      if (view.view.notify_on_close !== true) return undefined;
      const { trigger_id: _, ...who } = base('view_closed', given.user, '');
      return sent('interactive', 'view_closed', { ...who, view: view.view, is_cleared: view.view.clear_on_close === true }, given);
    },

    /** A message shortcut, on any message that the person sees. */
    async shortcut(given: Forgery & { user: string; callbackId: string; channel: string; ts: string }): Promise<Interaction> {
      if (declared.shortcuts && !declared.shortcuts.includes(given.callbackId)) fail(`the app declares no shortcut ${given.callbackId}`);
      if (!world.scopes.has('commands')) fail('shortcuts need the scope commands');
      const message = findMessage(world, given.channel, given.ts) ?? fail(`no message ${given.ts} stands in ${given.channel}`);
      const channel = world.channels.get(given.channel) ?? fail(`there is no channel ${given.channel}`);
      const triggerId = newTrigger(world, given.user);
      const url = responseUrl(given.user, channel.id, message);
      const body = {
        ...base('message_action', given.user, triggerId),
        action_ts: nextTs(world),
        callback_id: given.callbackId,
        channel: named(channel),
        response_url: url,
        message_ts: message.ts,
        message: messageObject(world, message),
      };
      const delivery = await sent('interactive', 'message_action', body, given);
      return { delivery, triggerId, responseUrl: url, errors: undefined };
    },

    async globalShortcut(given: Forgery & { user: string; callbackId: string }): Promise<Interaction> {
      if (declared.shortcuts && !declared.shortcuts.includes(given.callbackId)) fail(`the app declares no shortcut ${given.callbackId}`);
      const triggerId = newTrigger(world, given.user);
      const body = { ...base('shortcut', given.user, triggerId), action_ts: nextTs(world), callback_id: given.callbackId };
      const delivery = await sent('interactive', 'shortcut', body, given);
      return { delivery, triggerId, responseUrl: undefined, errors: undefined };
    },

    /** A slash command. What the app answers with its acknowledgement is shown as Slack shows it. */
    async command(given: Forgery & { user: string; channel: string; command: string; text?: string }): Promise<Interaction> {
      if (declared.commands && !declared.commands.includes(given.command)) fail(`the app declares no command ${given.command}`);
      if (!world.scopes.has('commands')) fail('commands need the scope commands');
      const channel = world.channels.get(given.channel) ?? fail(`there is no channel ${given.channel}`);
      const person = world.people.get(given.user) ?? fail(`there is no person ${given.user}`);
      if (!channel.members.has(person.id)) fail(`${person.id} is not in ${channel.id}`);
      const triggerId = newTrigger(world, given.user);
      const url = responseUrl(given.user, channel.id);
      const body = {
        token: 'verification-token',
        team_id: world.team.id,
        team_domain: world.team.domain,
        channel_id: channel.id,
        channel_name: String(named(channel).name),
        user_id: person.id,
        user_name: person.name,
        command: given.command,
        text: given.text ?? '',
        api_app_id: world.app.id,
        is_enterprise_install: 'false',
        response_url: url,
        trigger_id: triggerId,
      };
      const delivery = await sent('command', given.command, body, given);
      const answer = delivery.answer;
      if (delivery.acknowledged && answer !== undefined && answer !== '' && !(isObject(answer) && Object.keys(answer).length === 0)) {
        const fields = isObject(answer) ? answer : { text: String(answer) };
        const refused = answerThrough(world, { channel: channel.id, user: person.id }, fields);
        if (refused) world.complaints.push(`${given.command}: answered with ${refused}`);
      }
      return { delivery, triggerId, responseUrl: url, errors: undefined };
    },
  };
}
