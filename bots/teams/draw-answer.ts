/** The whole answer as Teams' messages: what it says, what it rests on, and what may be done with it. */
import type { AnswerView } from '../../src/chat/messenger.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Answer, Citation } from '../../src/types.ts';
import { addressOf, partsOf, runsOf, titleOf, type Cited } from '../answer-runs.ts';
import { noteLines, searchedLine, unreadLines } from '../answer-words.ts';
import { quoteLine, quoteWords } from '../quote-words.ts';
import { cut, linkable, oneLine, visible } from '../safe-text.ts';
import { changedAgo } from '../words.ts';
import type { CitationClaim, MessageEntity, TeamsMessage } from './activity.ts';
import { cardMessage } from './card-parts.ts';
import { answerButtons, answerButtonsCard } from './draw-cards.ts';
import { drawRuns, isClaim, type Hand } from './draw-markdown.ts';
import { literalLine } from './text.ts';

/** Of the lines that link to documents, in characters: addresses count. */
const LONGEST_LINKS = 3000;
/** Of the addresses of a message's citations. */
const LONGEST_CLAIM_URLS = 10_000;
const MOST_SOURCES = 20;
const MOST_CLOSEST = 5;
const LONGEST_OWN = 5000;
const LONGEST_SUMMARY = 200;

/** Whom an id of the platform names; undefined where that is not known. */
export type Names = (id: string) => string | undefined;

/**
 * @returns in the order in which they are posted; the buttons are a message of their own: Teams splits one that has text and
 *   a card, tells no id of it, and refuses to make another into one ("Activity resulted into multiple skype activities")
 */
export function drawAnswer(view: AnswerView, hand: Hand, how: 'rich' | 'plain' | 'text', names: Names): TeamsMessage[] {
  const { answer } = view;
  const cited: Cited = { citations: answer.citations, quoted: answer.status === 'quoted' };
  const parts = partsOf(answer.sentences, cited);
  const said = parts.map((sentences, i) => {
    const last = i === parts.length - 1;
    const runs = drawRuns(runsOf(sentences, cited, parts.slice(0, i).flat()), cited, hand);
    const paragraphs = [
      ...(i === 0 ? [...head(view, hand, names), ...ownWords(view, hand)] : []),
      runs,
      ...(last ? foot(view, hand) : [hand.soft(sayInChat(answer.language, 'goesOnBelow'))]),
    ].filter((one) => one !== '');
    const text = paragraphs.join('\n\n') || '…';
    const message: TeamsMessage = { type: 'message', text, textFormat: how === 'text' ? 'plain' : 'markdown' };
    if (i === 0) message.summary = summaryOf(answer);
    if (how === 'text') return message;
    const entity = entityOf(answer.citations, how === 'rich' ? runs : '', isWritten(answer), view);
    if (entity) message.entities = [entity];
    if (last && how === 'rich' && view.actions.feedback && !['failed', 'courtesy'].includes(answer.status))
      message.channelData = { feedbackLoop: { type: 'default' } };
    return message;
  });
  if (how === 'text' || answerButtons(answer, view.actions).length === 0) return said;
  return [...said, cardMessage(answerButtonsCard(answer, view.actions), summaryOf(answer))];
}

/** Whether a model wrote it: quotes are the documents' own words, and a verified answer is a person's. */
const isWritten = ({ status }: Answer): boolean => status === 'answered';

/** The AI label, and a claim for each `[n]` of the text; undefined where there is neither. */
export function entityOf(
  citations: Citation[],
  drawn: string,
  written: boolean,
  { answer, now }: { answer: Pick<Answer, 'language'>; now: number | undefined },
): MessageEntity | undefined {
  const prose = drawn.replaceAll(/^```\n[\s\S]*?\n```$/gm, '');
  const shown = new Set([...prose.matchAll(/(?<!\\)\[(\d{1,2})\]/g)].map(([, n]) => Number(n)));
  let left = LONGEST_CLAIM_URLS;
  const claims = [...shown]
    .filter((n) => isClaim(n))
    .toSorted((a, b) => a - b)
    .flatMap((n): CitationClaim[] => {
      const citation = citations.find((one) => one.n === n);
      if (!citation) return [];
      const url = addressOf(citation);
      left -= url?.length ?? 0;
      return [claimOf(citation, left >= 0 ? url : undefined, answer.language, now)];
    });
  if (claims.length === 0 && !written) return undefined;
  return {
    type: 'https://schema.org/Message',
    '@type': 'Message',
    '@context': 'https://schema.org',
    '@id': '',
    ...(written ? { additionalType: ['AIGeneratedContent'] } : {}),
    ...(claims.length > 0 ? { citation: claims } : {}),
  };
}

/** Teams' limits: name 80, abstract 160, three keywords of 28. */
function claimOf(citation: Citation, url: string | undefined, language: string, now: number | undefined): CitationClaim {
  const short = (text: string, max: number): string => cut(literalLine(text, max), max);
  const keywords = [short(citation.source, 28), ...(now === undefined ? [] : [short(changedAgo(language, citation.updatedAt, now), 28)])];
  const known = keywords.filter((one) => one !== '');
  return {
    '@type': 'Claim',
    position: citation.n,
    appearance: {
      '@type': 'DigitalDocument',
      name: short(citation.title, 80) || '…',
      abstract: short(quoteWords(citation.quote), 160) || short(citation.title, 160) || '…',
      ...(url ? { url } : {}),
      ...(known.length > 0 ? { keywords: known } : {}),
    },
  };
}

function summaryOf(answer: Answer): string {
  const text = answer.status === 'unanswered' ? sayInChat(answer.language, 'notFoundHeading') : answer.sentences[0]?.text || answer.text;
  return literalLine(text, LONGEST_SUMMARY) || '…';
}

/** Who shared it, and the question. */
function head({ answer, shared }: AnswerView, hand: Hand, names: Names): string[] {
  if (!shared) return [];
  const person = hand.words(cut(oneLine(names(shared.by) ?? shared.name ?? ''), 80), false) || sayInChat(answer.language, 'somebody');
  return [
    sayInChat(answer.language, 'sharedBy', { person: hand.strong(person) }),
    `${hand.quoting}${hand.words(cut(oneLine(shared.question), 300)) || '…'}`,
  ];
}

/** What Docent itself says, a paragraph a line. */
export function ownParagraphs(text: string, hand: Hand): string[] {
  return visible(text)
    .slice(0, LONGEST_OWN)
    .split('\n')
    .map((one) => hand.words(one))
    .filter((one) => one !== '');
}

/** What Docent itself says before or instead of sentences: a courtesy, a failure, "not found" with the closest pages. */
function ownWords({ answer, searched, now }: AnswerView, hand: Hand): string[] {
  const say = (key: Parameters<typeof sayInChat>[1]): string => sayInChat(answer.language, key);
  if (answer.status === 'unanswered')
    return [
      hand.strong(say('notFoundHeading')),
      ...(searched ? [searchedLine(answer, searched, now, (text) => hand.words(text, false))] : []),
      ...closest(answer, hand),
    ];
  if (answer.sentences.length > 0) return [];
  const said = ownParagraphs(answer.text, hand);
  return answer.status === 'failed' ? [hand.strong(say('failedHeading')), ...said] : said;
}

function closest(answer: Answer, hand: Hand): string[] {
  const pages = answer.sentences.length > 0 ? [] : answer.closest.slice(0, MOST_CLOSEST);
  if (pages.length === 0) return [];
  const lines = withinLinks(pages, hand, (page, linked) => {
    const quote = hand.words(quoteLine(page.quote, 140), false);
    return `${hand.link(linked ? addressOf(page) : null, titleOf(page))}${quote ? ` — ${quote}` : ''}`;
  });
  return [sayInChat(answer.language, 'closestPages'), lines.join('\n')];
}

/** What stands under the answer: sources, small print. */
function foot(view: AnswerView, hand: Hand): string[] {
  const safe = (text: string): string => hand.words(text, false);
  const unread = unreadLines(view, safe).map((one) => `${hand.item}${one}`);
  const below = unread.length > 0 ? [unread.join('\n')] : [];
  if (view.answer.status === 'courtesy') return below;
  return [...sources(view, hand), ...noteLines(view, safe).map((note) => hand.soft(note)), ...below];
}

/** A line a document: its numbers, title, source, and when it changed; for whoever has no pointer to rest on a number. */
function sources({ answer, now }: AnswerView, hand: Hand): string[] {
  const { language } = answer;
  const documents = [...Map.groupBy(answer.citations, (one) => one.documentId).values()];
  if (documents.length === 0) return [];
  const lines = withinLinks(documents.slice(0, MOST_SOURCES), hand, (citations, linked) => {
    const first = citations[0]!;
    const numbers = hand.strong(cut(citations.map(({ n }) => n).join(', '), 60));
    const about = [hand.words(cut(oneLine(first.source), 60), false), changedAgo(language, first.updatedAt, now)].filter(
      (part) => part !== '',
    );
    return [numbers, hand.link(linked ? addressOf(first) : null, titleOf(first)), ...about].join(' · ');
  });
  const rest = documents.length - lines.length;
  const more = rest > 0 ? [`${hand.item}${sayInChat(language, 'moreSources', { n: rest })}`] : [];
  return [hand.strong(sayInChat(language, 'sourcesHeading')), [...lines, ...more].join('\n')];
}

/** Lines with their links, as long as there is room for the addresses, and then for the words. */
function withinLinks<T>(all: T[], hand: Hand, line: (one: T, linked: boolean) => string): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const one of all) {
    const full = line(one, true);
    const drawn = used + full.length > LONGEST_LINKS ? line(one, false) : full;
    if (used + drawn.length > LONGEST_LINKS + 800) break;
    used += drawn.length;
    lines.push(`${hand.item}${drawn}`);
  }
  return lines;
}

/** A link of Docent's own making to a message of Teams; the label alone where the address is none. */
export const whereLink = (url: string | undefined, label: string, hand: Hand): string[] =>
  url && linkable(url) ? [hand.link(url, label)] : [];
