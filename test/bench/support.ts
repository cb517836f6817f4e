/**
 * How well the support check tells true rewordings from altered claims, on real text.
 * `node test/bench/support.ts [--show kept|caught:KIND] [--set NAME] [--limit N]`: a table; with --show the misses themselves.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkSupport, type Evidence, type Support } from '../../src/ask/support.ts';
import { locateQuote } from '../../src/ask/locate-quote.ts';
import { splitSentences } from '../../src/passage-text.ts';
import { HANDBOOK_REWORDINGS } from '../fakes/handbook-rewordings.ts';
import { alterationsOf, alterName, inventQuote, namesOf, randomFrom } from '../fakes/altered-claims.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/retrieval', import.meta.url));
const option = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const show = option('--show');
const onlySet = option('--set');
const limit = Number(option('--limit') ?? Infinity);

interface Item {
  set: string;
  sentence: string;
  language: string;
  evidence: Evidence[];
  question: string;
  /** Names that a person gave as answers to who and where: for exchanges. */
  names?: string[];
}

interface Row {
  _id: string;
  text: string;
  title?: string;
  answer?: string;
  answerable?: boolean;
  references?: string[];
}

const rows = (file: string): Row[] =>
  readFileSync(`${DATA}/${file}`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);

function goldOf(set: string): Map<string, Row[]> {
  const corpus = new Map(rows(`${set}/corpus.jsonl`).map((row) => [row._id, row]));
  const gold = new Map<string, Row[]>();
  for (const line of readFileSync(`${DATA}/${set}/qrels.tsv`, 'utf8').split('\n').slice(1)) {
    const [query, document] = line.split('\t');
    const row = corpus.get(document ?? '');
    if (query && row) gold.set(query, [...(gold.get(query) ?? []), row]);
  }
  return gold;
}

const sentencesOf = (text: string): string[] => splitSentences(text).map((range) => text.slice(range.start, range.end));
const evidenceOf = (quote: string, passage: string, language: string, title = ''): Evidence => ({
  quote,
  passagePlain: passage,
  title,
  headingPath: [],
  language,
});

/** People's free answers over their own gold sentences. */
function answersOf(set: string): Item[] {
  const gold = goldOf(set);
  return rows(`${set}/queries.jsonl`)
    .filter((row) => row.answerable !== false && row.answer && row.references && row.references.length > 0)
    .flatMap((row) => {
      const documents = gold.get(row._id) ?? [];
      const evidence = row.references!.map((reference) => {
        const home = documents.find((document) => document.text.includes(reference)) ?? documents[0];
        return evidenceOf(reference, home?.text ?? reference, 'en', home?.title ?? '');
      });
      return sentencesOf(row.answer!).map((sentence) => ({
        set: `${set}: people's answers`,
        sentence,
        language: 'en',
        evidence,
        question: row.text,
      }));
    });
}

/** Sentences of the passages as they are. */
function sentencesAs(set: string, language: string): Item[] {
  return rows(`${set}/corpus.jsonl`)
    .slice(0, 240)
    .flatMap((row) =>
      sentencesOf(row.text)
        .filter((sentence) => sentence.length > 20)
        .map((sentence) => ({
          set: `${set}: reworded`,
          sentence,
          language,
          evidence: [evidenceOf(sentence, row.text, language, row.title ?? '')],
          question: '',
        })),
    );
}

const REWORDINGS_EN: [RegExp, string][] = [
  [/ ?\([^()]*\)/g, ''],
  [/, (?:which|who|where|while|although)\b[^,.;]*(?=[,.;])/g, ''],
  [/^(?:However|Therefore|Moreover|Furthermore|In addition|Also|For example|As a result|Additionally), /, ''],
  [/\btwo\b(?!-)/g, '2'],
  [/\bthree\b(?!-)/g, '3'],
  [/\bfour\b(?!-)/g, '4'],
  [/\bfive\b(?!-)/g, '5'],
  [/\bten\b(?!-)/g, '10'],
  [/(?<=\d) ?%/g, ' percent'],
  [/(?<=\d)(?=\d{3}(?:\D|$))(?<!\d\d\d\d)(?<![.,]\d*)(?= )/g, ','],
  [/\bbegan\b/g, 'started'],
  [/\bobtained\b/g, 'got'],
  [/\bpurchased?\b/g, 'buy'],
  [/\blarge\b/g, 'big'],
  [/\bin order to\b/g, 'to'],
  [/\bapproximately\b/g, 'about'],
  [/\bbecause of\b/g, 'due to'],
  [/\bnumerous\b/g, 'many'],
  [/\bassist\b/g, 'help'],
  [/\butiliz/g, 'us'],
  [/\balso\b ?/g, ''],
  [/\bis not\b/g, "isn't"],
  [/\bdid not\b/g, "didn't"],
  [/\bdoes not\b/g, "doesn't"],
  [/\bcannot\b/g, "can't"],
  [/\bcan not\b/g, 'cannot'],
];
const REWORDINGS_ZH: [RegExp, string][] = [
  [/（[^（）]*）|\([^()]*\)/gu, ''],
  [/^(?:但是?|因此|然而|此外|另外|同时|例如|不过|所以)，?/u, ''],
  [/二(?=[个名位人天年])/gu, '两'],
  [/三(?=[个名位人天年次])/gu, '3'],
  [/四(?=[个名位人天年次])/gu, '4'],
  [/(\d+(?:\.\d+)?) ?%/gu, '百分之$1'],
  [/(?<=\d) (?=\p{Script=Han})|(?<=\p{Script=Han}) (?=\d)/gu, ''],
  [/由于/gu, '因为'],
  [/并且/gu, '而且'],
  [/但是?(?=\p{Script=Han})/gu, '不过'],
  [/开始/gu, '着手'],
  [/获得/gu, '得到'],
  [/拥有/gu, '具有'],
  [/位于/gu, '在'],
  [/通过/gu, '经由'],
  [/包括/gu, '包含'],
  [/其中/gu, ''],
  [/也(?=[是在有被])/gu, ''],
];

/** As a model words a quote anew: brackets and side clauses left out, other words, other written forms. */
function reworded(items: Item[]): Item[] {
  return items.flatMap((item) => {
    let sentence = item.sentence;
    for (const [pattern, replacement] of item.language === 'zh' ? REWORDINGS_ZH : REWORDINGS_EN)
      sentence = sentence.replace(pattern, replacement);
    sentence = sentence.replace(/ {2,}/g, ' ').trim();
    return sentence === item.sentence || sentence.length < 12 ? [] : [{ ...item, sentence }];
  });
}

const ASKED_EN =
  /^(?:Who|What|Which(?: [\p{L}\p{N} '-]{1,30}?)?|How many [\p{L} ]{1,24}?) (?=(?:is|was|are|were|has|had|led|won|did not|caused|made|wrote|gave|took|became|played|used|began|created|developed|founded|killed|sold|bought|held|helped|makes?|can|could|will|would|should|must|uses?|\p{Ll}+ed) )/u;
const ASKED_ZH =
  /(?:在)?(?:哪里|哪儿|什么地方|何处)|什么时候|何时|(?:在)?哪一?年|谁|多少(?=\p{Script=Han})|多少|(?:哪|什么)一?[个位名座种条家支部本](?=\p{Script=Han})|什么/u;

/** People's questions with their answers put in: true statements in other words than the passage's. */
function statementsOf(set: string, language: string): Item[] {
  const gold = goldOf(set);
  return rows(`${set}/queries.jsonl`)
    .filter((row) => row.answerable !== false && row.answer)
    .flatMap((row) => {
      const passage = gold.get(row._id)?.[0];
      if (!passage || !passage.text.includes(row.answer!)) return [];
      const holding = sentencesOf(passage.text).filter((sentence) => sentence.includes(row.answer!));
      const asked = language === 'zh' ? ASKED_ZH.exec(row.text) : ASKED_EN.exec(row.text);
      if (
        holding.length !== 1 ||
        !asked ||
        (language === 'zh' && (row.text.match(new RegExp(ASKED_ZH, 'gu'))?.length !== 1 || /为什么|怎么|吗|是否|除了|还有/.test(row.text)))
      )
        return [];
      const bare = row.answer!.replace(/[。.]$/u, '');
      // "多少分" + "308 分": the measure word stands once
      const rest = row.text.slice(asked.index + asked[0].length);
      const overlap = language === 'zh' && rest.length > 1 && bare.endsWith(rest[0]!) ? 1 : 0;
      const sentence = `${row.text.slice(0, asked.index)}${bare}${language === 'zh' ? '' : ' '}${rest.slice(overlap).trimStart()}`.replace(
        / ?[?？]$/u,
        language === 'zh' ? '。' : '.',
      );
      const isName =
        /^(?:Who|Where)\b|谁|哪里|什么地方/u.test(row.text) && !/^\d/.test(bare) && bare.length <= (language === 'zh' ? 12 : 30);
      return [
        {
          set: `${set}: question and answer as a statement`,
          sentence,
          language,
          evidence: [evidenceOf(holding[0]!, passage.text, language, passage.title ?? '')],
          question: '',
          names: isName ? [bare] : undefined,
        },
      ];
    });
}

/** The same paragraphs in two languages, sentences paired where their counts agree. */
function pairsAcross(): Item[] {
  const english = new Map(rows('xquad-en/corpus.jsonl').map((row) => [row._id, row.text]));
  return rows('xquad-zh/corpus.jsonl').flatMap((row) => {
    const zh = sentencesOf(row.text);
    const text = english.get(row._id) ?? '';
    const en = sentencesOf(text);
    if (zh.length !== en.length) return [];
    return zh.flatMap((sentence, i): Item[] => [
      { set: 'xquad: Chinese over English', sentence, language: 'zh', evidence: [evidenceOf(en[i]!, text, 'en')], question: '' },
      {
        set: 'xquad: English over Chinese',
        sentence: en[i]!,
        language: 'en',
        evidence: [evidenceOf(sentence, row.text, 'zh')],
        question: '',
      },
    ]);
  });
}

const languageOf = (text: string): string => (/\p{Script=Han}/u.test(text) ? 'zh' : 'en');

const handbook = (): Item[] =>
  HANDBOOK_REWORDINGS.map(([quote, sentence]) => ({
    set:
      languageOf(quote) === languageOf(sentence) ? `handbook by hand, ${languageOf(quote)}` : 'handbook by hand: one language over another',
    sentence,
    language: languageOf(sentence),
    evidence: [evidenceOf(quote, quote, languageOf(quote))],
    question: '',
  }));

interface Tally {
  n: number;
  good: number;
  why: Map<string, number>;
}

const judge = (item: Item, sentence = item.sentence, evidence = item.evidence): Support =>
  checkSupport({ text: sentence, language: item.language }, evidence, { question: item.question });

function main(): void {
  if (!existsSync(DATA)) throw new Error('support bench: ../shared/data/retrieval is not there');
  const sets: Item[][] = [
    ['clapnq-dev-en', 'gitlab-handbook-en', 'everyday-handbook-en'].flatMap(answersOf),
    reworded(sentencesAs('xquad-en', 'en')),
    reworded(sentencesAs('xquad-zh', 'zh')),
    reworded(sentencesAs('cmrc2018-trial-zh', 'zh')),
    statementsOf('xquad-en', 'en'),
    statementsOf('xquad-zh', 'zh'),
    statementsOf('cmrc2018-trial-zh', 'zh'),
    pairsAcross(),
    handbook(),
  ];
  const verbatim = [...sentencesAs('xquad-en', 'en'), ...sentencesAs('xquad-zh', 'zh'), ...sentencesAs('cmrc2018-trial-zh', 'zh')].map(
    (item) => ({ ...item, set: item.set.replace('reworded', 'as they are') }),
  );
  const items = [...verbatim, ...sets.flat()].filter((item) => !onlySet || item.set.includes(onlySet)).slice(0, limit);
  const kept = new Map<string, Tally>();
  const caught = new Map<string, Tally>();
  const count = (tallies: Map<string, Tally>, key: string, good: boolean, why: string): void => {
    const tally = tallies.get(key) ?? { n: 0, good: 0, why: new Map() };
    tally.n++;
    if (good) tally.good++;
    else tally.why.set(why, (tally.why.get(why) ?? 0) + 1);
    tallies.set(key, tally);
  };
  const random = randomFrom(7);
  const allNames = items.flatMap((item) =>
    (item.names ?? []).map((name) => ({ name, passage: item.evidence[0]!.passagePlain, language: item.language })),
  );
  const started = performance.now();
  let checks = 0;
  const foundFalse = (item: Item, kind: string, text: string, evidence = item.evidence): void => {
    const result = judge(item, text, evidence);
    checks++;
    const group = `${item.set.includes(' over ') ? 'across' : item.language} ${kind}`;
    count(caught, group, !result.supported, item.set);
    if (show?.startsWith('caught') && group.includes(show.slice(7)) && result.supported)
      console.log(
        `MISS ${group} | ${item.set}\n  was ${item.sentence}\n  now ${text}\n  quote ${item.evidence
          .map((e) => e.quote)
          .join(' / ')
          .slice(0, 500)}`,
      );
  };
  items.forEach((item, i) => {
    const result = judge(item);
    checks++;
    count(kept, item.set, result.supported, result.supported ? '' : result.reason);
    if (show?.startsWith('kept') && !result.supported && (show.length < 6 || show.slice(5) === result.reason))
      console.log(
        `LOST ${item.set} ${result.reason} ${result.share.toFixed(2)}\n  ${item.sentence}\n  ${item.evidence
          .map((e) => e.quote)
          .join(' / ')
          .slice(0, 600)}`,
      );
    if (!result.supported) return;
    const passage = item.evidence.map((e) => e.passagePlain).join('\n');
    const across = item.set.includes(' over ');
    for (const alteration of alterationsOf(item.sentence, across ? [] : namesOf(passage), random)) {
      // Across languages only Latin names in Chinese can be compared at all, and a swap of two figures not.
      if (across && ['swapped-numbers', 'modality'].includes(alteration.kind)) continue;
      if (across && alteration.kind === 'foreign-name') continue;
      foundFalse(item, alteration.kind, alteration.text);
    }
    for (const name of item.names ?? []) {
      const same = allNames.filter((other) => other.passage === passage && other.name !== name).map((other) => other.name);
      const far = allNames.filter((other) => other.language === item.language && !passage.includes(other.name)).map((other) => other.name);
      const near = same.length > 0 ? alterName(item.sentence, same, random, [name]) : undefined;
      const foreign = alterName(item.sentence, far, random, [name]);
      if (near) foundFalse(item, 'person or place of the same passage', near);
      if (foreign) foundFalse(item, 'person or place from elsewhere', foreign);
    }
    if (locateQuote(inventQuote(item.sentence, passage, random), passage)) count(caught, 'invented quote', false, item.set);
    else count(caught, 'invented quote', true, '');
    if (!across) {
      const other = items[(i + 37) % items.length]!;
      const wrong = other.evidence[0]!;
      if (wrong.passagePlain !== item.evidence[0]!.passagePlain && wrong.language === item.language)
        foundFalse(item, 'cites another passage', item.sentence, [wrong]);
      const sentences = sentencesOf(item.evidence[0]!.passagePlain).filter(
        (sentence) =>
          !item.evidence.some((e) => e.quote.includes(sentence) || sentence.includes(e.quote)) &&
          !sentence.includes(item.sentence.slice(0, 30)),
      );
      const beside = sentences[Math.floor(random() * sentences.length)];
      if (beside) foundFalse(item, 'cites another sentence of the passage', item.sentence, [{ ...item.evidence[0]!, quote: beside }]);
    }
  });
  const table = (name: string, tallies: Map<string, Tally>): void => {
    console.log(`\n${name}`);
    for (const [key, tally] of [...tallies].sort())
      console.log(
        `${((100 * tally.good) / tally.n).toFixed(1).padStart(6)} %  ${String(tally.good).padStart(5)}/${String(tally.n).padEnd(5)} ${key}   ${[
          ...tally.why,
        ]
          .sort((a, b) => b[1] - a[1])
          .map(([why, n]) => `${why} ${n}`)
          .join(', ')}`,
      );
  };
  table('True sentences kept (lost to)', kept);
  table('Altered claims caught (missed in)', caught);
  console.log(`\n${checks} checks, ${((performance.now() - started) / checks).toFixed(2)} ms each`);
}

main();
