/** Two parts of a sentence that changed places around what joins them: "A beat B" told as "B beat A". */
import type { Side } from './side.ts';
import type { Word } from './words.ts';

/** Parts that may change places freely: lists. */
const JOINING = /^(?:and|or|und|oder|与|和|及|或|、|,|，|&|\/|-|跟|同|以及)$/u;

interface Run {
  from: number;
  length: number;
  there: number;
}

/** Whether the claim has, word by word, a stretch of the evidence with two of its parts exchanged. */
export function partsSwapped(claim: Side, evidence: Side): boolean {
  const mine = claim.words.filter((word) => word.kind !== 'mark' || JOINING.test(word.raw));
  const theirs = evidence.words.filter((word) => word.kind !== 'mark' || JOINING.test(word.raw));
  const runs = runsOf(mine, theirs);
  for (let i = 0; i + 2 < runs.length; i++) {
    const [first, middle, last] = [runs[i]!, runs[i + 1]!, runs[i + 2]!];
    if (first.there !== middle.there + middle.length || last.there + last.length !== middle.there) continue;
    const between = mine.slice(middle.from, middle.from + middle.length);
    if (between.some((word) => JOINING.test(word.lower)) && between.length <= 2) continue;
    const part = (run: Run): Word[] => mine.slice(run.from, run.from + run.length);
    if (!substantial(part(first)) || !substantial(part(last)) || between.every((word) => word.kind === 'mark')) continue;
    const sentence = theirs[first.there]!.sentence;
    if (theirs[last.there]!.sentence !== sentence) continue;
    return true;
  }
  return false;
}

function substantial(words: Word[]): boolean {
  return (
    words.some((word) => word.content || word.kind === 'number') && (words[0]!.kind !== 'han' || words.length >= 2) && words.length <= 12
  );
}

/** The claim as stretches of the evidence, longest first from left to right; words that it lacks end a stretch. */
function runsOf(mine: Word[], theirs: Word[]): Run[] {
  const places = new Map<string, number[]>();
  theirs.forEach((word, j) => {
    const known = places.get(word.lower);
    if (known) {
      if (known.length < 40) known.push(j);
    } else places.set(word.lower, [j]);
  });
  const runs: Run[] = [];
  for (let i = 0; i < mine.length;) {
    let best: Run | undefined;
    for (const j of places.get(mine[i]!.lower) ?? []) {
      let length = 0;
      while (i + length < mine.length && j + length < theirs.length && mine[i + length]!.lower === theirs[j + length]!.lower) length++;
      if (!best || length > best.length) best = { from: i, length, there: j };
    }
    if (best) {
      runs.push(best);
      i += best.length;
    } else {
      runs.push({ from: i, length: 1, there: -1_000_000 - i * 3 });
      i++;
    }
  }
  return runs;
}
