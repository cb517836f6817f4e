/** The whole answer as Slack's messages: what it says, what it rests on, and what may be done with it. */
import type { ActionsBlockElement, KnownBlock, RichTextBlock } from '@slack/types';
import type { AnswerView } from '../../src/chat/messenger.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Answer, Citation } from '../../src/types.ts';
import { noteLines, searchedLine, unreadLines } from '../answer-words.ts';
import { addressOf, partsOf, runsOf, titleOf, type Cited } from '../answer-runs.ts';
import { LONGEST_SECTION, actions, button, fitted, packLines, plainText, section, small, type SlackMessage } from './blocks.ts';
import { plainParagraphs } from './draw-plain.ts';
import { linked, richBlocks, words } from './draw-rich.ts';
import { cut, escapeText, link, literal, mention, oneLine } from './text.ts';
import { quoteLine } from '../quote-words.ts';
import { changedAgo } from '../words.ts';

/** `chat.update` takes 4,000 characters of text. */
const LONGEST_TEXT = 3800;
/** Of the lines that link to documents, in characters: addresses count. */
const LONGEST_LINKS = 2400;
const LONGEST_NOTES = 1200;
const MOST_QUOTES = 25;
const MOST_SOURCES = 10;
const MOST_CLOSEST = 5;

/**
 * @param plain sections, context and buttons alone, for where Slack refuses newer blocks
 * @returns in the order in which they are posted
 */
export function drawAnswer(view: AnswerView, plain = false): SlackMessage[] {
  const { answer } = view;
  const cited: Cited = { citations: answer.citations, quoted: answer.status === 'quoted' };
  const parts = partsOf(answer.sentences, cited);
  return parts.map((sentences, i) => {
    const before = parts.slice(0, i).flat();
    const runs = runsOf(sentences, cited, before);
    const last = i === parts.length - 1;
    const own = i === 0 ? ownWords(view, plain) : { blocks: [], lines: [] };
    const paragraphs = plainParagraphs(runs, cited);
    const footer = last ? foot(view, plain) : [small(`_${sayInChat(answer.language, 'goesOnBelow')}_`)];
    return {
      text: cutLines([...(i === 0 ? headLines(view) : []), ...own.lines, ...paragraphs, ...(last ? sourceLines(view) : [])]),
      blocks: [
        ...(i === 0 ? head(view, plain) : []),
        ...own.blocks,
        ...(plain ? paragraphs.map((one) => section(one)) : richBlocks(runs, cited)),
        ...footer,
      ],
      footer: [...own.blocks, ...footer],
    };
  });
}

/** Paragraphs as one text; what is too long ends in `…`, and no link or entity is cut in two. */
export function cutLines(lines: string[]): string {
  let text = '';
  for (const line of lines) {
    if (text.length + line.length + 1 > LONGEST_TEXT) return text === '' ? '…' : `${text}\n…`;
    text += `${text === '' ? '' : '\n'}${line}`;
  }
  return text || '…';
}

/** What Docent itself says, as `mrkdwn` of two sections at most. */
export function ownParagraphs(text: string): string[] {
  const [first = '', second, third] = fitted(text, escapeText, LONGEST_SECTION - 100).map((piece) => escapeText(piece));
  return [first, ...(second === undefined ? [] : [third === undefined ? second : `${second}…`])].filter((one) => one.trim() !== '');
}

/** Who shared it, and the question. */
function head({ answer, shared }: AnswerView, plain: boolean): KnownBlock[] {
  if (!shared) return [];
  const question = cut(oneLine(shared.question), 300);
  if (plain) return headLines({ answer, shared }).map((line) => section(line));
  const [before = '', after = ''] = sayInChat(answer.language, 'sharedBy', { person: '\0' }).split('\0');
  const known = /^[UW][A-Z0-9]{2,30}$/.test(shared.by);
  return [
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            ...(before ? [words(before)] : []),
            known ? { type: 'user', user_id: shared.by } : words(literal(oneLine(shared.by)) || '…'),
            words(after || ' '),
          ],
        },
        { type: 'rich_text_quote', elements: [words(literal(question) || '…')] },
      ],
    },
  ];
}

function headLines({ answer, shared }: Pick<AnswerView, 'answer' | 'shared'>): string[] {
  if (!shared) return [];
  return [sayInChat(answer.language, 'sharedBy', { person: mention(shared.by) }), `>${escapeText(cut(oneLine(shared.question), 300))}`];
}

/** What Docent itself says before or instead of sentences: a courtesy, a failure, "not found" with the closest pages. */
function ownWords(view: AnswerView, plain: boolean): { blocks: KnownBlock[]; lines: string[] } {
  const { answer, searched } = view;
  const say = (key: Parameters<typeof sayInChat>[1]): string => sayInChat(answer.language, key);
  if (answer.status === 'unanswered') {
    const lines = [`*${say('notFoundHeading')}*`, ...(searched ? [searchedLine(answer, searched, view.now, escapeText)] : [])];
    return { blocks: [section(lines.join('\n')), ...closest(answer, plain)], lines: [...lines, ...closestLines(answer)] };
  }
  if (answer.sentences.length > 0) return { blocks: [], lines: [] };
  const said = ownParagraphs(answer.text);
  const lines = answer.status === 'failed' ? [`*${say('failedHeading')}*\n${said[0] ?? ''}`, ...said.slice(1)] : said;
  return { blocks: lines.filter((line) => line.trim() !== '').map((line) => section(line)), lines };
}

function closest(answer: Answer, plain: boolean): KnownBlock[] {
  const pages = answer.sentences.length > 0 ? [] : answer.closest.slice(0, MOST_CLOSEST);
  if (pages.length === 0) return [];
  if (plain) return packLines(closestLines(answer)).map((text) => section(text));
  const list: RichTextBlock = {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_section', elements: [words(sayInChat(answer.language, 'closestPages'))] },
      {
        type: 'rich_text_list',
        style: 'bullet',
        elements: pages.map((page) => {
          const quote = quoteLine(page.quote, 140);
          return {
            type: 'rich_text_section',
            elements: [linked(addressOf(page), titleOf(page)), ...(quote ? [words(literal(` — ${quote}`))] : [])],
          };
        }),
      },
    ],
  };
  return [list];
}

function closestLines(answer: Answer): string[] {
  const pages = answer.sentences.length > 0 ? [] : answer.closest.slice(0, MOST_CLOSEST);
  if (pages.length === 0) return [];
  const line = (page: (typeof pages)[number], linked: boolean): string => {
    const quote = escapeText(quoteLine(page.quote, 140));
    return `•  ${link(linked ? addressOf(page) : null, titleOf(page))}${quote ? ` — ${quote}` : ''}`;
  };
  return [sayInChat(answer.language, 'closestPages'), ...withinLinks(pages, line)];
}

/** What stands under the answer: sources, small print, buttons. */
function foot(view: AnswerView, plain: boolean): KnownBlock[] {
  const unread = packLines(unreadLines(view, escapeText), LONGEST_NOTES)
    .slice(0, 2)
    .map((text) => small(text));
  if (view.answer.status === 'courtesy') return unread;
  const notes = noteLines(view, escapeText);
  return [
    ...packLines(sourceLines(view)).map((text) => small(text)),
    ...packLines(notes, LONGEST_NOTES)
      .slice(0, 1)
      .map((text) => small(text)),
    ...unread,
    ...actions(buttons(view)),
    ...feedback(view, plain),
  ];
}

/** Lines with their links, as long as there is room for the addresses, and then for the words. */
function withinLinks<T>(all: T[], line: (one: T, linked: boolean) => string): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const one of all) {
    const full = line(one, true);
    const drawn = used + full.length > LONGEST_LINKS ? line(one, false) : full;
    if (used + drawn.length > LONGEST_LINKS + 400) break;
    used += drawn.length;
    lines.push(drawn);
  }
  return lines;
}

/** A line a document: its numbers, title, source, and when it changed. */
function sourceLines({ answer, now }: AnswerView): string[] {
  const { language } = answer;
  const documents = [...Map.groupBy(answer.citations, (one) => one.documentId).values()];
  const lines = withinLinks(documents.slice(0, MOST_SOURCES), (citations, linked) => {
    const first = citations[0]!;
    const numbers = citations.map(({ n }) => n).join(', ');
    const about = [escapeText(cut(oneLine(first.source), 60)), changedAgo(language, first.updatedAt, now)].filter((part) => part !== '');
    return `*${numbers}*  ${[link(linked ? addressOf(first) : null, titleOf(first)), ...about].join(' · ')}`;
  });
  const rest = documents.length - lines.length;
  return rest > 0 ? [...lines, sayInChat(language, 'moreSources', { n: rest })] : lines;
}

function buttons({ answer, actions: may }: AnswerView): ActionsBlockElement[] {
  const { answerId, language, status } = answer;
  const say = (key: Parameters<typeof sayInChat>[1]): string => sayInChat(language, key);
  return [
    ...(may.share ? [button('docent.share', say('shareWithChannel'), answerId, 'primary')] : []),
    ...quoteButton(answer, say('showQuote'), say('showQuotes')),
    ...(may.askPerson
      ? [button('docent.ask_person', say('askPerson'), answerId, status === 'unanswered' && !may.share ? 'primary' : undefined)]
      : []),
    ...(may.why ? [button('docent.why', say('whyThisAnswer'), answerId)] : []),
  ];
}

/** A button for one quote; several are chosen from a list, so that the row stays a row. */
function quoteButton({ answerId, citations }: Answer, one: string, several: string): ActionsBlockElement[] {
  const [first] = citations;
  if (!first) return [];
  if (citations.length === 1) return [button('docent.quote', one, `${answerId}.${first.n}`)];
  const option = (citation: Citation): { text: ReturnType<typeof plainText>; value: string } => ({
    text: plainText(`${citation.n} · ${citation.title}`, 60),
    value: `${answerId}.${citation.n}`,
  });
  return [
    {
      type: 'static_select',
      action_id: 'docent.quote',
      placeholder: plainText(several, 150),
      options: citations.slice(0, MOST_QUOTES).map(option),
    },
  ];
}

function feedback({ answer, actions: may }: AnswerView, plain: boolean): KnownBlock[] {
  if (!may.feedback || answer.status === 'failed') return [];
  const up = { label: sayInChat(answer.language, 'helpful'), value: `up:${answer.answerId}` };
  const down = { label: sayInChat(answer.language, 'notHelpful'), value: `down:${answer.answerId}` };
  // Two buttons of one row need two ids.
  if (plain)
    return actions([
      button('docent.feedback.up', `👍 ${up.label}`, up.value),
      button('docent.feedback.down', `👎 ${down.label}`, down.value),
    ]);
  const verdict = ({ label, value }: typeof up): { text: ReturnType<typeof plainText>; accessibility_label: string; value: string } => ({
    text: plainText(label, 75),
    accessibility_label: label,
    value,
  });
  return [
    {
      type: 'context_actions',
      elements: [{ type: 'feedback_buttons', action_id: 'docent.feedback', positive_button: verdict(up), negative_button: verdict(down) }],
    },
  ];
}
