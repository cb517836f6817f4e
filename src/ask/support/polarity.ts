/** Whether claim and evidence say "not" of the same things. */
import type { Side } from './side.ts';
import { stemOf } from '../../search/languages.ts';
import { hanFault } from './han-polarity.ts';
import { alike, surroundingsOf } from './side.ts';

interface Negation {
  /** Where the "not" stands. */
  start: number;
  end: number;
  /** Index of the word that is denied, or -1. */
  anchor: number;
  clause: number;
  sentence: number;
}

const NOT_WORDS = new Set(
  'not never no none nobody nothing neither nor without cannot nowhere cant dont doesnt didnt wont isnt arent nicht kein keine keinen keinem keiner keines nie niemals ohne weder noch niemand nichts'.split(
    ' ',
  ),
);
/** "Not" in these says something else, or is told by the comparison of quantities. */
export const NOT_A_NOT =
  /\b(?:not only|not just|not merely|not least|not to mention|no (?:later|earlier|sooner|more|less|fewer|greater|longer) than|not (?:more|less|later|earlier|fewer|longer) than|whether or not|or not|no matter|nothing but|no doubt|not necessarily only|if not|why not|no\. ?(?=\d)|noch (?:ein|im|in|nicht|bis|vor|einmal|keine))\b/giu;
/** Words that deny by themselves: they answer a "not" on the other side. */
const DENYING = new Set(
  'forbid forbidden prohibit prohibited prohibits ban banned disallow disallowed deny denied denies refuse refused refuses reject rejected lack lacked lacks lacking fail failed fails exclude excluded excludes excluding prevent prevented prevents avoid avoids avoided unable impossible ineligible unavailable unless except hardly rarely seldom barely scarcely few little stop stopped stops cease ceased absent missing void frozen freeze suspended blocked paused halted disabled waived decline declined instead rather illegal unlawful beyond free exempt exempted verboten untersagt ausgeschlossen neither until only too despite unlike against other different opposed remain remained remains still yet hard difficult'.split(
    ' ',
  ),
);
/** Those among them that a claim may not drop. */
const FORBIDDING = new Set(
  'forbid forbidden prohibit prohibited prohibits ban banned disallow disallowed deny denied denies refuse refused refuses reject rejected lack lacked lacks fail failed fails exclude excluded excludes unable impossible ineligible unavailable illegal unlawful exempt exempted verboten untersagt'.split(
    ' ',
  ),
);

/** Words to be read as "not": everything but what `NOT_A_NOT` covers. */
export function negationsOf(side: Side): Negation[] {
  const found: Negation[] = [];
  const masked = new Uint8Array(side.text.length);
  for (const match of side.text.matchAll(NOT_A_NOT)) masked.fill(1, match.index, match.index + match[0].length);
  side.words.forEach((word, i) => {
    if (word.kind !== 'word' || masked[word.start]) return;
    if (!NOT_WORDS.has(word.lower) && !word.lower.endsWith("n't")) return;
    found.push({ start: word.start, end: word.end, anchor: deniedBy(side, i), clause: word.clause, sentence: word.sentence });
  });
  return found;
}

/** The first content word behind a "not" in its clause, else the last before it. */
function deniedBy(side: Side, index: number): number {
  const { words } = side;
  const { clause } = words[index]!;
  for (let i = index + 1; i < words.length && words[i]!.clause === clause; i++) if (words[i]!.content) return i;
  for (let i = index - 1; i >= 0 && words[i]!.sentence === words[index]!.sentence; i--) if (words[i]!.content) return i;
  return -1;
}

/** Whether a "not" before this word, in its clause, reaches it. */
function isDenied(side: Side, index: number, negations: Negation[]): boolean {
  const word = side.words[index]!;
  return negations.some(
    (not) =>
      not.sentence === word.sentence &&
      (not.anchor === index || (not.clause === word.clause && not.start < word.start && contentBetween(side, not.start, index) <= 5)),
  );
}

function contentBetween(side: Side, start: number, index: number): number {
  let count = 0;
  for (let i = index - 1; i >= 0 && side.words[i]!.start > start; i--) if (side.words[i]!.content) count++;
  return count;
}

/** Whether claim and evidence disagree about a "not". Both in one language. */
export function negationFault(claim: Side, evidence: Side): boolean {
  return latinFault(claim, evidence) || hanFault(claim, evidence);
}

const PREFIX = /^(?:un|in|im|ir|il|non|dis|mis)(?=\p{L}{4})/u;

function latinFault(claim: Side, evidence: Side): boolean {
  const claimed = negationsOf(claim);
  const given = negationsOf(evidence);
  const evidenceDenies = (sentence?: number): boolean =>
    evidence.words.some((word) => DENYING.has(word.lower) && (sentence === undefined || word.sentence === sentence));
  const claimDenies = claim.words.some((word) => DENYING.has(word.lower));
  for (const not of claimed) {
    if (besidePrefixed(claim, not, evidence)) continue;
    const word = claim.words[not.anchor];
    if (!word) {
      if (given.length === 0 && !evidenceDenies()) return true;
      continue;
    }
    const places = placesOf(evidence, word.key);
    const denied = places.filter((j) => isDenied(evidence, j, given));
    const plain = places.filter((j) => !denied.includes(j));
    if (places.length === 0) {
      if (prefixed(word.lower, word.key, evidence, claim)) continue;
      if (!sharesClause(claim, not, evidence, given) && !evidenceDenies()) return true;
      continue;
    }
    if (denied.length === 0) {
      // "must not be shared" from "sharing is prohibited"
      if (plain.some((j) => sentenceHas(evidence, evidence.words[j]!.sentence, FORBIDDING) || prefixedNear(evidence, j))) continue;
      // The same "not" a word further: "does not also apply"
      if (given.some((other) => overlap(claim, not, evidence, other) >= 2)) continue;
      return true;
    }
    if (plain.length > 0 && best(claim, not.anchor, evidence, plain) > best(claim, not.anchor, evidence, denied) * 1.3 + 0.1) return true;
  }
  for (const not of given) {
    if (besidePrefixed(evidence, not, claim)) continue;
    const word = evidence.words[not.anchor];
    if (!word) continue;
    const places = placesOf(claim, word.key);
    if (places.length > 0) {
      for (const i of places) {
        if (isDenied(claim, i, claimed) || sentenceHas(claim, claim.words[i]!.sentence, DENYING)) continue;
        if (claimed.some((other) => overlap(claim, other, evidence, not) >= 2)) continue;
        const all = placesOf(evidence, word.key);
        const denied = all.filter((j) => isDenied(evidence, j, given));
        const plain = all.filter((j) => !denied.includes(j));
        const plainFit = plain.length > 0 ? best(claim, i, evidence, plain) : -1;
        const deniedFit = best(claim, i, evidence, denied);
        if (deniedFit > plainFit * 1.1 || (plainFit < 0 && deniedFit >= 0)) return true;
      }
    } else if (claimed.length === 0 && !claimDenies && !hasPrefixed(claim, evidence) && clauseShare(evidence, not, claim) >= 0.6)
      return true;
  }
  // "Smoking is prohibited" does not carry "smoking is allowed".
  for (const word of evidence.words) {
    if (!FORBIDDING.has(word.lower) || claim.keys.has(word.key) || claimDenies || claimed.length > 0 || hasPrefixed(claim, evidence))
      continue;
    if (clauseShare(evidence, { clause: word.clause, sentence: word.sentence, start: word.start, end: word.end, anchor: -1 }, claim) >= 0.5)
      return true;
  }
  for (const word of claim.words) {
    if (
      FORBIDDING.has(word.lower) &&
      !evidence.keys.has(word.key) &&
      given.length === 0 &&
      !evidenceDenies() &&
      !hasPrefixed(evidence, claim)
    )
      return true;
  }
  return prefixFault(claim, evidence, claimed, given);
}

function placesOf(side: Side, key: string): number[] {
  const found: number[] = [];
  side.words.forEach((word, i) => word.content && word.key === key && found.push(i));
  return found;
}

function wordsWith(side: Side, key: string): number[] {
  return side.words.map((_, i) => i).filter((i) => side.words[i]!.kind === 'word' && side.words[i]!.key === key);
}

function best(claim: Side, index: number, evidence: Side, places: number[]): number {
  const around = (side: Side, i: number): ReturnType<typeof surroundingsOf> =>
    surroundingsOf(side, side.words[i]!.start, side.words[i]!.end);
  return Math.max(...places.map((j) => alike(around(claim, index), around(evidence, j))));
}

function sentenceHas(side: Side, sentence: number, words: Set<string>): boolean {
  return side.words.some((word) => word.sentence === sentence && words.has(word.lower));
}

function reach(side: Side, not: Negation): Set<string> {
  const keys = new Set<string>();
  for (const word of side.words)
    if (word.sentence === not.sentence && word.content && Math.abs(word.clause - not.clause) === 0 && word.start > not.start)
      keys.add(word.key);
  if (not.anchor >= 0) keys.add(side.words[not.anchor]!.key);
  return keys;
}

function overlap(a: Side, notA: Negation, b: Side, notB: Negation): number {
  const there = reach(b, notB);
  let shared = 0;
  for (const key of reach(a, notA)) if (there.has(key)) shared++;
  return shared;
}

function sharesClause(claim: Side, not: Negation, evidence: Side, given: Negation[]): boolean {
  const mine = new Set(claim.words.filter((word) => word.content && word.clause === not.clause).map((word) => word.key));
  return given.some((other) =>
    evidence.words.some(
      (word) => word.content && word.sentence === other.sentence && Math.abs(word.clause - other.clause) <= 1 && mine.has(word.key),
    ),
  );
}

/** The share of a clause's content words that the claim has too. */
function clauseShare(evidence: Side, not: Negation, claim: Side): number {
  const words = evidence.words.filter(
    (word) => word.content && word.clause === not.clause && word.sentence === not.sentence && !FORBIDDING.has(word.lower),
  );
  if (words.length < 2) return 0;
  return words.filter((word) => claim.keys.has(word.key)).length / words.length;
}

function baseOf(lower: string, language: string): string | undefined {
  const bare = lower.replace(PREFIX, '');
  return bare === lower ? undefined : stemOf(bare, language === 'zh' ? 'en' : language);
}

/** "not eligible" against "ineligible". */
function prefixed(_lower: string, key: string, evidence: Side, claim: Side): boolean {
  return evidence.words.some((word) => word.kind === 'word' && baseOf(word.lower, claim.language) === key);
}

/** "days you have not used" against "unused days". */
function besidePrefixed(side: Side, not: Negation, other: Side): boolean {
  const at = side.words.findIndex((word) => word.start === not.start);
  const behind = side.words
    .slice(at + 1, at + 4)
    .filter((word) => word.kind === 'word' && word.clause === not.clause)
    .map((word) => word.key);
  return behind.length > 0 && other.words.some((word) => word.kind === 'word' && behind.includes(baseOf(word.lower, side.language) ?? ''));
}

function prefixedNear(evidence: Side, index: number): boolean {
  return evidence.words.some(
    (word) =>
      word.sentence === evidence.words[index]!.sentence &&
      word.kind === 'word' &&
      /^(?:un(?:able|likely|available|willing)|im(?:possible)|in(?:eligible|valid))/.test(word.lower),
  );
}

function hasPrefixed(a: Side, b: Side): boolean {
  return a.words.some((word) => {
    const base = word.kind === 'word' ? baseOf(word.lower, a.language) : undefined;
    return base !== undefined && b.keys.has(base);
  });
}

/** "ineligible" from "eligible", or the other way round, without a "not". */
function prefixFault(claim: Side, evidence: Side, claimed: Negation[], given: Negation[]): boolean {
  const check = (a: Side, b: Side, nots: Negation[]): boolean =>
    a.words.some((word) => {
      const base = word.kind === 'word' ? baseOf(word.lower, a.language) : undefined;
      if (base === undefined || b.keys.has(word.key)) return false;
      const places = word.lower.startsWith('un') ? wordsWith(b, base) : placesOf(b, base);
      return (
        places.length > 0 &&
        !a.keys.has(base) &&
        !places.some((j) => isDenied(b, j, nots)) &&
        !sentenceHas(b, b.words[places[0]!]!.sentence, FORBIDDING)
      );
    });
  return check(claim, evidence, given) || check(evidence, claim, claimed);
}
