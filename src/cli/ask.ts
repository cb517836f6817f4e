import { Command, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Answer, AnswerSentence, Audience, Citation } from '../types.ts';
import { say } from '../strings/strings.ts';
import { duration, print, printable, printJson, progressLine, withApp } from './run.ts';

/** `docent ask "question"`; `-` reads the question from standard input. */
export function askCommand(): Command {
  return new Command('ask')
    .argument('<question>', 'in your own words; - reads it from standard input')
    .description('ask, and get an answer that shows its sources')
    .option('--as <email>', 'who asks')
    .addOption(new Option('--audience <audience>', 'for whom the answer is meant').choices(['everyone', 'asker']).default('asker'))
    .option('--thread <id>', 'continue a conversation')
    .option('--json', 'print JSON')
    .action(async (question: string, options: { as?: string; audience: Audience; thread?: string; json?: true }) => {
      await withApp(async (app, signal) => {
        const text = question === '-' ? readFileSync(0, 'utf8') : question;
        let answer: Answer | undefined;
        for await (const event of app.ask(
          {
            text,
            platform: 'cli',
            audience: options.audience,
            ...(options.as ? { email: options.as } : {}),
            ...(options.thread ? { threadId: options.thread } : {}),
          },
          signal,
        )) {
          if (event.type === 'status') progressLine(`${event.status}…`);
          if (event.type === 'final') answer = event.answer;
        }
        progressLine('');
        if (!answer) throw new Error('no answer was given');
        if (options.json) printJson(asPromised(answer));
        else show(answer);
        if (answer.status === 'failed') process.exitCode = 1;
      });
    });
}

function show(answer: Answer): void {
  for (const reason of answer.degraded ?? []) {
    const key = `degraded_${reason.replaceAll('-', '_')}` as Parameters<typeof say>[1];
    const note = say(answer.language, key);
    if (note) print(`(${note})\n`);
  }
  if (answer.status === 'quoted') showQuoted(answer);
  else print(answer.text);
  if (answer.citations.length > 0) print();
  // One document quoted many times is one line: its quotes stand above.
  const shown =
    answer.status === 'quoted' ? [...Map.groupBy(answer.citations, (c) => c.documentId).values()] : answer.citations.map((c) => [c]);
  for (const [c, ...more] of shown as [Citation, ...Citation[]][])
    print(
      `${[c, ...more].map(({ n }) => `[${n}]`).join('')} ${c.title} (${c.source}${c.updatedAt ? `, ${c.updatedAt.slice(0, 10)}` : ''})\n    ${c.url ?? c.documentUrl}`,
    );
  const { modelCalls, costUsd, ms } = answer.usage;
  print(
    `\n${answer.status}, ${duration(ms)}${modelCalls > 0 ? `, ${modelCalls} model calls, ${costUsd.toFixed(4)} US dollars` : ''} · follow up with --thread ${answer.threadId}`,
  );
}

/** Under each document's title what it says, on a terminal with the words of the question underlined. */
function showQuoted(answer: Answer): void {
  let title: string | undefined;
  answer.sentences.forEach((sentence, i) => {
    const citation = answer.citations.find((c) => c.n === sentence.citations[0]);
    if (citation && citation.documentId !== title) {
      write(`${title === undefined ? '' : '\n'}${styled('bold', citation.title)}`);
      title = citation.documentId;
    }
    const next = answer.sentences[i + 1];
    const numbers = next?.citations.join() === sentence.citations.join() ? '' : sentence.citations.map((n) => ` [${n}]`).join('');
    const mark = sentence.block === 'bullet' ? '- ' : sentence.step === undefined ? '' : `${sentence.step}. `;
    write(sentence.block === 'heading' ? `  ${styled('bold', sentence.text)}` : `  ${mark}${withMarks(sentence)}${numbers}`);
  });
}

function withMarks({ text, marks = [] }: AnswerSentence): string {
  let shown = '';
  let at = 0;
  for (const { start, end } of marks) {
    shown += printable(text.slice(at, start)) + styled('underline', text.slice(start, end));
    at = end;
  }
  return shown + printable(text.slice(at));
}

/** What a document says is made printable first: only our own styles reach the terminal. */
const styled = (style: 'bold' | 'underline', text: string): string => styleText(style, printable(text), { stream: process.stdout });
const write = (line: string): void => void process.stdout.write(`${line}\n`);

/** The fields of the contract alone: how a sentence is drawn is the console's. */
function asPromised(answer: Answer): Answer {
  return { ...answer, sentences: answer.sentences.map(({ text, block, citations, support }) => ({ text, block, citations, support })) };
}
