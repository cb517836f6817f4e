/** Whether some words are what an acronym stands for. Pure. */

/** As Schwartz and Hearst: at most min(|short| + 5, 2 |short|) words; the Latin stop words that stand within are free. */
const FREE = new Set(
  'of and the for a an in on to with by at or as from per & und der die das des für im zu von de du la le les et del di e y para pour och van het en'.split(
    ' ',
  ),
);
const WORDS = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}]+)*|&/gu;
/** A letter too many within the words ("Hypertext" for H and T) is rare; a chance match has many. */
const MOST_WITHIN = 3;

/** Two to ten characters, no blank, at least two capitals (or one beside a figure), and not a year, a number or a shouted word. */
export function isShortForm(text: string): boolean {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}&/.-]{1,11}$/u.test(text) || /\p{Script=Han}/u.test(text)) return false;
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  if (capitals < 2 && !(capitals === 1 && /\p{N}/u.test(text) && text.length <= 4)) return false;
  const lower = text.match(/\p{Ll}/gu)?.length ?? 0;
  return lower <= capitals;
}

interface Word {
  text: string;
  start: number;
  end: number;
}

function wordsIn(text: string): Word[] {
  return [...text.matchAll(WORDS)].flatMap((match) => {
    // `HyperText` gives two first letters.
    const parts = match[0].split(/(?<=\p{Ll})(?=\p{Lu})/u);
    let start = match.index;
    return parts.map((part) => {
      const word = { text: part, start, end: start + part.length };
      start = word.end;
      return word;
    });
  });
}

/** The long form that ends where `before` ends; the one with the fewest letters taken from within words, then the shortest. */
export function longFormBefore(short: string, before: string): string | undefined {
  const line = before.slice(before.lastIndexOf('\n') + 1).replace(/["'”’»*_`\s]+$/u, '');
  const sentence = line.slice(
    Math.max(...['. ', '! ', '? ', ': ', '; ', ' – ', ' — ', ' | ', '(', ')'].map((end) => line.lastIndexOf(end) + 1)),
  );
  const words = wordsIn(sentence);
  if (words.length === 0 || sentence.slice(words.at(-1)!.end).trim() !== '') return undefined;
  const letters = lettersOf(short);
  const most = Math.min(letters.length + 5, letters.length * 2);
  let best: { within: number; text: string } | undefined;
  for (let from = words.length - 1; from >= Math.max(0, words.length - most); from--) {
    if (isFree(words[from]!) && !startsWith(words[from]!, letters[0]!)) continue;
    const within = lettersWithin(letters, words.slice(from));
    if (within !== undefined && (best === undefined || within < best.within))
      best = { within, text: sentence.slice(words[from]!.start, words.at(-1)!.end) };
  }
  return best?.text;
}

/** The text, when all of it is what the acronym stands for. */
export function whole(short: string, text: string): string | undefined {
  if (/[\p{Script=Han}]/u.test(text)) return /^\p{Script=Han}{4,12}$/u.test(text) && !NO_NAME.test(text) ? text : undefined;
  const words = wordsIn(text);
  return words.length > 0 && lettersWithin(lettersOf(short), words) !== undefined ? text : undefined;
}

/** The long form that `after` begins with, when what follows it is no further word of the name. */
export function longFormAfter(short: string, after: string): string | undefined {
  const han = /^\p{Script=Han}{4,12}(?=[，。；、（(\s|]|$)/u.exec(after)?.[0];
  if (han !== undefined) return NO_NAME.test(han) ? undefined : han;
  const letters = lettersOf(short);
  const words = wordsIn(after);
  for (let to = 1; to <= Math.min(words.length, letters.length * 2); to++) {
    const rest = after.slice(words[to - 1]!.end);
    if (!/^["'”’»*_`)]*\s*(?:$|[.,;:|(—–]|-\s|is\b|are\b)/u.test(rest) || lettersWithin(letters, words.slice(0, to)) === undefined)
      continue;
    return after.slice(0, words[to - 1]!.end).trim();
  }
  return undefined;
}

function lettersOf(short: string): string[] {
  const plain = /^[\p{Lu}\p{N}&/.-]{2,}s$/u.test(short) ? short.slice(0, -1) : short;
  return [
    ...plain
      .normalize('NFKC')
      .toLowerCase()
      .matchAll(/[\p{L}\p{N}]/gu),
  ].map(([letter]) => letter);
}

const isFree = (word: Word): boolean => FREE.has(word.text.toLowerCase());
/** Figures that are said as words: "end-to-end (E2E)". */
const SAID: Record<string, string> = { '2': 'to', '4': 'for' };
const startsWith = (word: Word, letter: string): boolean => {
  const lower = word.text.toLowerCase();
  return lower.startsWith(letter) || SAID[letter] === lower;
};

/**
 * How many letters of the short form stand within words rather than at their starts; undefined when the words are not what
 * it stands for: letters in order, each content word giving its first, at least two words.
 */
function lettersWithin(letters: string[], words: Word[]): number | undefined {
  const content = words.filter((word) => !isFree(word)).length;
  // "Point of Sale" has two; with one, each word must give its letter ("as is").
  if (words.length < 2 || words[0]!.text === '&' || (content < 2 && letters.length !== words.length)) return undefined;
  const known = new Map<number, number | undefined>();
  const from = (letter: number, at: number): number | undefined => {
    if (at === words.length) return letter === letters.length ? 0 : undefined;
    const key = letter * 100 + at;
    if (known.has(key)) return known.get(key);
    const word = words[at]!;
    let best = isFree(word) ? from(letter, at + 1) : undefined;
    if (letter < letters.length && startsWith(word, letters[letter]!)) {
      const lower = word.text.toLowerCase();
      let place = 1;
      for (let taken = 0; taken <= MOST_WITHIN; taken++) {
        const rest = from(letter + taken + 1, at + 1);
        if (rest !== undefined && (best === undefined || rest + taken < best)) best = rest + taken;
        const next = letters[letter + taken + 1];
        const found = next === undefined ? -1 : lower.indexOf(next, place);
        if (found < 0) break;
        place = found + 1;
      }
    }
    known.set(key, best);
    return best;
  };
  const within = from(0, 0);
  if (within === undefined || (content < 2 && within > 0)) return undefined;
  return within <= MOST_WITHIN && within * 2 <= letters.length + 1 ? within : undefined;
}

/** In Chinese no letter tells: these are remarks, not names. */
const NO_NAME =
  /^(?:见|参见|详见|请见|可选|例如|比如|如|以下|上文|下文|以上|必填|必须|包括|不含|含|或|和|及|等|仅|限|待定|草案|新|旧|第|共|约|每|非|无|有|在|由|从|自|按|取|其中|目前|默认|建议|注意|不|已|未|最|名|位|个|家|只|又译|者|于)|(?:年|月|日|元|人|个|次|天|版|等)$/u;
/** Words that lead to a name and are none of it. */
const LEADING = new Set(
  '称为 叫做 叫作 称作 名为 享受 享有 采用 提交 关于 包括 提供 查看 参加 完成 需要 负责 属于 根据 按照 员工 公司 可 可以 请 先 有 所 把 被 由 将 向 对 在 是 为 的 了 与 和 或 及 以 于 从 到 天 名 位 个 家 次 项 条 份 种'.split(
    ' ',
  ),
);
const SHORTEST_HAN = 3;
const LONGEST_HAN = 10;

/**
 * The Chinese name that ends where `before` ends. Where it begins no letter says: at a mark, behind the last word that leads to
 * names, or else at the longest ending that the text says again.
 */
export function hanName(before: string, text: string): string | undefined {
  const run = /\p{Script=Han}+["”」』》*_\s]*$/u.exec(before)?.[0].replaceAll(/[^\p{Script=Han}]/gu, '');
  if (run === undefined || run.length < SHORTEST_HAN) return undefined;
  const words = [...new Intl.Segmenter('zh', { granularity: 'word' }).segment(run)];
  const lead = words.findLastIndex(({ segment }) => LEADING.has(segment));
  const names = words.slice(lead + 1).map(({ index }) => run.slice(index));
  const name =
    names[0] !== undefined && names[0].length <= LONGEST_HAN ? names[0] : names.find((one) => isNameLong(one) && occurs(one, text) > 1);
  return name !== undefined && isNameLong(name) && !NO_NAME.test(name) ? name : undefined;
}

const isNameLong = (name: string): boolean => name.length >= SHORTEST_HAN && name.length <= LONGEST_HAN;

function occurs(name: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(name); at >= 0 && count < 3; at = text.indexOf(name, at + name.length)) count++;
  return count;
}
