/** What the message extension puts into a chat: an answer, or a document that was found, each with its line in the list. */
import type { AnswerView } from '../../src/chat/messenger.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Language } from '../../src/types.ts';
import { addressOf, cellsOf, citationOf, numbersOf, partsOf, runsOf, titleOf, type Cited, type Run } from '../answer-runs.ts';
import { noteLines, searchedLine } from '../answer-words.ts';
import { quoteWords } from '../quote-words.ts';
import { cut, oneLine } from '../safe-text.ts';
import { changedAgo } from '../words.ts';
import type { CardAttachment } from './activity.ts';
import { CARD_TYPE, card, heading, line, linkRun, openUrl, paragraph, quoted, run, small, title, type Element } from './card-parts.ts';
import { literalLine } from './text.ts';

const MOST_SOURCES = 10;
const MOST_CLOSEST = 5;

/** One result of a message extension. */
export interface ExtensionResult extends CardAttachment {
  preview: { contentType: 'application/vnd.microsoft.card.thumbnail'; content: { title: string; text: string; tap?: object } };
}

/** @param question as it was asked: it stands above the answer in the chat */
export function drawExtensionAnswer(view: AnswerView, question?: string): ExtensionResult {
  const { answer } = view;
  const { language } = answer;
  const say = (key: Parameters<typeof sayInChat>[1]): string => sayInChat(language, key);
  const cited: Cited = { citations: answer.citations, quoted: answer.status === 'quoted' };
  const parts = partsOf(answer.sentences, cited);
  const asked = question ?? view.shared?.question;
  const own = answer.sentences.length > 0 ? [] : answer.text.split('\n').map((one) => line(one));
  const unanswered = [
    heading(say('notFoundHeading')),
    ...(view.searched ? [line(searchedLine(answer, view.searched, view.now, (text) => text))] : []),
    ...(answer.closest.length > 0 ? [line(say('closestPages'))] : []),
    ...answer.closest
      .slice(0, MOST_CLOSEST)
      .map((page) => paragraph([run('•  '), linkRun(addressOf(page), titleOf(page))], { spacing: 'Small' })),
  ];
  const body = [
    ...(asked ? [title(cut(oneLine(asked), 300))] : []),
    ...(answer.status === 'unanswered' ? unanswered : own),
    ...runsOf(parts[0]!, cited).flatMap((one) => drawn(one, cited)),
    ...(parts.length > 1 ? [line('…')] : []),
    ...sources(view),
    ...noteLines(view, (text) => text).map((note) => small(note)),
  ];
  const words = answer.status === 'unanswered' ? say('notFoundHeading') : answer.sentences.map((s) => s.text).join(' ') || answer.text;
  return result(card(language, body.length > 0 ? body : [line('…')]), asked ?? words, words);
}

/** A document that was found. @param of.updatedAt milliseconds, or ISO 8601 */
export function drawExtensionDocument(of: {
  title: string;
  url: string | null;
  source: string;
  quote: string;
  updatedAt: number | string | null;
  language: Language;
  now: number;
}): ExtensionResult {
  const about = [cut(oneLine(of.source), 100), changedAgo(of.language, of.updatedAt, of.now)].filter((part) => part !== '').join(' · ');
  const words = quoteWords(of.quote);
  const body = [
    paragraph([linkRun(of.url, cut(oneLine(of.title), 200), { weight: 'Bolder', size: 'Medium' })]),
    ...(about ? [small(about)] : []),
    quoted(cut(words, 1500)),
  ];
  return result(
    card(of.language, body, openUrl(of.url, sayInChat(of.language, 'quoteOpen'))),
    of.title,
    [about, words].filter(Boolean).join(' · '),
  );
}

/** The first of the results: chosen, the question is answered and the answer put into the message. */
export function drawExtensionAsk({ language, query }: { language: Language; query: string }): ExtensionResult {
  const { preview, ...content } = result(card(language, [title(cut(oneLine(query), 300))]), sayInChat(language, 'extensionAsk'), query);
  const tap = { type: 'invoke', value: { ask: query } };
  return { ...content, preview: { ...preview, content: { ...preview.content, tap } } };
}

function result(content: CardAttachment['content'], name: string, words: string): ExtensionResult {
  return {
    contentType: CARD_TYPE,
    content,
    preview: {
      contentType: 'application/vnd.microsoft.card.thumbnail',
      content: { title: literalLine(name, 120) || '…', text: literalLine(words, 200) || '…' },
    },
  };
}

function drawn(one: Run, cited: Cited): Element[] {
  const numbers = (i: number): ReturnType<typeof run>[] =>
    numbersOf(one, i).flatMap((n) => {
      const citation = citationOf(n, cited);
      return citation ? [run(' '), linkRun(addressOf(citation), `(${n})`)] : [];
    });
  const lead = (i: number): string => ({ bullet: '•  ', step: `${one.first + i}.  ` })[one.block as string] ?? '';
  const above = one.title ? [paragraph([linkRun(one.title.url, one.title.text, { weight: 'Bolder' })], { spacing: 'Medium' })] : [];
  const each = one.sentences.flatMap(({ text }, i): Element[] => {
    const spacing = { spacing: 'Small' };
    if (one.block === 'code') {
      const lines = text.split('\n').map((code) => line(code, { fontType: 'Monospace' }));
      return [...lines, ...(numbers(i).length > 0 ? [paragraph(numbers(i), spacing)] : [])];
    }
    if (one.block === 'table') {
      const rows = cellsOf(text);
      return rows.map((row, r) => paragraph([run(`•  ${row.join(' · ')}`), ...(r === rows.length - 1 ? numbers(i) : [])], spacing));
    }
    if (one.block === 'heading') return [paragraph([run(oneLine(text), { weight: 'Bolder' }), ...numbers(i)], { spacing: 'Medium' })];
    return [paragraph([run(lead(i) + oneLine(text)), ...numbers(i)], spacing)];
  });
  return [...above, ...each];
}

function sources({ answer, now }: AnswerView): Element[] {
  const documents = [...Map.groupBy(answer.citations, (one) => one.documentId).values()].slice(0, MOST_SOURCES);
  if (documents.length === 0) return [];
  return [
    heading(sayInChat(answer.language, 'sourcesHeading')),
    ...documents.map((citations) => {
      const first = citations[0]!;
      const numbers = cut(citations.map(({ n }) => n).join(', '), 60);
      const about = [cut(oneLine(first.source), 60), changedAgo(answer.language, first.updatedAt, now)].filter((part) => part !== '');
      return paragraph(
        [run(`${numbers} · `), linkRun(addressOf(first), titleOf(first)), run(about.map((part) => ` · ${part}`).join('') || ' ')],
        {
          spacing: 'Small',
        },
      );
    }),
  ];
}
