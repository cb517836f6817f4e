/** Whether a word is English: a real word that the documents do not say is not misspelt ("dental" beside "rental"). */

/** Takes lower-case words; contractions without their apostrophe ("cant") and names in small letters are words too. */
export type IsWord = (word: string) => boolean;

interface Affix {
  flag: string;
  /** What the affix takes from the word that it stands at, and puts there. */
  strip: string;
  add: string;
  condition: RegExp;
}

let loaded: Promise<IsWord> | undefined;

/** Read when first needed (dictionary-en, Hunspell's English word list of 50,000 words with their affixes). */
export function englishWords(): Promise<IsWord> {
  loaded ??= import('dictionary-en').then(({ default: { aff, dic } }) => {
    const decoder = new TextDecoder();
    return readDictionary(decoder.decode(aff), decoder.decode(dic));
  });
  return loaded;
}

/** A Hunspell dictionary as a test for words, as far as English needs it: one prefix and one suffix (hunspell(5)). */
export function readDictionary(affixes: string, words: string): IsWord {
  const flags = new Map<string, string>();
  for (const line of words.split('\n').slice(1)) {
    const [word, flag = ''] = line.trim().split('/');
    const plain = (word ?? '').toLowerCase().replaceAll("'", '');
    if (plain !== '') flags.set(plain, (flags.get(plain) ?? '') + flag);
  }
  const rules = (kind: 'PFX' | 'SFX'): Affix[] =>
    [...affixes.matchAll(new RegExp(`^${kind} (\\S) +(\\S+) +(\\S+) +(\\S+)`, 'gm'))].map(([, flag, strip, add, condition]) => ({
      flag: flag!,
      strip: strip === '0' ? '' : strip!,
      add: add!.replaceAll("'", ''),
      condition: new RegExp(kind === 'SFX' ? `${condition}$` : `^${condition}`),
    }));
  const [prefixes, suffixes] = [rules('PFX'), rules('SFX')];
  const has = (base: string, ...wanted: string[]): boolean => {
    const own = flags.get(base);
    return own !== undefined && wanted.every((flag) => own.includes(flag));
  };
  const suffixed = (word: string, ...prefix: string[]): boolean =>
    has(word, ...prefix) ||
    suffixes.some(({ flag, strip, add, condition }) => {
      if (add === '' || !word.endsWith(add)) return false;
      const base = word.slice(0, -add.length) + strip;
      return condition.test(base) && has(base, flag, ...prefix);
    });
  return (word) => suffixed(word) || prefixes.some(({ flag, add }) => word.startsWith(add) && suffixed(word.slice(add.length), flag));
}
