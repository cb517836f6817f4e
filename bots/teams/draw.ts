/** What Docent looks like in Teams: neutral views in, messages out. Pure. */
import type { Drawn, GrowingView, NoticeView, Place, TicketView, View, WelcomeView } from '../../src/chat/messenger.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import { addressOf, partsOf, runsOf, titleOf, type Cited } from '../answer-runs.ts';
import { freshness, isQuoted } from '../answer-words.ts';
import { cut, oneLine } from '../safe-text.ts';
import { changedAgo, count } from '../words.ts';
import type { Card, TeamsMessage } from './activity.ts';
import { card, cardMessage, execute, heading, line, linkRun, openUrl, paragraph, quoted, run, small, title } from './card-parts.ts';
import { drawAnswer, entityOf, ownParagraphs, whereLink, type Names } from './draw-answer.ts';
import { drawRuns, markdown, plainMarkdown, wordsAlone, type Hand } from './draw-markdown.ts';
import { literalLine } from './text.ts';

const MOST_WELCOME_SOURCES = 8;
const MOST_SUGGESTIONS = 4;
const HANDS: Record<Drawn, Hand> = { rich: markdown, plain: plainMarkdown, text: wordsAlone };

/**
 * @param how `plain`: without citations, tables and suggestions; `text`: words alone, without cards
 * @param place suggestions are pressed in personal chats only; absent: as elsewhere
 * @param names whom an id of the platform names: as words, nobody is mentioned
 */
export function drawTeams(view: View, how: Drawn = 'rich', place?: Place['kind'], names: Names = () => undefined): TeamsMessage[] {
  const hand = HANDS[how];
  const messages = (): TeamsMessage[] => {
    switch (view.type) {
      case 'answer':
        return drawAnswer(view, hand, how, names);
      case 'growing':
        return [drawGrowing(view, hand, how)];
      case 'notice':
        return [drawNotice(view, hand, how)];
      case 'welcome':
        return [drawWelcome(view, hand, how === 'rich' && place === 'direct')];
      case 'ticket':
        return [drawTicket(view, hand, how, names)];
    }
  };
  if (how !== 'text') return messages();
  return messages().map(({ text, summary }) => ({
    type: 'message',
    text: text ?? '…',
    textFormat: 'plain',
    ...(summary ? { summary } : {}),
  }));
}

/** An answer on its way, in a message that is edited; of a long one, as far as its first message goes. */
function drawGrowing(view: GrowingView, hand: Hand, how: Drawn): TeamsMessage {
  const cited: Cited = { citations: view.citations, quoted: isQuoted(view) };
  const drawn = drawRuns(runsOf(partsOf(view.sentences, cited)[0]!, cited), cited, hand);
  const status = sayInChat(view.language, view.status === 'stopped' ? 'stoppedHere' : view.status);
  const written = drawn !== '' && !cited.quoted;
  const entity = how === 'rich' ? entityOf(view.citations, drawn, written, { answer: view, now: undefined }) : undefined;
  return {
    type: 'message',
    text: [drawn, hand.soft(status)].filter((one) => one !== '').join('\n\n'),
    textFormat: 'markdown',
    ...(entity ? { entities: [entity] } : {}),
  };
}

/** With a button it is a card: Teams splits a message that has both text and a card. */
function drawNotice({ language, text, button }: NoticeView, hand: Hand, how: Drawn): TeamsMessage {
  if (!button || how === 'text') return { type: 'message', text: ownParagraphs(text, hand).join('\n\n') || '…', textFormat: 'markdown' };
  const press = execute(`docent.${button.action.replaceAll('-', '_')}`, button.label, button.value, { style: 'positive' });
  const body = text
    .split('\n')
    .filter((one) => one.trim() !== '')
    .map((one) => line(one));
  return cardMessage(card(language, body, [press]), literalLine(text, 200) || '…');
}

/** The first meeting, in one message. */
function drawWelcome({ language, searched, suggestions, now }: WelcomeView, hand: Hand, pressed: boolean): TeamsMessage {
  const { documents, sources } = searched;
  const say = (key: Parameters<typeof sayInChat>[1], values: Record<string, string | number> = {}): string =>
    sayInChat(language, key, values);
  const values = { documents: count(language, 'documents', documents), sources: count(language, 'sources', sources.length) };
  const known = sources.slice(0, MOST_WELCOME_SOURCES).map((one) => hand.item + freshness(language, one, now, (text) => hand.words(text)));
  const rest = sources.length - known.length;
  const list = [...known, ...(rest > 0 ? [`${hand.item}${say('moreSources', { n: rest })}`] : [])].join('\n');
  const tries = suggestions
    .slice(0, MOST_SUGGESTIONS)
    .map((one) => cut(oneLine(one), 150))
    .filter((one) => one !== '');
  // A press says the words as the person's own: what would be more than words is only shown.
  const presses = pressed ? tries.filter((one) => literalLine(one) === one) : [];
  const shown = tries.filter((one) => !presses.includes(one)).map((one) => `${hand.item}${hand.words(one)}`);
  const paragraphs = [
    hand.strong(say('welcomeHeading')),
    say('welcomeLead'),
    ...(documents === 0 ? [say('welcomeKnowsNothing')] : [say('welcomeKnows', values), list]),
    // Nothing is announced that Teams shows below the box, and takes away once one is pressed.
    ...(shown.length > 0 ? [say('welcomeTry'), shown.join('\n')] : []),
    hand.soft(say('welcomeWho')),
  ];
  const actions = presses.map((one) => ({ type: 'imBack' as const, title: one, value: one }));
  return {
    type: 'message',
    text: paragraphs.filter((one) => one !== '').join('\n\n'),
    textFormat: 'markdown',
    ...(actions.length > 0 ? { suggestedActions: { actions } } : {}),
  };
}

/** A question that needs a person, for the support team. */
function drawTicket(view: TicketView, hand: Hand, how: Drawn, names: Names): TeamsMessage {
  const summary = literalLine(titleLine(view, names), 200);
  if (how !== 'text') return cardMessage(ticketCard(view, names), summary);
  const { language, answer } = view;
  const said = (text: string): string => hand.words(cut(oneLine(text), 800)) || '…';
  const lines = [
    summary,
    said(view.question),
    ...(view.comment ? [`${sayInChat(language, 'ticketComment')}: ${said(view.comment)}`] : []),
    ...(answer
      ? [isFound(view) ? `${sayInChat(language, 'ticketAnswer')}: ${said(wordsOf(view))}` : sayInChat(language, 'ticketNotFound')]
      : []),
    ...whereLink(view.permalink, sayInChat(language, 'ticketWhere'), hand),
    hand.words(stateLine(view, names)),
  ];
  return { type: 'message', text: lines.join('\n\n'), summary };
}

/** The same as a card: what a press on it is answered with. */
export function ticketCard(view: TicketView, names: Names = () => undefined): Card {
  const { language, answer, ticketId, state } = view;
  const say = (key: Parameters<typeof sayInChat>[1]): string => sayInChat(language, key);
  const documents = answer ? [...new Map(answer.citations.map((one) => [one.documentId, one])).values()].slice(0, 5) : [];
  const answered = !isFound(view)
    ? [line(say('ticketNotFound'))]
    : [
        heading(say('ticketAnswer')),
        quoted(cut(oneLine(wordsOf(view)), 600)),
        ...documents.map((one) => {
          const changed = changedAgo(language, one.updatedAt, view.now);
          return paragraph([linkRun(addressOf(one), titleOf(one)), ...(changed ? [run(` · ${changed}`)] : [])], { spacing: 'Small' });
        }),
      ];
  const take = execute('docent.ticket_take', say('takeTicket'), ticketId, { style: 'positive' });
  const close = execute('docent.ticket_close', say('closeTicket'), ticketId);
  const reopen = execute('docent.ticket_open', say('reopenTicket'), ticketId);
  const body = [
    title(titleLine(view, names)),
    quoted(cut(oneLine(view.question), 800)),
    ...(view.comment ? [heading(say('ticketComment')), quoted(cut(oneLine(view.comment), 800))] : []),
    ...(answer ? answered : []),
    small(stateLine(view, names)),
  ];
  const presses = { open: [take, close], taken: [close, reopen], closed: [reopen] }[state];
  return card(language, body, [...presses, ...openUrl(view.permalink, say('ticketWhere'))]);
}

const isFound = ({ answer }: TicketView): boolean => answer !== undefined && answer.status !== 'unanswered' && answer.status !== 'failed';
const wordsOf = ({ answer }: TicketView): string => answer?.sentences.map((s) => s.text).join(' ') || answer?.text || '';
const nameOf = (id: string, known: string | undefined, language: string, names: Names): string =>
  cut(oneLine(names(id) ?? known ?? ''), 80) || sayInChat(language, 'somebody');
const titleLine = ({ language, reason, person, personName }: TicketView, names: Names): string =>
  sayInChat(language, `ticketBy_${reason}`, { person: nameOf(person, personName, language, names) });

function stateLine({ language, state, takenBy, takenByName }: TicketView, names: Names): string {
  const person = takenBy ? nameOf(takenBy, takenByName, language, names) : '';
  if (state === 'taken' && takenBy) return sayInChat(language, 'ticketHeldBy', { person });
  if (state === 'closed') return takenBy ? sayInChat(language, 'ticketDoneBy', { person }) : sayInChat(language, 'ticketDone');
  return sayInChat(language, 'ticketIsOpen');
}
