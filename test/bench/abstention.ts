/**
 * Abstention and quotes by words alone, with the shipped weights and each index's own calibration:
 * `node test/bench/abstention.ts [set …]`. With `--fit` the weights are fit anew on half of the questions (by hash of id)
 * and figures of the other half and with each set left out are printed; it changes nothing.
 */
import { gatherSamples, calibrate } from '../../src/ask/calibrate.ts';
import { readPassage } from '../../src/ask/passage-match.ts';
import { quoteSentences } from '../../src/ask/quote-sentences.ts';
import { sufficiency } from '../../src/ask/sufficient.ts';
import { auroc, evaluateAnswers } from '../../src/eval/answers.ts';
import { openSet, uuidOf } from './abstention-sets.ts';
import { fit, scoreBy, type Labelled } from './abstention-fit.ts';

const allSets = [
  'clapnq-dev-en',
  'cmrc2018-trial-zh-abstain',
  'lihua-chat-en',
  'gitlab-handbook-en',
  'everyday-handbook-en',
  'xquad-en',
  'xquad-zh',
  'scifact-en',
];
/** Removal of the gold page stands in for what a set does not label, for so many of its questions. */
const removedCount = 300;

const fitting = process.argv.includes('--fit');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const labelled: Labelled[] = [];
for (const name of named.length > 0 ? named : allSets) {
  const set = await openSet(name);
  const samples = await gatherSamples(set.passages, (question, except) => set.search(question, except));
  const calibration = calibrate(samples);
  const half = (id: string): number => Number.parseInt(uuidOf(`${id}x`).slice(0, 8), 16) % 2;
  const report = await evaluateAnswers(
    { queries: set.asked.map(({ id, question, answerable, references }) => ({ _id: id, text: question, answerable, references })) },
    async (question) => {
      const { hits, statistics } = await set.search(question);
      const asked = set.asked.find((one) => one.question === question)!;
      const found = sufficiency(question, hits, statistics, calibration);
      const known = asked.gold.length === 0 || hits.slice(0, 3).some((hit) => asked.gold.includes(hit.documentId));
      labelled.push({
        set: name,
        half: half(asked.id),
        kind: asked.answerable ? 'answerable' : 'labelled',
        teaches: !asked.answerable || known,
        features: found.features,
      });
      const answers = found.score >= calibration.answer;
      const byId = new Map(hits.map((hit) => [hit.id, hit]));
      const shown = quoteSentences(question, hits, statistics, { max: 9 }).map((quoted) => {
        const { plain } = readPassage(byId.get(quoted.passageId)!);
        return quoted.sentences.map(({ start, end }) => plain.slice(start, end)).join(' ');
      });
      return { status: answers ? 'quoted' : 'unanswered', score: found.score, shownText: answers ? shown : [] };
    },
  );
  const removed = set.asked
    .filter((one) => one.answerable && one.gold.length > 0)
    .toSorted((a, b) => (uuidOf(a.id) < uuidOf(b.id) ? -1 : 1))
    .slice(0, removedCount);
  let removedAbstained = 0;
  for (const one of removed) {
    const { hits, statistics } = await set.search(one.question, one.gold);
    const found = sufficiency(one.question, hits, statistics, calibration);
    if (found.score < calibration.answer) removedAbstained++;
    labelled.push({ set: name, half: half(one.id), kind: 'removed', teaches: true, features: found.features });
  }
  const offTopic = samples.filter((sample) => sample.kind === 'off-topic');
  console.log(
    name,
    JSON.stringify({
      ...report,
      goldRemovedAbstained: Number((removedAbstained / removed.length).toFixed(3)),
      offTopicAbstained: Number((offTopic.filter((sample) => sample.score < calibration.answer).length / offTopic.length).toFixed(3)),
      thresholds: { answer: Number(calibration.answer.toFixed(3)), closest: Number(calibration.closest.toFixed(3)) },
    }),
  );
  await set.close();
}

if (fitting) {
  const figure = (rows: Labelled[], weights: ReturnType<typeof fit>, kind: Labelled['kind']): string => {
    const scores = (wanted: Labelled['kind']): number[] =>
      rows.filter((row) => row.kind === wanted).map((row) => scoreBy(weights, row.features));
    const [positive, negative] = [scores('answerable'), scores(kind)];
    return positive.length > 0 && negative.length > 0 ? auroc(positive, negative).toFixed(3) : '-';
  };
  const weights = fit(labelled.filter((row) => row.half === 0));
  console.log('weights', JSON.stringify(weights));
  for (const set of new Set(labelled.map((row) => row.set))) {
    const rows = labelled.filter((row) => row.set === set);
    const without = fit(labelled.filter((row) => row.half === 0 && row.set !== set));
    for (const kind of ['labelled', 'removed'] as const) {
      console.log(
        set,
        kind,
        'fit half',
        figure(
          rows.filter((row) => row.half === 0),
          weights,
          kind,
        ),
        'other half',
        figure(
          rows.filter((row) => row.half === 1),
          weights,
          kind,
        ),
        'set left out',
        figure(rows, without, kind),
        'other half of it',
        figure(
          rows.filter((row) => row.half === 1),
          without,
          kind,
        ),
      );
    }
  }
}
