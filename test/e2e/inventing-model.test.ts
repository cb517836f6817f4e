/** A model that invents shows nothing that the documents do not say, and every question gets its answer; a truthful one keeps its sentences. */
import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { plainText } from '../../src/passage-text.ts';
import type { Answer } from '../../src/types.ts';
import { alterationsOf, randomFrom } from '../fakes/altered-claims.ts';
import { asRead, createInventingModel, sentencesIn, truthfulReply, type Told } from '../fakes/inventing-model.ts';
import { answerTo, never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import { startOpenAiEndpoint, type OpenAiEndpointOptions } from '../fakes/openai-endpoint.ts';
import { CHINESE, CHINESE_OVER_ENGLISH, ENGLISH } from '../fakes/true-rewordings.ts';

const HANDBOOK = join(import.meta.dirname, '../../sample/handbook');
/** `npm run soak` asks for more. */
const ANSWERS = process.env['SOAK_ROUNDS'] ? 500 : 150;
const SEED = 20_261_121;
const LANES = 6;
/** A retry's wait teaches nothing here. */
const hurried = { now: () => Date.now(), sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 20))) };

const files = (readdirSync(HANDBOOK, { recursive: true }) as string[]).filter((file) => file.endsWith('.md')).toSorted();
const pages = new Map(files.map((file) => [file, readFileSync(join(HANDBOOK, file), 'utf8').replace(/^---[^]*?\n---\n/, '')]));
const isHan = (text: string): boolean => /\p{Script=Han}/u.test(text);

/** So many different questions: the sample's own, then of headings and sentences of the pages. */
function questions(): string[] {
  const sample = JSON.parse(readFileSync(join(HANDBOOK, '../questions.json'), 'utf8')) as {
    suggested: { text: string }[];
    checked: { question: string }[];
    unanswered: { question: string }[];
  };
  const made = [...pages].flatMap(([, text]) => {
    const title = /^# (.+)$/m.exec(text)![1]!;
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) =>
      isHan(title) ? `${title}里「${heading}」是怎么规定的？` : `What does ${title} say about "${heading}"?`,
    );
    return [
      ...headings,
      ...sentencesIn(plainText(text).text).map((sentence) =>
        isHan(sentence) ? `${sentence.replace(/。$/u, '')}，对吗？` : `Is this right: ${sentence}`,
      ),
    ];
  });
  const random = randomFrom(SEED);
  const shuffled = made
    .map((text) => ({ text, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map((one) => one.text);
  return [
    ...new Set([
      ...sample.suggested.map((q) => q.text),
      ...sample.checked.map((q) => q.question),
      ...sample.unanswered.map((q) => q.question),
      ...shuffled,
    ]),
  ].slice(0, ANSWERS);
}

async function handbookWith(model: Pick<OpenAiEndpointOptions, 'reply' | 'fault'>, englishOnly = false): Promise<OpenedApp> {
  const endpoint = await startOpenAiEndpoint(model);
  const opened = await openApp(
    { OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'test-chat' },
    { clock: hurried, modelTimeouts: { connectMs: 1000, firstTokenMs: 700, idleMs: 300, totalMs: 3000 } },
  );
  onTestFinished(async () => {
    await endpoint.close();
    await opened.close();
  });
  if (englishOnly) {
    cpSync(HANDBOOK, join(opened.folder, 'english'), { recursive: true, filter: (path) => !path.includes('上海') });
    await opened.app.addSource({ location: join(opened.folder, 'english'), name: 'handbook' });
  } else await opened.app.addSample();
  await opened.app.syncNow([], { signal: never() });
  return opened;
}

/** Sentences shown that the model knows as lies, or does not know as said. */
function unsupported(answer: Answer, told: Told[]): string[] {
  return answer.sentences.flatMap((sentence) => {
    const shown = asRead(sentence.text);
    const lie = told.find((one) => one.lie && asRead(one.text) === shown);
    const quotes = sentence.citations.map((n) => answer.citations.find((c) => c.n === n)!.quote).join(' / ');
    if (lie) return [`${lie.kind}: "${sentence.text}" by "${quotes.slice(0, 300)}"`];
    return told.some((one) => asRead(one.of).includes(shown)) ? [] : [`unknown: "${sentence.text}" by "${quotes.slice(0, 300)}"`];
  });
}

const report = (title: string, figures: Record<string, string | number>): void =>
  console.log(
    `${title}: ${Object.entries(figures)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  );

describe('a model that invents', () => {
  test(`shows no unsupported sentence in ${ANSWERS} answers, and leaves no question without one`, { timeout: 240_000 }, async () => {
    const model = createInventingModel({ seed: SEED, faults: true });
    const { app } = await handbookWith(model);
    const asked = questions();
    expect(asked).toHaveLength(ANSWERS);
    const statuses: Record<string, number> = {};
    const wrong: string[] = [];
    const counts = { shown: 0, lies: 0, truths: 0, kept: 0 };
    let next = 0;
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        while (next < asked.length) {
          const text = asked[next++]!;
          const answer = await answerTo(app, text);
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
          for (const citation of answer.citations)
            expect(
              pages.values().some((page) => page.includes(citation.quote)),
              citation.quote,
            ).toBe(true);
          expect(JSON.stringify(answer)).not.toContain('evil.example');
          if (answer.status !== 'answered') continue;
          const told = model.told.get(text) ?? [];
          counts.lies += told.filter((one) => one.lie).length;
          counts.truths += told.filter((one) => !one.lie).length;
          counts.shown += answer.sentences.length;
          for (const sentence of answer.sentences)
            expect(sentence.text).not.toMatch(/!?\[[^\]]*\]\(|<\/?(?:a|b|img|answer)\b|https?:|www\.|[\p{Cf}\p{Cc}]/u);
          wrong.push(...unsupported(answer, told));
        }
      }),
    );
    counts.kept = counts.shown - wrong.length;
    report('answers', statuses);
    report('in the answered', counts);
    expect(statuses['failed'] ?? 0).toBe(0);
    expect(Object.values(statuses).reduce((sum, n) => sum + n, 0)).toBe(ANSWERS);
    // Were all refused, the test would show nothing.
    expect(counts.kept).toBeGreaterThan(ANSWERS / 2);
    expect(counts.lies).toBeGreaterThan(2 * ANSWERS);
    expect(wrong).toEqual([]);
  });

  test('shows no altered figure, date, unit or negation in Chinese over English pages', { timeout: 60_000 }, async () => {
    const random = randomFrom(SEED);
    const lies = CHINESE_OVER_ENGLISH.flatMap((true_) =>
      alterationsOf(true_.said, [], random)
        .filter(({ kind }) => ['number', 'date', 'unit', 'negation-added', 'negation-removed'].includes(kind))
        .map(({ kind, text }) => ({ ...true_, kind, said: text })),
    );
    const wrong: string[] = [];
    for (let round = 0; lies.length > 0 && round < 5; round++) {
      // One lie for each question and round: the model says what is its.
      const now = [...new Map(lies.map((lie) => [lie.question, lie])).values()];
      for (const lie of now) lies.splice(lies.indexOf(lie), 1);
      const { app } = await handbookWith({ reply: truthfulReply(now) }, true);
      for (const lie of now) {
        const answer = await answerTo(app, lie.question);
        if (answer.sentences.some((sentence) => asRead(sentence.text) === asRead(lie.said)))
          wrong.push(`${lie.kind}: ${lie.said} by ${lie.quotes.join(' / ')}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('a truthful model keeps at least 95 % of its sentences', () => {
  test.each([
    { name: 'English', sentences: ENGLISH, englishOnly: false },
    { name: 'Chinese', sentences: CHINESE, englishOnly: false },
    { name: 'Chinese over English pages', sentences: CHINESE_OVER_ENGLISH, englishOnly: true },
  ])('$name', async ({ name, sentences, englishOnly }) => {
    for (const { file, quotes } of sentences)
      for (const quote of quotes) expect(plainText(pages.get(file)!).text.replace(/\s+/g, ' '), file).toContain(quote);
    const { app } = await handbookWith({ reply: truthfulReply(sentences) }, englishOnly);
    const kept = new Map<string, [number, number]>();
    const lost: string[] = [];
    for (const sentence of sentences) {
      const answer = await answerTo(app, sentence.question);
      const shown = answer.sentences.some((one) => one.text === sentence.said);
      if (!shown) lost.push(`${sentence.how}: "${sentence.said}" (${answer.status})`);
      const [n, of] = kept.get(sentence.how) ?? [0, 0];
      kept.set(sentence.how, [n + (shown ? 1 : 0), of + 1]);
    }
    report(name, Object.fromEntries([...kept].map(([how, [n, of]]) => [how, `${n}/${of}`])));
    expect((sentences.length - lost.length) / sentences.length, lost.join('\n')).toBeGreaterThanOrEqual(0.95);
  });
});
