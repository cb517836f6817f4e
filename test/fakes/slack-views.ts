import { randomUUID } from 'node:crypto';
import { elementsOf, viewProblems } from './slack-blocks.ts';
import { withIds } from './slack-chat.ts';
import type { Method } from './slack-chat.ts';
import type { Fields } from './slack-shape.ts';
import { encodedId, refuse, refuseWith } from './slack-state.ts';
import type { StoredView, Trigger, World } from './slack-state.ts';

/** A new trigger, as an interaction of a person carries it: good once, for three seconds. */
export function newTrigger(world: World, user: string, viewId?: string): string {
  const id = `${Date.now()}.${Math.floor(Math.random() * 1e12)}.${randomUUID().replaceAll('-', '')}`;
  world.triggers.set(id, { id, user, at: Date.now(), used: false, viewId });
  return id;
}

function takeTrigger(world: World, args: Fields): Trigger {
  const given = args.trigger_id ?? args.interactivity_pointer;
  if (given === undefined) refuseWith('invalid_arguments', ['missing required field: trigger_id']);
  const trigger = world.triggers.get(String(given));
  if (!trigger) refuse('invalid_trigger_id');
  if (trigger.used) refuse('exchanged_trigger_id');
  if (Date.now() - trigger.at > world.times.triggerMs) refuse('expired_trigger_id');
  return trigger;
}

function checkView(view: unknown, type?: 'modal' | 'home'): Fields {
  const problems = viewProblems(view);
  if (problems.length > 0) refuseWith('invalid_arguments', problems);
  const checked = view as Fields;
  if (type !== undefined && checked.type !== type) refuseWith('invalid_arguments', [`must be a ${type} view [json-pointer:/view/type]`]);
  if (JSON.stringify(view).length > 250_000) refuse('view_too_large');
  return checked;
}

const newHash = (): string => `${(Date.now() / 1000).toFixed(0)}.${randomUUID().slice(0, 8)}`;

function filled(world: World, given: Fields, ids: { id: string; rootId: string; previousId: string | undefined }): Fields {
  const { blocks, ...rest } = given;
  return {
    id: ids.id,
    team_id: world.team.id,
    private_metadata: '',
    callback_id: '',
    external_id: '',
    ...(given.type === 'modal' ? { close: null, submit: null, clear_on_close: false, notify_on_close: false } : {}),
    ...rest,
    blocks: withIds(blocks as Fields[]),
    state: { values: {} },
    hash: newHash(),
    previous_view_id: ids.previousId ?? null,
    root_view_id: ids.rootId,
    app_id: world.app.id,
    app_installed_team_id: world.team.id,
    bot_id: world.app.botId,
  };
}

/** The modals a person has open, the one on top last. */
export function openModals(world: World, user: string): StoredView[] {
  return world.views.filter((one) => one.user === user && one.type === 'modal' && one.closedAt === undefined);
}

export function closeView(world: World, held: StoredView, clear = false): void {
  const closing = clear ? openModals(world, held.user) : [held];
  for (const one of closing) one.closedAt = Date.now();
}

/** Opens a checked view for a person: as the first, or over the one that stands there. */
export function placeView(world: World, user: string, given: unknown, over: StoredView | undefined): StoredView {
  const view = checkView(given, 'modal');
  const external = view.external_id;
  const taken = world.views.some((one) => external && one.view.external_id === external && one.closedAt === undefined);
  if (taken) refuse('duplicate_external_id');
  if (over && openModals(world, user).length >= 3) refuse('push_limit_reached');
  if (!over) for (const one of openModals(world, user)) one.closedAt = Date.now();
  const id = encodedId('V');
  const ids = { id, rootId: over?.rootId ?? id, previousId: over?.id };
  const held: StoredView = { ...ids, user, type: 'modal', view: filled(world, view, ids), openedAt: Date.now(), closedAt: undefined };
  world.views.push(held);
  return held;
}

export function replaceView(world: World, held: StoredView, given: unknown): void {
  const view = checkView(given, held.type);
  held.view = filled(world, view, held);
}

function open(args: Fields, world: World): Fields {
  const trigger = takeTrigger(world, args);
  const held = placeView(world, trigger.user, args.view, undefined);
  trigger.used = true;
  return { view: held.view };
}

function push(args: Fields, world: World): Fields {
  const trigger = takeTrigger(world, args);
  const over = openModals(world, trigger.user).at(-1);
  if (!over || trigger.viewId === undefined) refuse('not_found');
  const held = placeView(world, trigger.user, args.view, over);
  trigger.used = true;
  return { view: held.view };
}

function update(args: Fields, world: World): Fields {
  if ((args.view_id === undefined) === (args.external_id === undefined))
    refuseWith('invalid_arguments', ['must provide exactly one of view_id and external_id']);
  const standing = [...world.views, ...world.homes.values()].filter((one) => one.closedAt === undefined);
  const held = standing.find((one) => (args.view_id === undefined ? one.view.external_id === args.external_id : one.id === args.view_id));
  if (!held) refuse('not_found');
  if (args.hash !== undefined && args.hash !== held.view.hash) refuse('hash_conflict');
  replaceView(world, held, args.view);
  return { view: held.view };
}

function publish(args: Fields, world: World): Fields {
  const user = String(args.user_id);
  if (!world.people.has(user)) refuseWith('invalid_arguments', ['user_id is no person of this workspace']);
  const view = checkView(args.view, 'home');
  const before = world.homes.get(user);
  if (args.hash !== undefined && args.hash !== before?.view.hash) refuse('hash_conflict');
  const id = before?.id ?? encodedId('V');
  const ids = { id, rootId: id, previousId: undefined };
  const held: StoredView = { ...ids, user, type: 'home', view: filled(world, view, ids), openedAt: Date.now(), closedAt: undefined };
  world.homes.set(user, held);
  return { view: held.view };
}

export const viewMethods: Record<string, Method> = {
  'views.open': open,
  'views.push': push,
  'views.update': update,
  'views.publish': publish,
};

/** Each element that a person can use in these blocks, with its block. */
export function usable(blocks: unknown): { element: Fields; block: Fields }[] {
  return (Array.isArray(blocks) ? (blocks as Fields[]) : []).flatMap((block) =>
    elementsOf(block)
      .filter(({ element }) => element.action_id !== undefined)
      .map(({ element }) => ({ element, block })),
  );
}
