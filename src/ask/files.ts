/** Files that came with a question say what it is about: their words are searched for and stand in the prompt, as data. Pure. */
import { splitSentences } from '../passage-text.ts';
import type { Beside } from './beside.ts';
import { courtesyReply } from './courtesy.ts';
import { leaningOf } from './leaning.ts';
import { contentWords, joinWords } from './salient-words.ts';

/** A file that came with a question, as it was read; never kept. */
export interface AskedFile {
  name: string;
  text: string;
}

/** Of all files together: what a question is about is a page, not a handbook. */
const FILES_CHARACTERS = 4_000;
const NAME_CHARACTERS = 100;
/** Of a message without words the first of its file are the question. */
const FIRST_CHARACTERS = 300;
/** Of a file's text, so many words are searched for. */
const MOST_WORDS = 24;
/** Beside a question that has a subject of its own; as for a thread that a message may lean on. */
const BESIDE = 0.25;
const MOST_QUESTIONS = 2;
const MOST_SENTENCES = 2;
/** With so few words of its own a question is about the file, until that leads nowhere. */
const FEW = 2;
/** "Hi all," and "Yours," are lines by themselves. */
const GREETING = /^.{1,30}[,，:：!！]\r?\n/gmu;
/** What only says that there is a file, and that it asks something. */
const NAMES_FILE =
  /^(?:files?|attach(?:ed|ments?)?|enclosed|upload(?:ed)?|pdfs?|docx?|documents?|screenshots?|questions?|help|datei(?:en)?|anh[aä]nge?|angehängte?[nrsm]?|anbei|beigefügte?[nrsm]?|dokumente?|fragen?|beantworten|hilfe|文件|附件|文档|附上|里面?|请看|看看|办|回答|的是)$/iu;

/** What of the files goes along with the question, short ones whole; `cut`: the names of those that do not go whole. */
export function fitFiles(files: AskedFile[]): { files: AskedFile[]; cut: string[] } {
  const most = new Map<AskedFile, number>();
  let left = FILES_CHARACTERS;
  for (const [i, file] of files.toSorted((a, b) => a.text.length - b.text.length).entries()) {
    const share = Math.min(file.text.length, Math.floor(left / (files.length - i)));
    most.set(file, share);
    left -= share;
  }
  return {
    files: files.map((file) => ({ name: file.name.slice(0, NAME_CHARACTERS), text: file.text.slice(0, most.get(file)).toWellFormed() })),
    cut: files.filter((file) => file.text.length > most.get(file)!).map((file) => file.name),
  };
}

/** Whether a message asks nothing by itself: no words, or a greeting. */
export function saysNothing(text: string, language: string): boolean {
  return !/[\p{L}\p{N}]/u.test(text) || courtesyReply(text, language) !== undefined;
}

/** The question of a message without words: the sentences that its first file begins with. */
export function firstWords(files: AskedFile[]): string {
  const text = files.find((file) => /[\p{L}\p{N}]/u.test(file.text))?.text.trim() ?? '';
  const whole = splitSentences(text).findLast((range) => range.end <= FIRST_CHARACTERS);
  return text
    .slice(0, whole?.end ?? FIRST_CHARACTERS)
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Words of the files, searched beside the question's own for less. */
export function besideFiles(files: AskedFile[], language: string): Beside[] {
  return files.map((file) => ({ text: headOf(file, language), weight: BESIDE })).filter((one) => one.text !== '');
}

/**
 * What is searched for, in this order, until something is enough to answer.
 * @param query the question as it would be searched without files
 * @param own what the person wrote; empty where the file alone asks
 * @param translated the query speaks the documents' language, and the files may not
 */
export function queriesWith(files: AskedFile[], query: string, own: string, language: string, translated: boolean): string[] {
  if (files.length === 0) return [query];
  const words = contentWords(own, language).filter((word) => !NAMES_FILE.test(word));
  const readings = readingsOf(files, language).map((reading) => (words.length === 0 ? reading : `${reading}\n${own}`));
  if (readings.length === 0 || translated) return [query, ...readings];
  if (words.length === 0 || leaningOf(own, language) === 'wholly') return readings;
  return words.length <= FEW ? [...readings, query] : [query, ...readings];
}

/** What files may ask: the questions that stand in them, their first sentences, their first words. */
function readingsOf(files: AskedFile[], language: string): string[] {
  const sentences = files.flatMap((file) => {
    const text = file.text.replaceAll(GREETING, '$&\n');
    return splitSentences(text)
      .map((range) => text.slice(range.start, range.end).replaceAll(/\s+/g, ' ').trim())
      .filter((sentence) => sentence.length <= FIRST_CHARACTERS && contentWords(sentence, language).length > 0);
  });
  // "Hi all," says nothing.
  const saying = sentences.filter((sentence) => contentWords(sentence, language).length > FEW).slice(0, MOST_SENTENCES);
  const questions = sentences.filter((sentence) => /[?？]["'”’)]*$/u.test(sentence)).slice(0, MOST_QUESTIONS);
  return [...new Set([...questions, ...saying, ...files.slice(0, 1).map((file) => headOf(file, language))])].filter(
    (reading) => reading !== '',
  );
}

function headOf({ text }: AskedFile, language: string): string {
  return joinWords(contentWords(text.slice(0, 2 * FIRST_CHARACTERS), language).slice(0, MOST_WORDS), text);
}
