import { randomUUID } from 'node:crypto';
import type { Deliverer, Delivery, Forgery } from './slack-deliver.ts';
import type { Fields } from './slack-shape.ts';
import { encodedId } from './slack-state.ts';
import type { Channel, Message, World } from './slack-state.ts';

/** How an event is sent: as it should be unless told otherwise. */
export interface How extends Forgery {
  /** The workspace that it says it comes from. */
  team?: string;
  eventId?: string;
  /** More fields for the event itself. */
  extra?: Fields;
}

export interface Pushed {
  message: Message | undefined;
  deliveries: Delivery[];
}

export const channelTypes: Record<Channel['kind'], string> = { public: 'channel', private: 'group', im: 'im', mpim: 'mpim' };
export const subscriptions: Record<Channel['kind'], string> = {
  public: 'message.channels',
  private: 'message.groups',
  im: 'message.im',
  mpim: 'message.mpim',
};
export const historyScopes: Record<Channel['kind'], string> = {
  public: 'channels:history',
  private: 'groups:history',
  im: 'im:history',
  mpim: 'mpim:history',
};

/** Text as the composer makes it: one rich_text block, people's mentions as elements of their own. */
export function composed(text: string): Fields[] {
  const elements = text
    .split(/(<@[UW][A-Z0-9]+>)/u)
    .filter(Boolean)
    .map((part) => {
      const user = /^<@([UW][A-Z0-9]+)>$/u.exec(part)?.[1];
      return user ? { type: 'user', user_id: user } : { type: 'text', text: part };
    });
  return [{ type: 'rich_text', block_id: encodedId('b'), elements: [{ type: 'rich_text_section', elements }] }];
}

/** Wraps events as the Events API does, and sends those that the app subscribed to and may have. */
export function eventSender(world: World, deliverer: Deliverer, reachable: () => boolean) {
  function envelope(event: Fields, channel: Channel | undefined, how: How): Fields {
    const team = how.team ?? world.team.id;
    return {
      token: 'verification-token',
      team_id: team,
      context_team_id: team,
      context_enterprise_id: null,
      api_app_id: world.app.id,
      event: { ...event, ...how.extra },
      type: 'event_callback',
      event_id: how.eventId ?? encodedId('Ev'),
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [{ enterprise_id: null, team_id: team, user_id: world.app.userId, is_bot: true, is_enterprise_install: false }],
      is_ext_shared_channel: channel?.isExtShared ?? false,
      event_context: `4-${randomUUID()}`,
    };
  }

  /** Sends an event when the app subscribed to it and may have it; `must` makes it an error when not. */
  function send(
    subscription: string,
    event: Fields,
    channel: Channel | undefined,
    how: How,
    need: { scope?: string; must: boolean; own?: boolean },
  ): Delivery[] {
    const why = !world.events.has(subscription)
      ? `the app did not subscribe to ${subscription}`
      : need.scope !== undefined && !world.scopes.has(need.scope)
        ? `the app lacks the scope ${need.scope}`
        : !reachable()
          ? 'there is neither a request URL nor a Socket Mode connection'
          : undefined;
    if (why !== undefined) {
      if (need.must) throw new Error(`fake Slack: ${String(event.type)} is not sent, ${why}`);
      return [];
    }
    return [deliverer.send('event', String(event.type), envelope(event, channel, how), { ...how, own: need.own ?? false })];
  }

  async function pushed(deliveries: Delivery[], message?: Message): Promise<Pushed> {
    await Promise.all(deliveries.map((one) => one.tried));
    return { message, deliveries };
  }

  return { send, pushed };
}
