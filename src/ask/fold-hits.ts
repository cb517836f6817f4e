/** Passages that say the same become one, and neighbours stand together, before an answer is made of them. Pure. */
import { termsOf } from '../search/analyzer.ts';
import type { Passage } from '../types.ts';
import { readPassage, type Hit } from './passage-match.ts';
import { sameWordsKey, tells } from './same-words.ts';

export interface FoldedHit {
  hit: Hit;
  /** Those that it stands for: copies in other documents, or elsewhere in its own. */
  same: Hit[];
}

/** What a copy has more than the other, of its letters, at most. */
const MOST_MORE = 0.25;
/** Scores this near to each other are alike: of two copies the newer one is shown. */
const ALIKE = 0.9;
/** A copy of less says too little to be one: "See below." */
const LEAST_WORDS = 4;

/** Sharing fewer of the smaller one's words, marks and addresses included, two are not read at all: most are not. */
const WORTH_READING = 0.7;

interface Read {
  hit: Hit;
  words: Set<string>;
  /** One a sentence, empty ones left out; read when first needed. */
  sentences(): { key: string; text: string }[];
}

/**
 * Of passages with the same sentences the better one stays (of two alike the newer), at the place of the better. A passage
 * folds into one with a few sentences more, which must hold no figure, name or "not"; a sentence with another word is
 * another sentence. A copy whose title or headings name something of the question that the other's do not stays.
 * @param hits best first; the order of those that stay does not change
 */
export function foldHits(hits: Hit[], question = ''): FoldedHit[] {
  const folded: { read: Read; same: Hit[] }[] = [];
  for (const hit of hits) {
    const read = reading(hit);
    const twin = folded.find((one) => one.read.hit.id === hit.id || foldable(one.read, read, question));
    if (!twin) {
      folded.push({ read, same: [] });
      continue;
    }
    const before = twin.read.hit;
    if (twin.read.hit.id === hit.id) continue;
    if (staysFor(read, twin.read)) {
      twin.same.push(before);
      twin.read = { ...read, hit: hit.score < before.score ? { ...hit, score: before.score } : hit };
    } else twin.same.push(hit);
  }
  return folded.map(({ read, same }) => ({ hit: read.hit, same }));
}

/**
 * Neighbours in a document stand together where the better of them stood, in reading order; all else keeps its order.
 * @param hits best first
 */
export function joinNeighbours<T extends Passage>(hits: T[]): T[] {
  const left = new Set(hits);
  const at = new Map(hits.map((hit) => [`${hit.documentId} ${hit.ordinal}`, hit]));
  const joined: T[] = [];
  for (const hit of hits) {
    if (!left.has(hit)) continue;
    let first = hit;
    for (let one: T | undefined = hit; one && left.has(one); one = at.get(`${hit.documentId} ${one.ordinal - 1}`)) first = one;
    for (let one: T | undefined = first; one && left.has(one); one = at.get(`${hit.documentId} ${one.ordinal + 1}`)) {
      joined.push(one);
      left.delete(one);
    }
  }
  return joined;
}

function reading(hit: Hit): Read {
  let known: { key: string; text: string }[] | undefined;
  return {
    hit,
    words: new Set(hit.text.toLowerCase().match(/[\p{L}\p{N}]+/gu)),
    sentences: () =>
      (known ??= readPassage(hit)
        .sentences.map(({ text }) => ({ text, key: sameWordsKey(text) }))
        .filter(({ key }) => key !== '')),
  };
}

function foldable(one: Read, other: Read, question: string): boolean {
  const shared = one.words.intersection(other.words).size;
  if (shared < WORTH_READING * Math.min(one.words.size, other.words.size)) return false;
  const [larger, smaller] = one.sentences().length >= other.sentences().length ? [one, other] : [other, one];
  const said = smaller.sentences().map(({ key }) => key);
  if (said.join(' ').split(' ').length < LEAST_WORDS && said.join('').length < 3 * LEAST_WORDS) return false;
  return holds(larger, said) && !namesMore(one.hit, other.hit, question) && !namesMore(other.hit, one.hit, question);
}

/** Every sentence of the smaller one, in order, and little more, none of it telling. */
function holds(larger: Read, said: string[]): boolean {
  const more: string[] = [];
  let next = 0;
  for (const { key, text } of larger.sentences()) {
    if (key === said[next]) next++;
    else more.push(text);
  }
  if (next < said.length) return false;
  const letters = (texts: string[]): number => texts.reduce((sum, text) => sum + text.length, 0);
  return letters(more) <= MOST_MORE * letters(larger.sentences().map(({ text }) => text)) && !more.some(tells);
}

/** Whether the head of one has words of the question that the head of the other has not. */
function namesMore(one: Hit, other: Hit, question: string): boolean {
  if (question === '') return false;
  const { head } = readPassage(other);
  const asked = termsOf(question, one.language);
  const own = readPassage(one).head;
  return asked.some((term) => own.has(term) && !head.has(term));
}

/** Whether a later copy stays instead of the one before it. */
function staysFor(later: Read, before: Read): boolean {
  const more = later.sentences().length - before.sentences().length;
  if (more !== 0) return more > 0;
  const newer = (later.hit.updatedAt ?? 0) > (before.hit.updatedAt ?? 0);
  return newer && later.hit.score >= ALIKE * before.hit.score;
}
