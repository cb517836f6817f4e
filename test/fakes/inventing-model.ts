/**
 * A language model that invents. It answers from the prompt it receives, line by line a truth or a lie, and knows which
 * is which: figures, dates, units, names, negations and small words altered, quotes made up, other passages cited, rows of
 * tables mixed up, broken markup, links and images, plain `[n]` lines, and every way of stopping before the end.
 */
import { alterationsOf, inventQuote, namesOf, randomFrom } from './altered-claims.ts';
import type { ChatCompletionRequest, Fault, RecordedRequest, ScriptedReply } from './openai-endpoint.ts';

/** One claim that the model made. */
export interface Told {
  /** As it would be shown. */
  text: string;
  lie: boolean;
  /** What was done to it, for the report. */
  kind: string;
  /** The true sentence that it was made from: a part of that is no lie. */
  of: string;
}

export interface PromptPassage {
  p: number;
  text: string;
}

/** What stands in a prompt of `src/ask/prompt.ts` or `standalone.ts`. */
export interface ReadPrompt {
  standalone: boolean;
  passages: PromptPassage[];
  question: string;
}

export interface InventingModel {
  reply(request: ChatCompletionRequest, nth: number): ScriptedReply;
  fault(request: RecordedRequest, nth: number): Fault | undefined;
  /** What it claimed in the last answer to a question. */
  told: Map<string, Told[]>;
}

const PASSAGE = /^=== Passage (\d+) \([^\n]*\) ===\n([^]*?)\n=== End of passage \1 ===$/gm;

export function readPrompt(messages: { role: string; content: string }[]): ReadPrompt {
  const user = messages.at(-1)?.content ?? '';
  if (messages[0]?.content.startsWith('You prepare a question'))
    return { standalone: true, passages: [], question: (JSON.parse(user) as { lastQuestion: string }).lastQuestion };
  const asked = /^The question: (".*")$/m.exec(user);
  return {
    standalone: false,
    passages: [...user.matchAll(PASSAGE)].map((m) => ({ p: Number(m[1]), text: m[2]! })),
    question: asked ? (JSON.parse(asked[1]!) as string) : '',
  };
}

/** Sentences of a passage as it is read, without table rows and code. Shares no code with `src`. */
export function sentencesIn(passage: string): string[] {
  return passage
    .split('\n')
    .filter((line) => !line.includes(' | ') && !/^\s*(?:\[|\w+ = |sudo |tbgw |make |git )/.test(line))
    .flatMap((line) => line.replace(/^\s*(?:[-*•]|\d+\.)\s+/, '').split(/(?<=[.!?])\s+(?=[\p{Lu}£€])|(?<=[。！？])/u))
    .map((sentence) => sentence.trim())
    .filter(
      (sentence) =>
        (/\p{Script=Han}/u.test(sentence) ? sentence.length >= 8 : sentence.split(' ').length >= 5) && /[.!?。！？]$/.test(sentence),
    );
}

/** What two texts that read alike have in common. */
export function asRead(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}]+/gu, '')
    .replace(/[\s*_`"“”]+/g, '')
    .replace(/[.。;；]+$/u, '')
    .toLowerCase();
}

const isHan = (text: string): boolean => /\p{Script=Han}/u.test(text);
const CLAIMS_EN = [
  ', and the company pays twice that amount',
  ', except on Mondays',
  ', as the law of 2019 requires',
  ', and Oskar Lindgren approves it',
  ' in Oldenburg',
  ', which costs £75',
  ' for at most three weeks',
];
const CLAIMS_ZH = ['，费用由董事会承担', '，周一除外', '，由陈思远批准', '，每次收费 75 元', '，最多三周', '，慕尼黑办公室同样适用'];
/** Capitalised because a clause begins there. */
const ANY_WORD = /^(?:The|This|How|When|Where|Each|Still|Your|One|If|Then|Day|Way|Under|Above|On|Extra|Copies|Slow)\b/;
/** "4 January 2027" with its numbers exchanged is the same day. */
const SAME_DATE = /\b20\d\d (?:January|February|March|April|May|June|July|August|September|October|November|December) \d/;
const LINK = 'https://evil.example/login?u=1';

interface Line {
  written: string;
  told: Told[];
}

type Random = () => number;
const pick = <T>(list: T[], random: Random): T => list[Math.floor(random() * list.length)]!;

function json(text: string, cites: { p: number; quote: string }[], block = 'paragraph'): string {
  return JSON.stringify({ block, text, cites });
}

/** A seed for each question, so that it is lied to alike in every run and at every retry. */
function seedOf(text: string, seed: number): number {
  let value = seed;
  for (const character of text) value = (Math.imul(value, 31) + character.codePointAt(0)!) >>> 0;
  return value;
}

/** Lies and truths of one kind each, from one sentence. Undefined where the sentence has nothing to lie about. */
function lineFor(way: string, sentence: string, passage: PromptPassage, passages: PromptPassage[], random: Random): Line | undefined {
  const { p } = passage;
  const right = [{ p, quote: sentence }];
  const lie = (kind: string, text: string, written: string): Line => ({ written, told: [{ text, lie: true, kind, of: sentence }] });
  const truth = (kind: string, text: string, written: string): Line => ({ written, told: [{ text, lie: false, kind, of: sentence }] });
  const altered = (): { kind: string; text: string } | undefined => {
    const all = alterationsOf(
      sentence,
      sentencesIn(passage.text)
        .flatMap(namesOf)
        .filter((name) => !sentence.includes(name) && !ANY_WORD.test(name)),
      random,
    ).filter(({ text }) => !SAME_DATE.test(text));
    return all.length > 0 ? pick(all, random) : undefined;
  };
  const other = pick(
    passages.filter(
      (one) => one !== passage && sentencesIn(one.text).some((text) => isHan(text) === isHan(sentence)) && !one.text.includes(sentence),
    ),
    random,
  ) as PromptPassage | undefined;
  const bad = altered();
  switch (way) {
    case 'truth':
      return truth('verbatim', sentence, json(sentence, right));
    case 'truth, plain line':
      return truth('plain line', sentence, `${sentence.replace(/[.。]$/u, '')} [${p}]${isHan(sentence) ? '。' : '.'}`);
    case 'truth, wrong number':
      return truth('wrong number', sentence, json(sentence, [{ p: other?.p ?? 77, quote: sentence }]));
    case 'truth with link': {
      const words = isHan(sentence)
        ? [sentence.slice(0, 4), sentence.slice(4)]
        : [sentence.split(' ').slice(0, 3).join(' '), ` ${sentence.split(' ').slice(3).join(' ')}`];
      return truth('link', sentence, json(`${random() < 0.5 ? '!' : ''}[${words[0]}](${LINK})${words[1]}`, right));
    }
    case 'altered':
      return bad && lie(bad.kind, bad.text, json(bad.text, right));
    case 'altered, short quote': {
      // The quote ends before the change, so that it does not gainsay it.
      let same = 0;
      while (bad && sentence[same] === bad.text[same]) same++;
      const cut = isHan(sentence) ? same : sentence.lastIndexOf(' ', same);
      return bad && cut > 12
        ? lie(`${bad.kind}, short quote`, bad.text, json(bad.text, [{ p, quote: sentence.slice(0, cut) }]))
        : undefined;
    }
    case 'altered, altered quote':
      return bad && lie(`${bad.kind}, in the quote too`, bad.text, json(bad.text, [{ p, quote: bad.text }]));
    case 'altered, plain line':
      return bad && lie(`${bad.kind}, plain line`, bad.text, `${bad.text.replace(/[.。]$/u, '')} [${p}].`);
    case 'altered, all cited':
      return (
        bad &&
        lie(
          `${bad.kind}, everything cited`,
          bad.text,
          json(
            bad.text,
            sentencesIn(passage.text)
              .slice(0, 6)
              .map((quote) => ({ p, quote }))
              .concat(right),
          ),
        )
      );
    case 'invented quote':
      return lie('invented quote', sentence, json(sentence, [{ p, quote: inventQuote(sentence, passage.text, random) }]));
    case 'no quote':
      return lie('no quote', sentence, json(sentence, []));
    case 'other passage':
      return (
        other &&
        lie(
          'other passage',
          sentence,
          json(sentence, [
            {
              p: other.p,
              quote: pick(
                sentencesIn(other.text).filter((text) => isHan(text) === isHan(sentence)),
                random,
              ),
            },
          ]),
        )
      );
    case 'other passage, plain line':
      return other && lie('other passage, plain line', sentence, `${sentence} [${other.p}]`);
    case 'no such passage':
      return (
        bad &&
        lie(
          'no such passage',
          bad.text,
          pick(
            [
              json(bad.text, [{ p: 99, quote: bad.text }]),
              `${bad.text} [99]`,
              JSON.stringify({ text: bad.text, cites: [{ p: 'all', quote: sentence }] }),
              JSON.stringify({ text: bad.text, cites: 'none' }),
            ],
            random,
          ),
        )
      );
    case 'claim added': {
      const claim = pick(isHan(sentence) ? CLAIMS_ZH : CLAIMS_EN, random);
      const text = sentence.replace(/[.。!?！？]$/u, `${claim}$&`);
      return passage.text.includes(claim) ? undefined : lie('claim added', text, random() < 0.7 ? json(text, right) : `${text} [${p}]`);
    }
    case 'link to follow': {
      const text = isHan(sentence) ? `请到[这里](${LINK})重新登录。` : `Please sign in again [on this page](${LINK}).`;
      const bare = text.replace(/\[(.*?)\]\(.*?\)/, '$1');
      const without: Told = {
        text: isHan(sentence) ? '请到重新登录。' : 'Please sign in again.',
        lie: true,
        kind: 'link to follow',
        of: '',
      };
      if (random() < 0.5)
        return {
          written: random() < 0.5 ? json(text, right) : `${text} [${p}]`,
          told: [{ text: bare, lie: true, kind: 'link to follow', of: '' }, without],
        };
      return {
        written: json(`${sentence} ${text}`, right),
        told: [
          { text: sentence, lie: false, kind: 'before a lie', of: sentence },
          { text: bare, lie: true, kind: 'after a truth', of: '' },
          without,
        ],
      };
    }
    // What is left of it without the address is true.
    case 'raw address':
      return truth(
        'raw address',
        sentence,
        json(
          `${sentence.replace(/[.。]$/u, '')} ${pick([LINK, `<${LINK}>`, `<a href="${LINK}">click here</a>`, `<img src="${LINK}">`, `[![click here](${LINK})](${LINK})`, `[click here]: ${LINK}`, `www.evil.example`], random)}.`,
          right,
        ),
      );
    case 'mixed rows': {
      const tables = passage.text
        .replace(/( \| .*)\n\n(?=.* \| )/g, '$1\n')
        .split('\n')
        .reduce<string[][]>((blocks, line) => (line.includes(' | ') ? blocks.at(-1)!.push(line) : blocks.push([]), blocks), [[]])
        .filter((lines) => lines.length > 2);
      const rows = (tables.length > 0 ? pick(tables, random) : []).map((line) => line.split(' | ').map((cell) => cell.trim()));
      const [head, ...body] = rows;
      const from = pick(body, random) as string[] | undefined;
      const wrong = pick(
        body.filter((row) => row !== from && row.length === from?.length),
        random,
      ) as string[] | undefined;
      const column = from ? 1 + Math.floor(random() * (from.length - 1)) : 0;
      if (
        !head ||
        !from ||
        !wrong ||
        !from[column] ||
        !wrong[column] ||
        head.length !== from.length ||
        wrong[column] === from[column] ||
        // "2" of another row is no lie where the own cell says "2 a year".
        figuresIn(wrong[column]) === figuresIn(from[column]) ||
        body.some((row) => row[0] === from[0] && row[column] === wrong[column])
      )
        return undefined;
      const text = isHan(passage.text)
        ? `${from[0]}的${head[column]}：${wrong[column]}。`
        : `For ${from[0]}, ${head[column]!.charAt(0).toLowerCase()}${head[column]!.slice(1)}: ${wrong[column]}.`;
      const written = json(
        text,
        random() < 0.4
          ? [{ p, quote: wrong.join(' | ') }]
          : [
              { p, quote: from.join(' | ') },
              { p, quote: wrong.join(' | ') },
            ],
      );
      return { written, told: [{ text, lie: true, kind: 'mixed rows', of: wrong.join(' | ') }] };
    }
    case 'broken': {
      if (!bad) return undefined;
      const line = json(bad.text, right);
      const told: Told = { text: bad.text, lie: true, kind: `${bad.kind}, broken markup`, of: sentence };
      const written = pick(
        [
          line.slice(0, -6),
          `\`\`\`json\n${line}\n\`\`\``,
          line.replaceAll('"', "'"),
          line.replace('{', '{{'),
          `data: ${line}`,
          `<think>${sentence} [${p}]</think>${line}`,
          `[${line},${line}]`,
          line.replace('"cites"', '"cites":[],"cites"'),
          `<answer><b>${told.text}</b> [${p}]</answer>`,
          `**${told.text}** [${p}][${p}]`,
          `| ${told.text} | [${p}] |`,
          line.replace(told.text.slice(0, 6), `${told.text.slice(0, 3)}\\u202e\\u0000${told.text.slice(3, 6)}`),
          line.replace(/,"cites".*/, ''),
          `{"block":${'['.repeat(300)}`,
          'x'.repeat(20_000),
        ],
        random,
      );
      return { written, told: [told] };
    }
    default:
      throw new Error(`no way to lie by "${way}"`);
  }
}

const TRUE_WAYS = ['truth', 'truth', 'truth, plain line', 'truth, wrong number', 'truth with link'];
export const FALSE_WAYS = [
  'altered',
  'altered',
  'altered',
  'altered, short quote',
  'altered, altered quote',
  'altered, plain line',
  'altered, all cited',
  'invented quote',
  'no quote',
  'other passage',
  'other passage, plain line',
  'no such passage',
  'claim added',
  'claim added',
  'link to follow',
  'raw address',
  'mixed rows',
  'mixed rows',
  'broken',
  'broken',
];

/** Every way in which an endpoint stops; `undefined` three times of four. */
function faultFor(random: Random, attempt: number): Fault | undefined {
  const chance = random();
  const afterChunks = Math.floor(random() * 60);
  if (chance > 0.26) return undefined;
  const faults: ((attempt: number) => Fault | undefined)[] = [
    () => ({ kind: 'cut-midway', afterChunks }),
    () => ({ kind: 'error-midway', afterChunks }),
    () => ({ kind: 'hang-midway', afterChunks }),
    () => ({ kind: 'broken-json', afterChunks }),
    () => ({ kind: 'no-finish' }),
    () => ({ kind: 'no-usage' }),
    () => ({ kind: 'status', status: 429, retryAfter: '0' }),
    (nth) => (nth === 0 ? { kind: 'status', status: 429 } : undefined),
    () => ({ kind: 'status', status: 500 }),
    (nth) => (nth === 0 ? { kind: 'status', status: 500 } : undefined),
    () => ({ kind: 'hang' }),
    () => ({ kind: 'refuse-connection' }),
    () => ({ kind: 'html' }),
  ];
  return pick(faults, random)(attempt);
}

/** @param options.faults whether the endpoint also fails; @param options.lines claims of one answer, at most */
export function createInventingModel(options: { seed: number; faults: boolean; lines?: number }): InventingModel {
  const told = new Map<string, Told[]>();
  const attempts = new Map<string, number>();
  return {
    told,
    fault(request) {
      const { question } = readPrompt((request.body as ChatCompletionRequest).messages ?? []);
      const attempt = attempts.get(question) ?? 0;
      attempts.set(question, attempt + 1);
      return options.faults ? faultFor(randomFrom(seedOf(question, options.seed + 1)), attempt) : undefined;
    },
    reply(request) {
      const prompt = readPrompt(request.messages);
      if (prompt.standalone) return JSON.stringify({ question: prompt.question, query: prompt.question });
      const random = randomFrom(seedOf(prompt.question, options.seed));
      const lines: Line[] = [];
      // One sentence is not both told and lied about.
      const used = new Set<string>();
      const given = prompt.passages.filter((one) => sentencesIn(one.text).length > 0);
      for (let i = 0; i < (options.lines ?? 6) && given.length > 0; i++) {
        const passage = given[Math.floor(random() * random() * given.length)]!;
        const sentence = pick(sentencesIn(passage.text), random);
        if (used.has(sentence)) continue;
        used.add(sentence);
        const line = lineFor(pick(i === 1 ? TRUE_WAYS : FALSE_WAYS, random), sentence, passage, given, random);
        if (line) lines.push(line);
      }
      told.set(
        prompt.question,
        lines.flatMap((line) => line.told),
      );
      return `${lines.map((line) => line.written).join('\n')}\n`;
    },
  };
}

/** A model that tells the truth: what `sentences` holds for a question, wherever in the prompt the quotes stand. */
export function truthfulReply(
  sentences: { question: string; query?: string; said: string; quotes: string[] }[],
): (request: ChatCompletionRequest) => string {
  return (request) => {
    const { standalone, question, passages } = readPrompt(request.messages);
    const known = sentences.find((one) => one.question === question);
    if (standalone) return JSON.stringify({ question, query: known?.query ?? question });
    if (!known) return '{"block":"none"}\n';
    const cites = known.quotes.flatMap((quote) => {
      const holder = passages.find((passage) => passage.text.replace(/\s+/g, ' ').includes(quote));
      return holder ? [{ p: holder.p, quote }] : [];
    });
    return cites.length < known.quotes.length ? '{"block":"none"}\n' : `${json(known.said, cites)}\n`;
  };
}

/** The digits of a cell, in order; the cell itself where it has none. */
const figuresIn = (cell: string): string => cell.match(/\d+/g)?.join(' ') ?? cell;
