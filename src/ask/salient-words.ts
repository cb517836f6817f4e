/** The words of a text that say what it is about: no stop words, no words that fit any question. Pure. */
import { foldHan, stopWordsOf } from '../search/languages.ts';

/** Words that any question may have, beside the stop words; they name nothing. */
const VAGUE: Record<string, string> = {
  en: 'next last first second third previous following preceding final former latter rest thing things something anything everything someone anyone one ones item items level levels category step steps point part row entry line way more most many much few another other others else again afterwards later soon still already now case mean means happen happens happened get gets getting got go goes going find know need needs want wants work works come came comes take takes does doing make makes apply applies example ok okay thanks thank yes sure great hello hi hey long often far early late soon exactly really actually same instead otherwise whole full question answer explain say says said give gives use above below down up after before like please able possible difference about let see she he told tell ask',
  de: 'nächste nächster nächstes letzte letzter letztes erste erster erstes vorige folgende andere anderer anderes anderen sonst noch auch dann danach später schon jetzt genau eigentlich bitte danke ja nein gut super okay ok ding dinge sache fall beispiel heißt bedeutet geht gilt gibt kommt macht machen brauche brauchen bekomme bekommen möglich lange oft viel viele mehr wann wo wer was wie warum wieso weshalb welche welcher welches wieviel frage antwort stattdessen außerdem finde finden davon dazu dafür dabei danach darüber darauf daran darin daraus dagegen dadurch dahin dort dorthin',
  zh: '下一个 下一项 下 上 下一 一个 个 项 条 步 级 呢 吗 吧 啊 那 那么 然后 还 还有 也 另外 其他 其中 上面 刚才 为什么 怎么 怎么样 如何 什么 什么时候 时候 哪里 哪 哪些 谁 多少 多久 几 几个 几天 几次 几年 多 长 请问 谢谢 好 好的 这 那个 这个 这样 那样 它 它们 他 她 他们 可以 需要 应该 能 要 会 是 有 没有 的 了 例如 比如 意思 问题 情况 东西 一下 之后 以后 之前 后来 呀 换成 如果 不过 但是',
};
const vague = new Map<string, Set<string>>();

const HAN = /\p{Script=Han}/u;
const SEGMENTER = new Intl.Segmenter('zh', { granularity: 'word' });
const WORD = /[\p{L}\p{N}\p{M}]/u;

/** Whether a text is written with Chinese characters. */
export function isHan(text: string): boolean {
  return HAN.test(text);
}

/**
 * The content words of a text, each once, in its order and as they were written; Chinese words as `Intl.Segmenter` cuts them.
 * @param language of the text, BCP 47 primary subtag
 */
export function contentWords(text: string, language: string): string[] {
  const words = new Map<string, string>();
  for (const token of text
    .normalize('NFKC')
    .replaceAll('’', "'")
    .split(/[\s,;:!?()[\]{}"“”„«»…，。！？；：、（）《》「」]+|[./](?=\s|$)|--+/u)) {
    const pieces = HAN.test(token)
      ? [...SEGMENTER.segment(token)].map((piece) => piece.segment)
      : [token.replaceAll(/^['`*~.-]+|['`*~.-]+$/g, '')];
    for (const piece of pieces) {
      const key = keyOf(piece);
      if (WORD.test(piece) && !words.has(key) && !isEmpty(piece, key, language)) words.set(key, piece);
    }
  }
  return [...words.values()];
}

/** Words as a text again; Chinese ones that were neighbours in `text` stay so, because others may cut them in another place. */
export function joinWords(words: string[], text: string): string {
  return words.reduce((line, word, at) => {
    const before = words[at - 1] ?? '';
    return `${line}${at > 0 && !(isHan(before) && isHan(word) && text.includes(before + word)) ? ' ' : ''}${word}`;
  }, '');
}

/** What a word is compared by. */
export function keyOf(word: string): string {
  return foldHan(word.toLowerCase());
}

function isEmpty(word: string, key: string, language: string): boolean {
  const spoken = HAN.test(word) ? 'zh' : language === 'zh' ? 'en' : language;
  let empty = vague.get(spoken);
  if (!empty) vague.set(spoken, (empty = new Set((VAGUE[spoken] ?? '').split(' '))));
  // `IT` and `US` are names.
  if (word.length > 1 && word.length <= 4 && word === word.toUpperCase() && /\p{Lu}{2}/u.test(word)) return false;
  const stops = stopWordsOf(spoken);
  if (spoken === 'zh' && /^(?:[它他她这那].?|[也还就都又].*)$/u.test(key) && key.length <= 3) return true;
  const stem = key.replace(/'(?:s|re|ve|ll|d|m)$|n't$/u, '');
  return (
    stops.has(key) || empty.has(key) || stops.has(stem) || empty.has(stem) || (spoken !== 'zh' && stem.length === 1 && !/\p{N}/u.test(stem))
  );
}
