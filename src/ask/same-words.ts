/** Whether two texts say the same in the same words: what may be left out beside a copy, and what never. Pure. */

/** Says nothing by itself. */
const ARTICLES = new Set('a an the der die das den dem des ein eine einen einem einer eines'.split(' '));

/** Small words that turn a statement, and numbers in words: a text that has one more says something else. */
const TURNING = new Set(
  (
    'not no never none nobody nothing neither nor without cannot cant dont doesnt didnt wont isnt arent except unless only until but however instead ' +
    'formerly previously obsolete outdated deprecated draft expired withdrawn superseded replaced longer anymore invalid forbidden prohibited banned denied ' +
    'refused rejected excluded exempt optional voluntary must may before after over under above below least most ' +
    'zero one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety hundred thousand million billion half double twice once ' +
    'second third quarter day days week weeks month months year years hour hours minute minutes daily weekly monthly quarterly yearly annually ' +
    'nicht kein keine keinen keinem keiner nie niemals ohne weder noch außer nur bis aber veraltet ungültig verboten untersagt ' +
    'null zwei drei vier fünf sechs sieben acht neun zehn elf zwölf hundert tausend tag tage woche wochen monat monate jahr jahre stunde stunden täglich wöchentlich monatlich jährlich'
  ).split(' '),
);
/** Where nobody can tell names from words, every character counts. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;
const TOKEN = /[\p{L}\p{M}'’]+|[^\s\p{L}\p{M}]+/gu;
const FIGURE = /\p{N}/u;
/** A sign that says something alone: `%`, `€`, `<`, `✓`; a table's bars do not. */
const SIGN = /(?![|`^])[\p{S}%‰]/u;
const EDGES = /^[\p{Ps}\p{Pi}"'“*_|#`~]+|[\p{Pe}\p{Pf}"'”*_|`~.,:;!?。，：；！？、]+$/gu;

interface Word {
  text: string;
  /** A figure, a sign, a name or a small word that turns what is said. */
  telling: boolean;
}

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let first = true;
  for (const chunk of text.normalize('NFKC').replaceAll('’', "'").split(/\s+/)) {
    // A figure is taken with all that stands at it: `-5%`, `€1.000,50`, `v2.1-rc`, `2024-11-01`.
    const bare = chunk.replace(EDGES, '');
    const pieces = FIGURE.test(bare) ? [bare] : (bare.match(TOKEN) ?? []);
    for (const piece of pieces) {
      const lower = piece.toLowerCase().replaceAll("'", '');
      if (ARTICLES.has(lower)) first = false;
      else if (FIGURE.test(piece)) words.push({ text: lower, telling: true });
      else if (/[\p{L}\p{M}]/u.test(piece)) {
        const name = /^\p{Lu}/u.test(piece) && (!first || /\p{Lu}.*\p{Lu}/u.test(piece));
        words.push({
          text: lower,
          telling: name || TURNING.has(lower) || (lower.endsWith('nt') && piece.includes("'")) || UNSPACED.test(piece),
        });
        first = false;
      } else if (SIGN.test(piece)) words.push({ text: piece, telling: true });
    }
    if (/[.!?:。！？：]["'”)]*$/.test(chunk)) first = true;
  }
  return words;
}

/** A text's words without case, articles and marks: equal for two that say the same in the same words. */
export function sameWordsKey(text: string): string {
  return wordsOf(text)
    .map((word) => word.text)
    .join(' ');
}

/** Whether a text holds a figure, a name, a "not" or the like: what no reader may miss. */
export function tells(text: string): boolean {
  return wordsOf(text).some((word) => word.telling);
}

/** Whether two texts have the same figures, names and turning words in the same order. */
export function sameFigures(one: string, other: string): boolean {
  const key = (text: string): string =>
    wordsOf(text)
      .filter((word) => word.telling)
      .map((word) => word.text)
      .join(' ');
  return key(one) === key(other);
}
