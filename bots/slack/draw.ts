/** What Docent looks like in Slack: neutral views in, messages out. Pure. */
import type { KnownBlock } from '@slack/types';
import type { Drawn, GrowingView, NoticeView, TicketView, View, WelcomeView } from '../../src/chat/messenger.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import { freshness, isQuoted } from '../answer-words.ts';
import { addressOf, partsOf, runsOf, titleOf, type Cited } from '../answer-runs.ts';
import { actions, button, packLines, section, small, type SlackMessage } from './blocks.ts';
import { cutLines, drawAnswer, ownParagraphs } from './draw-answer.ts';
import { plainParagraphs } from './draw-plain.ts';
import { richBlocks } from './draw-rich.ts';
import { cut, escapeText, link, mention, oneLine } from './text.ts';
import { changedAgo, count } from '../words.ts';

const MOST_WELCOME_SOURCES = 8;

/** `plain` is made of sections, context and buttons alone; `text` of the words alone. */
export function draw(view: View, how: Drawn = 'rich'): SlackMessage[] {
  const messages = blocksOf(view, how !== 'rich');
  return how === 'text' ? messages.map(({ text }) => ({ text, blocks: [], footer: [] })) : messages;
}

function blocksOf(view: View, plain: boolean): SlackMessage[] {
  switch (view.type) {
    case 'answer':
      return drawAnswer(view, plain);
    case 'growing':
      return [drawGrowing(view, plain)];
    case 'notice':
      return [drawNotice(view)];
    case 'welcome':
      return [drawWelcome(view)];
    case 'ticket':
      return [drawTicket(view)];
  }
}

/** An answer on its way, in a message that is edited; of a long one, as far as its first message goes. */
export function drawGrowing(view: GrowingView, plain = false): SlackMessage {
  const cited: Cited = { citations: view.citations, quoted: isQuoted(view) };
  const runs = runsOf(partsOf(view.sentences, cited)[0]!, cited);
  const paragraphs = plainParagraphs(runs, cited);
  const status = sayInChat(view.language, view.status === 'stopped' ? 'stoppedHere' : view.status);
  const footer = [small(`_${status}_`)];
  return {
    text: cutLines(paragraphs.length > 0 ? paragraphs : [status]),
    blocks: [...(plain ? paragraphs.map((one) => section(one)) : richBlocks(runs, cited)), ...footer],
    footer: view.status === 'stopped' ? footer : [],
  };
}

export function drawNotice({ text, button: press }: NoticeView): SlackMessage {
  const said = ownParagraphs(text);
  const blocks = [
    ...said.map((piece) => section(piece)),
    ...actions(press ? [button(`docent.${press.action.replaceAll('-', '_')}`, press.label, press.value)] : []),
  ];
  return { text: cutLines(said), blocks, footer: blocks };
}

/** The first meeting, in one message. */
export function drawWelcome({ language, searched, suggestions, now }: WelcomeView): SlackMessage {
  const { documents, sources } = searched;
  const values = { documents: count(language, 'documents', documents), sources: count(language, 'sources', sources.length) };
  const shown = sources.slice(0, MOST_WELCOME_SOURCES).map((source) => `•  ${freshness(language, source, now, escapeText)}`);
  const rest = sources.length - shown.length;
  const knows =
    documents === 0
      ? [sayInChat(language, 'welcomeKnowsNothing')]
      : [sayInChat(language, 'welcomeKnows', values), ...shown, ...(rest > 0 ? [sayInChat(language, 'moreSources', { n: rest })] : [])];
  const tries = suggestions.slice(0, 4).map((one) => `•  ${escapeText(cut(oneLine(one), 150))}`);
  const lead = [`*${sayInChat(language, 'welcomeHeading')}*`, sayInChat(language, 'welcomeLead')];
  const paragraphs = [lead, knows, ...(tries.length > 0 ? [[sayInChat(language, 'welcomeTry'), ...tries]] : [])];
  const who = sayInChat(language, 'welcomeWho');
  const blocks = [...paragraphs.flatMap((lines) => packLines(lines).map((one) => section(one))), small(who)];
  return { text: cutLines([...paragraphs.flat(), who]), blocks, footer: blocks };
}

/** A question that needs a person, for the support team. */
export function drawTicket(view: TicketView): SlackMessage {
  const { language, answer } = view;
  const say = (key: Parameters<typeof sayInChat>[1], values: Record<string, string> = {}): string => sayInChat(language, key, values);
  const title = `*${say(`ticketBy_${view.reason}`, { person: mention(view.person) })}*`;
  const quoted = (text: string, max: number): string => `>${escapeText(cut(oneLine(text), max)) || '…'}`;
  const found = answer !== undefined && answer.status !== 'unanswered' && answer.status !== 'failed';
  const sources = answer ? [...new Map(answer.citations.map((one) => [one.documentId, one])).values()].slice(0, 5) : [];
  const answered = !answer
    ? []
    : found
      ? [
          `*${say('ticketAnswer')}*`,
          quoted(answer.sentences.map((s) => s.text).join(' ') || answer.text, 600),
          ...sources.map(
            (one) => `${[link(addressOf(one), titleOf(one)), changedAgo(language, one.updatedAt, view.now)].filter(Boolean).join(' · ')}`,
          ),
        ]
      : [say('ticketNotFound')];
  const lines = [
    title,
    quoted(view.question, 800),
    ...(view.comment ? [`*${say('ticketComment')}*`, quoted(view.comment, 800)] : []),
    ...answered,
    ...(view.permalink ? [link(view.permalink, say('ticketWhere'))] : []),
  ];
  const person = mention(view.takenBy ?? '');
  const taken = view.takenBy ? say('ticketHeldBy', { person }) : say('ticketIsOpen');
  const closed = view.takenBy ? say('ticketDoneBy', { person }) : say('ticketDone');
  const state = view.state === 'taken' ? taken : view.state === 'closed' ? closed : say('ticketIsOpen');
  const take = button('docent.ticket_take', say('takeTicket'), view.ticketId, 'primary');
  const close = button('docent.ticket_close', say('closeTicket'), view.ticketId);
  const reopen = button('docent.ticket_open', say('reopenTicket'), view.ticketId);
  const presses = { open: [take, close], taken: [close, reopen], closed: [reopen] }[view.state];
  const blocks: KnownBlock[] = [...packLines(lines).map((one) => section(one)), small(state), ...actions(presses)];
  return { text: cutLines([...lines, state]), blocks, footer: blocks };
}
