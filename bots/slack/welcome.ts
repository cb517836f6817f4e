/** Where Docent is met in Slack: its messages tab, and a channel that it was invited to. */
import type { App as Bolt } from '@slack/bolt';
import type { Messenger, Place } from '../../src/chat/messenger.ts';
import { reasonOf } from '../../src/errors.ts';
import { welcome } from '../welcome.ts';
import type { SlackDeps } from './deps.ts';

export function registerWelcome(bolt: Bolt, deps: SlackDeps & { messenger: Messenger }): void {
  const { client, messenger, log, team, clock } = deps;
  const { chat } = deps.app;
  const meeting = { chat, messenger, clock, log };

  // The messages tab of the app: the agent view.
  bolt.event('app_home_opened', async ({ event }) => {
    if (event.tab !== 'messages') return;
    const who = await deps.whoIs(event.user);
    const audience = who.member ? 'everyone' : 'public';
    const language = await deps.languageOf(event.user);
    const place: Place = { platform: 'slack', workspace: team, channel: event.channel, kind: 'direct', person: event.user };
    const suggestions = await chat.suggestions(audience, language);
    await welcome(place, { audience, language, suggestions }, meeting);
    const prompts = suggestions.slice(0, 4).map((text) => ({ title: text.slice(0, 75), message: text }));
    if (prompts.length > 0)
      await client.assistant.threads
        .setSuggestedPrompts({ channel_id: event.channel, prompts })
        .catch((error: unknown) => log.debug({ reason: reasonOf(error) }, 'suggested prompts could not be set'));
  });

  bolt.event('member_joined_channel', async ({ event }) => {
    if (event.user !== deps.botUser) return;
    const place: Place = { platform: 'slack', workspace: team, channel: event.channel, kind: 'channel', person: event.user };
    const audience = (await messenger.outsiders(place).catch(() => true)) ? 'public' : 'everyone';
    const language = event.inviter ? await deps.languageOf(event.inviter) : 'en';
    await welcome(place, { audience, language, suggestions: await chat.suggestions(audience, language) }, meeting);
  });
}
