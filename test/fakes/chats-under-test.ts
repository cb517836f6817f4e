/** One company's chat as a test sees it, whichever platform it is: what people do there, and what they then read. */
import type { WiredApp } from '../../src/app.ts';
import { isWhole as isWholeInSlack, openOffice, shownIn } from './slack-office.ts';
import type { Message as SlackMessage } from './slack-state.ts';
import { isSaid, isWhole as isWholeInTeams, openTeamsOffice } from './teams-office.ts';
import type { Chat, Message as TeamsMessage } from './teams-state.ts';

export type Who = 'ana' | 'ben' | 'guest';

/** A question that somebody asked, with how the platform knows it. */
export interface Asked {
  /** Whole answers to it that stand there now, as they are read. */
  answers(): string[];
  /** Docent's messages that stand there, whole or not. */
  messages(): number;
  /** Without naming Docent. */
  goOn(who: Who, text: string): Promise<void>;
  edit(text: string): Promise<void>;
  remove(): Promise<void>;
  /** @returns what is shown to who pressed */
  why(who: Who): Promise<string>;
  quotes(who: Who): Promise<string>;
  thumbsDown(who: Who, reason: 'wrong' | 'outdated' | 'incomplete' | 'knows', comment: string): Promise<void>;
  askPerson(who: Who, comment: string): Promise<void>;
}

export interface ChatUnderTest {
  app: WiredApp;
  /** As settings name the channel where Docent may read all. */
  channelName: string;
  askAlone(who: Who, text: string, files?: { name: string; content: string; mimetype: string }[]): Promise<Asked>;
  askInChannel(who: Who, text: string, more?: { again?: number }): Promise<Asked>;
  /** In the channel, to nobody. */
  say(who: Who, text: string): Promise<void>;
  /** What one person alone was told. */
  told(who: Who): string;
  /** Takes the offer to answer an edited question anew. */
  takeOffer(who: Who): Promise<void>;
  /** The tickets as their channel shows them. */
  tickets(): string[];
  takeTicket(who: Who): Promise<void>;
  /** Docent is opened, or added, for the first time. */
  meet(who: Who): Promise<string>;
  command(who: Who, text: string): Promise<void>;
  complaints(): string[];
  close(): Promise<void>;
}

const ENV = { ADMIN_USERS: 'ana@the-company.example' };
const WAIT_MS = 15_000;

export async function slackUnderTest(env: Record<string, string>): Promise<ChatUnderTest> {
  const office = await openOffice({ env: { ...ENV, ...env, TRIAGE_CHANNEL: 'slack:C0TRIAGE' } });
  const { slack, app } = office;
  const people = {
    ana: slack.person({ name: 'ana' }),
    ben: slack.person({ name: 'ben' }),
    guest: slack.person({ name: 'guest', isRestricted: true }),
  };
  const channel = slack.channel({ members: Object.values(people) });
  const triage = slack.channel({ id: 'C0TRIAGE', name: 'triage', members: [people.ben] });
  const alone = (who: Who): string =>
    slack.ephemerals
      .filter((one) => one.user === people[who].id)
      .map(shownIn)
      .join('\n');

  const askedIn = (where: string, question: SlackMessage): Asked => {
    const own = (): SlackMessage[] => slack.replies(where, question.ts).filter((one) => one.own);
    const answer = (): Promise<SlackMessage> => slack.until(() => own().find(isWholeInSlack), 'an answer', WAIT_MS);
    const press = async (who: Who, actionId: string): Promise<void> =>
      void (await slack.push.action({ user: people[who].id, channel: where, ts: (await answer()).ts, actionId }));
    const modal = async (who: Who, callback: string): Promise<string> =>
      JSON.stringify(
        await slack.until(() => {
          const view = slack.viewsOf(people[who]).at(-1)?.view;
          return view?.callback_id === callback ? view : undefined;
        }, callback),
      );
    return {
      answers: () =>
        own()
          .filter((one) => one.streaming !== 'open')
          .map(shownIn),
      messages: () => own().length,
      goOn: async (who, text) => void (await slack.push.message({ user: people[who].id, channel: where, text, threadTs: question.ts })),
      edit: async (text) => void (await slack.push.edit(question, question.text.replace(/(<@\w+> )?.*/s, `$1${text}`))),
      remove: async () => void (await slack.push.delete(question)),
      async why(who) {
        await press(who, 'docent.why');
        return modal(who, 'docent.why');
      },
      async quotes(who) {
        const message = await answer();
        const choose = /"value":"([0-9a-f-]{36}\.1)"/.exec(JSON.stringify(message.blocks))?.[1];
        await slack.push.action({
          user: people[who].id,
          channel: where,
          ts: message.ts,
          actionId: 'docent.quote',
          ...(choose ? { choose } : {}),
        });
        return modal(who, 'docent.quote');
      },
      async thumbsDown(who, reason, comment) {
        await slack.push.action({
          user: people[who].id,
          channel: where,
          ts: (await answer()).ts,
          actionId: 'docent.feedback',
          choose: 'negative',
        });
        await modal(who, 'docent.feedback_reason');
        await slack.push.viewSubmission({ user: people[who].id, values: { 'docent.reason': reason, 'docent.comment': comment } });
      },
      async askPerson(who, comment) {
        await press(who, 'docent.ask_person');
        await modal(who, 'docent.ask_person');
        await slack.push.viewSubmission({ user: people[who].id, values: { 'docent.comment': comment } });
      },
    };
  };

  return {
    app,
    channelName: `slack:${slack.team.id}/${channel.id}`,
    async askAlone(who, text, files = []) {
      const ids = files.map((file) => slack.file({ ...file, user: people[who] }).id);
      const { message } = await slack.push.direct({ user: people[who].id, text, ...(ids.length > 0 ? { files: ids } : {}) });
      return askedIn(slack.directOf(people[who]).id, message!);
    },
    async askInChannel(who, text, { again = 0 } = {}) {
      const { message, deliveries } = await slack.push.mention({ user: people[who].id, channel: channel.id, text });
      for (let nth = 0; nth < again; nth++) await slack.push.again(deliveries[0]!);
      return askedIn(channel.id, message!);
    },
    say: async (who, text) => void (await slack.push.message({ user: people[who].id, channel: channel.id, text })),
    told: alone,
    async takeOffer(who) {
      const offer = await slack.until(
        () => slack.ephemerals.findLast((one) => one.user === people[who].id && shownIn(one).includes('docent.answer_edited')),
        'the offer',
      );
      await slack.push.action({ user: people[who].id, channel: channel.id, ts: offer.ts, actionId: 'docent.answer_edited' });
    },
    tickets: () =>
      slack
        .messages(triage.id)
        .filter((one) => one.own)
        .map(shownIn),
    async takeTicket(who) {
      const ticket = slack.messages(triage.id).find((one) => one.own)!;
      await slack.push.action({ user: people[who].id, channel: triage.id, ts: ticket.ts, actionId: 'docent.ticket_take' });
    },
    async meet(who) {
      await slack.push.appHomeOpened({ user: people[who].id, tab: 'messages' });
      const direct = slack.directOf(people[who]).id;
      return shownIn(await slack.until(() => slack.messages(direct).find((one) => one.own), 'the welcome'));
    },
    command: async (who, text) => void (await slack.push.command({ user: people[who].id, channel: channel.id, command: '/docent', text })),
    complaints: () => slack.complaints,
    close: () => office.close(),
  };
}

export async function teamsUnderTest(env: Record<string, string>): Promise<ChatUnderTest> {
  const office = await openTeamsOffice({ env: { ...ENV, ...env, TRIAGE_CHANNEL: 'teams:19:triage@thread.tacv2' } });
  const { teams, app } = office;
  const people = {
    ana: teams.person({ name: 'ana' }),
    ben: teams.person({ name: 'ben' }),
    guest: teams.person({ name: 'guest', guest: true }),
  };
  // Its roster has nobody from outside; the guest asks alone.
  const channel = teams.channel({ members: [people.ana, people.ben], rsc: true });
  const triage = teams.channel({ members: [people.ana, people.ben], id: '19:triage@thread.tacv2' });
  await teams.push.installed(triage, people.ben);
  const personal = (who: Who): Chat => teams.personalChat(people[who]);
  const read = (chat: Chat): string =>
    teams
      .answers(chat)
      .map((one) => teams.reads(one) + JSON.stringify(one.activity.attachments ?? ''))
      .join('\n');
  for (const who of ['ana', 'ben', 'guest'] as const) personal(who);

  const askedIn = (chat: Chat, question: TeamsMessage, since: number): Asked => {
    const own = (): TeamsMessage[] =>
      chat.kind === 'channel' ? teams.replies(chat, question.id).filter((one) => one.own) : teams.answers(chat).slice(since);
    const answer = (): Promise<TeamsMessage> => teams.until(() => own().find(isWholeInTeams), 'an answer', WAIT_MS);
    const press = async (who: Who, verb: string, inputs?: Record<string, string>): Promise<string> => {
      const message = await answer();
      await teams.push.press({ from: people[who], chat, message, verb, ...(inputs ? { inputs } : {}) });
      return teams.cardTexts(teams.cardOf(people[who], message)).join('\n');
    };
    const hide = async (who: Who): Promise<void> => void (await press(who, 'docent.hide').catch(() => {}));
    return {
      answers: () =>
        own()
          .filter(isWholeInTeams)
          .map((one) => teams.reads(one)),
      messages: () => own().filter(isSaid).length,
      goOn: async (who, text) => void (await teams.push.message({ from: people[who], chat, text, mention: false, replyTo: question.id })),
      edit: async (text) => void (await teams.push.edit(question, text)),
      remove: async () => void (await teams.push.remove(question)),
      async why(who) {
        await hide(who);
        return press(who, 'docent.why');
      },
      async quotes(who) {
        await hide(who);
        return press(who, 'docent.quotes');
      },
      async thumbsDown(who, reason, comment) {
        const before = teams.answers(personal(who)).length;
        await teams.push.feedback({ from: people[who], chat, message: await answer(), reaction: 'dislike' });
        const asked = await teams.until(() => teams.answers(personal(who))[before], 'what was wrong');
        await teams.push.press({
          from: people[who],
          chat: personal(who),
          message: asked,
          verb: 'docent.feedback_reason',
          inputs: { reason, comment },
        });
      },
      async askPerson(who, comment) {
        await hide(who);
        await press(who, 'docent.ask_person', { comment });
      },
    };
  };

  return {
    app,
    channelName: `teams:${teams.tenantId}/${channel.id}`,
    async askAlone(who, text, files = []) {
      const chat = personal(who);
      const since = teams.answers(chat).length;
      const { message } = await teams.push.message({ from: people[who], chat, text, files: files.map((file) => teams.file(file)) });
      return askedIn(chat, message, since);
    },
    async askInChannel(who, text, { again = 0 } = {}) {
      const { message } = await teams.push.message({ from: people[who], chat: channel, text, redeliver: again });
      return askedIn(channel, message, 0);
    },
    say: async (who, text) => void (await teams.push.message({ from: people[who], chat: channel, text, mention: false })),
    told: (who) => read(personal(who)),
    async takeOffer(who) {
      const chat = personal(who);
      const offer = await teams.until(
        () => teams.answers(chat).findLast((one) => JSON.stringify(one.activity).includes('docent.answer_edited')),
        'the offer',
      );
      await teams.push.press({ from: people[who], chat, message: offer, verb: 'docent.answer_edited' });
    },
    tickets: () =>
      teams
        .answers(triage)
        .filter((one) => JSON.stringify(one.activity).includes('docent.ticket'))
        .map((one) => teams.reads(one)),
    async takeTicket(who) {
      const ticket = teams.answers(triage).find((one) => JSON.stringify(one.activity).includes('docent.ticket'))!;
      await teams.push.press({ from: people[who], chat: triage, message: ticket, verb: 'docent.ticket_take' });
    },
    async meet(who) {
      const chat = personal(who);
      await teams.push.installed(chat, people[who]);
      return teams.reads(await teams.until(() => teams.answers(chat)[0], 'the welcome'));
    },
    command: async (who, text) => void (await teams.push.message({ from: people[who], chat: personal(who), text: `docent ${text}` })),
    complaints: () => teams.complaints,
    close: () => office.close(),
  };
}
