import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzePassage, analyzeQuery, detectLanguage, termsOf } from '../../src/search/analyzer.ts';
import { encodeTerms, termCode } from '../../src/search/term-codes.ts';

describe('termsOf', () => {
  it.each([
    ['forms of a word', 'Vacations vacationing', 'vacation', 'en'],
    ['German', 'Die Wohnungen', 'Wohnung', 'de'],
    ['French, behind an apostrophe', "l'entreprise", 'entreprises', 'fr'],
    ['Spanish', 'las políticas', 'política', 'es'],
    ['full-width letters', 'ＶＰＮ', 'vpn', 'en'],
    ['Traditional and Simplified', '報銷', '报销', 'zh'],
    ['English in a Chinese document', '请看 Policies', 'policy', 'zh'],
    ['possessives', "the company's", 'company', 'en'],
    ['curly apostrophes', 'the company’s', 'company', 'en'],
    ['a hyphen or none', 'e-mail', 'email', 'en'],
    ['a separator of thousands or none', '1,000 USD', '1000 USD', 'en'],
  ])('%s', (_, one, other, language) => {
    const terms = termsOf(one, language);
    for (const term of termsOf(other, language)) expect(terms).toContain(term);
  });

  it('leaves stop words out, contracted ones too', () => {
    expect(termsOf("What's the policy? We don't know; it isn't ours.", 'en')).toEqual(termsOf('policy know', 'en'));
    expect(termsOf('请问我们的年假是什么？', 'zh')).toEqual(['年假']);
  });

  it('keeps stop words where there is nothing else, and short names in capitals', () => {
    expect(termsOf('Who we are', 'en')).toEqual(['who', 'we', 'are']);
    expect(termsOf('IT in the US', 'en')).toEqual(['it', 'us']);
  });

  it.each([
    ['ABC-123', ['abc', '123', 'abc123']],
    ['max_upload_size', ['max', 'upload', 'size', 'max_upload_size']],
    ['v1.2.3', ['v1.2.3']],
    ['help@example.com', ['help', 'help@example.com']],
    ['/etc/docent/config.yaml', ['docent', 'etc/docent/config.yaml']],
    ['getUserName', ['user', 'name']],
    ['C++', ['c++']],
    ['C#', ['c#']],
  ])('finds %s whole and by part', (text, parts) => {
    const terms = termsOf(`see ${text} here`, 'en');
    for (const part of parts) expect(terms).toContain(part);
    for (const term of termsOf(text, 'en')) expect(terms).toContain(term);
  });

  it('keeps figures apart from letters that a stemmer would take them for', () => {
    expect(termsOf('123 3.5', 'en')).toEqual(['123', '3.5']);
  });

  it('cuts Chinese and Japanese into words and neighbouring characters', () => {
    expect(termsOf('年假政策', 'zh')).toEqual(expect.arrayContaining(['年假', '政策']));
    expect(termsOf('卢克·坎克利', 'zh')).toEqual(expect.arrayContaining(['卢克']));
    expect(termsOf('休暇は何日', 'ja')).toContain('休暇');
  });

  it('does the same for a text however often, in whatever order', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.constantFrom('en', 'de', 'zh', 'fr', 'ja', 'xx'),
        (text, language) => {
          const first = termsOf(text, language);
          termsOf(`${text} something else`, 'en');
          expect(termsOf(text, language)).toEqual(first);
          for (const term of first) {
            expect(term).not.toMatch(/\s/);
            expect(term.length).toBeGreaterThan(0);
          }
        },
      ),
    );
  });

  it('finds each word of a text by a question of that word alone', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{3,12}$/), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, (list) => {
        const terms = new Set(termsOf(`the ${list.join(' and ')} of`, 'en'));
        for (const word of list) {
          const asked = analyzeQuery(word, ['en']).terms.map(({ term }) => term);
          if (termsOf(`${word} zebra`, 'en').length === 2)
            expect(
              asked.some((term) => terms.has(term)),
              word,
            ).toBe(true);
        }
      }),
    );
  });
});

describe('analyzeQuery', () => {
  it('takes any text and gives a bounded number of terms with positive weights', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 2_000 }),
        fc.uniqueArray(fc.constantFrom('en', 'zh', 'de', 'ja'), { maxLength: 4 }),
        (text, languages) => {
          const { terms, pairs } = analyzeQuery(text, languages);
          expect(new Set(terms.map(({ term }) => term)).size).toBe(terms.length);
          const known = new Set(terms.map(({ term }) => term));
          for (const { weight } of terms) expect(weight).toBeGreaterThan(0);
          for (const { first, second } of pairs) expect(known.has(first) && known.has(second)).toBe(true);
        },
      ),
    );
  });

  it('is quick with 40,000 characters', () => {
    analyzeQuery('warm up', ['en']);
    const started = performance.now();
    const { terms } = analyzeQuery(Array.from({ length: 8_000 }, (_, i) => `word${i}`).join(' '), ['en']);
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(terms.length).toBeLessThanOrEqual(1_024);
    expect(terms.length).toBeGreaterThan(100);
  });

  it('looks for a word under its stem in each language of the index', () => {
    const terms = analyzeQuery('Wohnungen', ['en', 'de']).terms.map(({ term }) => term);
    expect(terms).toEqual(expect.arrayContaining([...termsOf('Wohnungen', 'en'), ...termsOf('Wohnungen', 'de')]));
  });

  it('leaves out the stop words of the language that it is asked in', () => {
    expect(analyzeQuery('Wie viele Urlaubstage habe ich im Jahr?', ['en', 'de']).terms.map(({ term }) => term)).not.toContain('wie');
  });

  it('says how often a word stands, and which are neighbours', () => {
    const { terms, pairs } = analyzeQuery('badge lost badge', ['en']);
    expect(terms.find(({ term }) => term === 'badg')?.weight).toBe(2);
    expect(pairs).toEqual([
      { first: 'badg', second: 'lost' },
      { first: 'lost', second: 'badg' },
    ]);
  });
});

it('analyzePassage gives title, headings and text apart', () => {
  expect(analyzePassage({ title: 'Time off', headingPath: ['Leave', 'Parental leave'], text: 'Paid.' }, 'en')).toEqual({
    title: 'time off',
    heading: 'leav parent leav',
    text: 'paid',
  });
});

describe('detectLanguage', () => {
  it.each([
    ['What is PTO?', 'en'],
    ['how do i get a new laptop', 'en'],
    ['Wie viele Urlaubstage habe ich?', 'de'],
    ['Combien de jours de congé ai-je ?', 'fr'],
    ['¿Cuántos días de vacaciones tengo?', 'es'],
    ['Quantos dias de férias tenho?', 'pt'],
    ['Quanti giorni di ferie ho?', 'it'],
    ['Hoeveel vakantiedagen heb ik?', 'nl'],
    ['Сколько у меня дней отпуска?', 'ru'],
    ['年假有多少天？', 'zh'],
    ['GitLab 的请假政策是什么', 'zh'],
    ['MIT OpenCourseWare指什么？', 'zh'],
    ['休暇は何日ありますか', 'ja'],
    ['휴가는 며칠인가요?', 'ko'],
    ['The office in 北京 is open from nine to five.', 'en'],
  ])('%s is %s, whatever the index speaks', (text, language) => {
    for (const candidates of [[], ['en'], ['en', 'zh'], ['de', 'en']]) expect(detectLanguage(text, candidates)).toBe(language);
  });

  it('takes what does not tell for the likeliest language', () => {
    expect(detectLanguage('kubectl apply', ['en', 'de'])).toBe('en');
    expect(detectLanguage('Urlaub beantragen', ['de', 'en'])).toBe('de');
    expect(detectLanguage('12:30 !?', ['zh'])).toBe('zh');
    expect(detectLanguage('')).toBe('en');
  });
});

describe('encodeTerms', () => {
  it('keeps fields apart and in order', () => {
    expect([...encodeTerms({ title: 'a', heading: '', text: 'b a' })]).toEqual([1, 0, termCode('a'), termCode('b'), termCode('a')]);
  });

  it('hardly ever gives two words one code', () => {
    const codes = new Set(Array.from({ length: 100_000 }, (_, i) => termCode(`w${i}`)));
    expect(codes.size).toBeGreaterThanOrEqual(99_990);
  });
});
