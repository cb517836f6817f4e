/** Automatic answers, steered by an admin in cards: channels and their precision, and labels for answers made in silence. */
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import type { AdminDeps } from '../admin-rights.ts';
import type { AdminWords } from '../admin-words.ts';
import { createSteering, PRECISIONS, type Labelling, type Verdict } from '../automatic.ts';
import type { Card } from './activity.ts';
import { automaticCard, chooseCard, labelCard, offCard, type ChannelState } from './admin-automatic-card.ts';
import { channelIn, precisionIn } from './admin-command.ts';
import { notice } from './admin-parts.ts';
import type { Turn } from './admin-turns.ts';

export interface AutomaticDeps extends AdminDeps {
  tenant: string;
  channelName?(conversation: string): Promise<string | undefined>;
}

export interface TeamsAutomatic {
  /** `automatic [channel] [percent|off]`. @param here the channel that it was written in */
  command(rest: string, here: string | undefined, words: AdminWords): Promise<Card>;
  /** By the verb after `automatic`; undefined for an unknown one. @param person an admin */
  press(verb: string, turn: Turn, person: ChatPerson): Promise<Card | undefined>;
  /** How channels are named, by their key; safe already. */
  names(channels: string[], words: AdminWords): Promise<Map<string, string>>;
}

export function createTeamsAutomatic(deps: AutomaticDeps): TeamsAutomatic {
  const { app, tenant } = deps;
  const { automatic } = app.chat;
  const { stateOf, next, judge } = createSteering(deps);
  const keyOf = (conversation: string): string => `teams:${tenant}/${conversation}`;

  async function nameOf(channel: string, words: AdminWords): Promise<string> {
    const conversation = channel.slice(channel.indexOf('/') + 1);
    const name = await deps.channelName?.(conversation).catch(() => undefined);
    return words.strong(words.data(name ?? conversation, 80));
  }
  const found = async (channel: string, words: AdminWords): Promise<ChannelState | undefined> => {
    const state = channel.startsWith('teams:') ? await stateOf(channel) : undefined;
    return state && { state, name: await nameOf(channel, words) };
  };
  async function all(words: AdminWords, said?: string): Promise<Card> {
    const states = (await automatic.states()).filter(({ channel }) => channel.startsWith('teams:'));
    return automaticCard(
      await Promise.all(states.map(async (state) => ({ state, name: await nameOf(state.channel, words) }))),
      words,
      said,
    );
  }
  const gone = (words: AdminWords): Promise<Card> => all(words, words.say('noLonger'));
  const allowed = (wanted: number): boolean => PRECISIONS.some((share) => share === wanted);

  async function save(channel: string, wanted: number, words: AdminWords): Promise<Card> {
    await automatic.set(channel, wanted);
    return all(words);
  }
  async function labelling(it: Labelling | undefined, words: AdminWords): Promise<Card> {
    return it ? labelCard(it, await nameOf(it.state.channel, words), words) : gone(words);
  }

  return {
    async command(rest, here, words) {
      const { channel: link, wanted } = precisionIn(rest);
      if (link === '' && wanted === undefined) return all(words);
      const conversation = link === '' ? here : channelIn(link, tenant);
      const figure = typeof wanted === 'number' ? { wanted } : {};
      if (conversation === undefined)
        return chooseCard({ link, ...figure, problem: words.say(link === '' ? 'automaticMissing' : 'automaticForeign') }, words);
      const known = await found(keyOf(conversation), words);
      if (wanted === 'off') {
        if (!known) return gone(words);
        await automatic.set(keyOf(conversation), undefined);
        return all(words);
      }
      if (wanted === undefined) return chooseCard(known ? { known } : { link: conversation }, words);
      if (allowed(wanted)) return save(keyOf(conversation), wanted, words);
      const shares = PRECISIONS.map((share) => words.percent(share)).join(', ');
      return notice(words.say('automaticTitle'), [words.say('automaticShares', { shares })]);
    },

    async press(verb, turn, person) {
      const { words, id } = turn;
      if (verb === 'automatic') return all(words);
      if (verb === 'automatic-new') return chooseCard({}, words);
      if (verb === 'automatic-save') return saved(turn);
      const verdict = /^label-(right|wrong|skip)$/.exec(verb)?.[1];
      if (verdict !== undefined) {
        const channel = turn.given('channel') ?? '';
        if (!channel.startsWith('teams:')) return gone(words);
        return labelling((await judge({ channel, answerId: id, verdict: verdict as Verdict, person })).next, words);
      }
      const known = await found(id, words);
      if (!known) return gone(words);
      if (verb === 'automatic-change') return chooseCard({ known }, words);
      if (verb === 'automatic-off') return offCard(known, words);
      if (verb === 'automatic-label') return labelling(await next(id), words);
      if (verb !== 'automatic-off-yes') return undefined;
      await automatic.set(id, undefined);
      turn.lasting();
      return all(words);
    },

    async names(channels, words) {
      return new Map(await Promise.all(channels.map(async (channel) => [channel, await nameOf(channel, words)] as const)));
    },
  };

  async function saved({ id, given, words }: Turn): Promise<Card> {
    const wanted = Number(given('wanted'));
    if (!allowed(wanted)) return gone(words);
    if (id !== '') return (await found(id, words)) ? save(id, wanted, words) : gone(words);
    const link = (given('channel') ?? '').trim().slice(0, 1000);
    const conversation = channelIn(link, tenant);
    if (conversation !== undefined) return save(keyOf(conversation), wanted, words);
    return chooseCard({ link, wanted, problem: words.say(link === '' ? 'automaticMissing' : 'automaticForeign') }, words);
  }
}
