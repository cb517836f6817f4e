/** When a source is synced: in words, and as the fields of a form. */
import { QUIET_HOURS } from '../../schedule.ts';
import type { SourceStatus } from '../../app-contract.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';

type Source = SourceStatus['source'];

/** `every day between 02:00 and 05:00`, with a capital where it begins a line. */
export function dailyText(words: Words): string {
  const hour = (n: number): string => `${String(n).padStart(2, '0')}:00`;
  return words.say('scheduleDaily', { from: hour(QUIET_HOURS.from), to: hour(QUIET_HOURS.to) });
}

/** The next sync as a list shows it: `in 9 hours`. */
export function nextSync(words: Words, source: Source, at: (moment: number) => Html = words.time): Content {
  if (source.pausedAt !== null) return words.say('notWhilePaused');
  if (source.nextSyncAt === null) return words.say('never');
  return source.nextSyncAt <= words.now() + 60_000 ? words.say('dueNow') : at(source.nextSyncAt);
}

export interface ScheduleValues {
  /** Whether the times below are meant. */
  own: boolean;
  times: string;
}

/** Daily, or by a cron expression; the field for that shows once it is chosen. */
export function scheduleFields(words: Words, values: ScheduleValues, problem: string | undefined): Html {
  const choice = (value: 'daily' | 'own', text: Content): Html =>
    html`<label class="choice"><input type="radio" name="when" value="${value}"${(value === 'own') === values.own ? html` checked` : ''}><span>${text}</span></label>`;
  return html`<fieldset class="when"><legend>${words.say('schedule')}</legend>
${choice('daily', dailyText(words))}
${choice('own', words.say('scheduleOwn'))}
<div class="stack when-own"><label class="sr-only" for="f-schedule">${words.say('scheduleCron')}</label>
<input id="f-schedule" class="cron" name="schedule" value="${values.times}" placeholder="30 6 * * 1-5" autocomplete="off" spellcheck="false" autocapitalize="off" aria-describedby="h-schedule${problem ? ' p-field' : ''}"${problem ? html` aria-invalid="true" autofocus` : ''}>
${problem ? html`<p class="field-problem" id="p-field" role="alert">${problem}</p>` : ''}<p class="help" id="h-schedule">${words.say('scheduleCronHelp')}</p></div>
<p class="help">${words.say('scheduleZone', { zone: words.timeZone })}</p></fieldset>`;
}
