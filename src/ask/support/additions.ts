/** What a claim adds to its evidence: exceptions, and a clause behind a sentence that is otherwise word for word. */
import type { Side } from './side.ts';

const EXCEPTION =
  /\b(?:except(?:ing|ed|ions?)?|excluding|excluded|unless|only if|other than|apart from|save for|with the exception|but not|ausgenommen|außer|es sei denn)\b|除外|除非|例外|除了?(?=[^，。；]{1,16}(?:以外|之外|外(?![国地汇部]))(?!，?[还也又]))|除了(?![^。；]{1,24}[还也又])|不包括|不含/giu;
/** How the other side may put an exception, in its own words. */
const EXCEPTED =
  /\b(?:except\w*|exclud\w*|unless|only|other than|apart from|save for|but|not|never|no|none|without|until|however|instead|neither|nor|beside[s]?|beyond|ausgenommen|außer|nur|nicht|kein\w*)\b|n't\b|除|例外|不|没|无|非|未|仅|只|但/iu;

const exceptionsOf = (side: Side): RegExpMatchArray[] => [...side.text.matchAll(EXCEPTION)];

/**
 * Whether the claim excepts something that its evidence does not: no sentence there that denies or excepts, none that
 * does so of the same things, or fewer of them. Across languages only the first.
 */
export function exceptionFault(claim: Side, evidence: Side, sameLanguage: boolean): boolean {
  const mine = exceptionsOf(claim);
  if (mine.length === 0) return false;
  if (!EXCEPTED.test(evidence.text)) return true;
  if (!sameLanguage) return false;
  const given = exceptionsOf(evidence).length;
  if (mine.length > 1 && given > 0 && mine.length > given) return true;
  const excepting = new Set(
    evidence.words.filter((word) => EXCEPTED.test(evidence.text.slice(word.start, word.end))).map((word) => word.sentence),
  );
  const there = new Set(evidence.words.filter((word) => excepting.has(word.sentence)).map((word) => word.key));
  return mine.some((match) => {
    const object = objectOf(claim, match);
    return object.length > 0 && object.filter((key) => there.has(key)).length < object.length / 2;
  });
}

/** The words that an exception is made of: behind "except", before 除外. */
function objectOf(side: Side, match: RegExpMatchArray): string[] {
  const start = match.index!;
  const end = start + match[0].length;
  const before = /^(?:除外|例外|excluded|excepted|exception)/iu.test(match[0]);
  const at = side.words.find((word) => word.start >= start && word.start < end);
  if (!at) return [];
  return side.words
    .filter(
      (word) =>
        word.sentence === at.sentence &&
        word.clause === at.clause &&
        (before ? word.end <= start : word.start >= end) &&
        (word.content || word.kind === 'number'),
    )
    .map((word) => word.key);
}

/** A part added to a sentence of the evidence must stand there by so much. */
const LEAST_ADDED = 0.6;

/**
 * Whether the claim is a whole sentence of the evidence, word for word, and behind it more that the evidence does not carry.
 * @param known words besides the evidence's that may be added: of title and headings
 */
export function addedFault(claim: Side, evidence: Side, known: Set<string>): boolean {
  const plain = (side: Side): { lower: string; index: number; sentence: number }[] =>
    side.words.flatMap((word, index) => (word.kind === 'mark' ? [] : [{ lower: word.lower, index, sentence: word.sentence }]));
  const mine = plain(claim);
  const sentences = new Map<number, string[]>();
  for (const { lower, sentence } of plain(evidence)) sentences.set(sentence, [...(sentences.get(sentence) ?? []), lower]);
  for (const words of sentences.values()) {
    if (words.length < 5 || words.length >= mine.length) continue;
    const begins = words.every((word, k) => mine[k]!.lower === word);
    // What stands before it mostly says whose it is: "In Leeds you need".
    const added = begins ? mine.slice(words.length) : [];
    const content = added
      .map(({ index }) => index)
      .filter((i) => claim.words[i]!.content && !claim.counted[i] && !EXCEPTED.test(claim.words[i]!.raw));
    const carried = content.filter((i) => isCarried(claim, i, evidence, known));
    if (content.length > 0 && carried.length < content.length * LEAST_ADDED) return true;
  }
  return lastClauseAlone(claim, evidence, known);
}

/** Two neighbours of Han are one word. */
function isCarried(claim: Side, i: number, evidence: Side, known: Set<string>): boolean {
  const word = claim.words[i]!;
  if (word.kind !== 'han') return evidence.keys.has(word.key) || known.has(word.key);
  const [before, after] = [claim.words[i - 1], claim.words[i + 1]];
  return (
    (before?.kind === 'han' && evidence.keys.has(before.key + word.key)) ||
    (after?.kind === 'han' && evidence.keys.has(word.key + after.key))
  );
}

/** A Han claim of clauses that all stand in the evidence, and a last one of which nothing does. */
function lastClauseAlone(claim: Side, evidence: Side, known: Set<string>): boolean {
  if (claim.language !== 'zh') return false;
  const at =
    claim.text.replace(/[。.]\s*$/u, '').lastIndexOf('\uff0c') >= 0 ? claim.text.lastIndexOf('\uff0c') : claim.text.lastIndexOf(',');
  if (at < 8 || !evidence.text.includes(claim.text.slice(0, at).trim())) return false;
  const last = claim.words.flatMap((word, i) => (word.start > at && word.kind === 'han' && word.content ? [i] : []));
  return last.length >= 5 && last.filter((i) => isCarried(claim, i, evidence, known)).length < last.length / 4;
}
