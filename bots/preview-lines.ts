/** What a look at a place found, in lines: how much, who may read it, when it is read, what it costs. */
import type { SourcePreview } from '../src/app-contract.ts';
import { QUIET_HOURS } from '../src/schedule.ts';
import type { AdminWords } from './admin-words.ts';
import { SCHEDULES } from './source-form.ts';

/** @param view.schedule of the form: a preset's, or one's own expression */
export function previewFacts(view: { preview: SourcePreview; schedule: string; timeZone: string }, words: AdminWords): string[] {
  const { preview, schedule } = view;
  const { cost, estimate } = preview;
  const when = SCHEDULES.find(([value]) => value === schedule);
  const times = when ? words.say(when[1], { ...QUIET_HOURS }) : words.code(words.data(schedule, 100));
  return [
    `${words.say(preview.more ? 'previewMore' : 'previewFound', { documents: words.documents(preview.documents) })}${
      estimate ? `, ${words.say('previewPassages', { passages: words.passages(estimate.passages) })}` : ''
    }`,
    words.say('previewReaders', { readers: words.readers(preview.readers) }),
    `${words.say('previewSync', { when: lowerFirst(times, words) })}; ${words.say('previewSyncNext', {
      when: words.moment(preview.nextSyncAt),
      zone: words.data(view.timeZone, 60),
    })}`,
    ...(cost ? [costText(cost, words)] : []),
  ];
}

export const previewSamples = ({ samples }: SourcePreview, words: AdminWords): string[] =>
  samples.map(({ externalId, title, passages, problem }) =>
    problem === undefined
      ? words.say('previewSample', { title: words.data(title ?? externalId, 200), passages: words.passages(passages ?? 0) })
      : words.say('previewUnreadable', { title: words.data(title ?? externalId, 200), problem: words.data(problem, 400) }),
  );

export const previewBlindSpots = ({ blindSpots }: SourcePreview, words: AdminWords): string[] =>
  blindSpots.slice(0, 5).map((text) => words.say('previewBlind', { text: words.data(text, 500) }));

const lowerFirst = (text: string, words: AdminWords): string =>
  words.language === 'en' && /^(Every|On|At)/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;

function costText({ model, usd, minutes }: NonNullable<SourcePreview['cost']>, words: AdminWords): string {
  const name = words.data(model, 100);
  if (usd !== undefined) return words.say('previewCostUsd', { usd: words.dollars(usd), model: name });
  if (minutes !== undefined) return words.say('previewCostMinutes', { n: words.number(minutes), model: name });
  return words.say('previewCostUnknown', { model: name });
}
