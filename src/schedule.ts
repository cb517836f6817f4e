/** When a source is due: daily at a quiet hour by default, or by its own cron expression. Pure: the time is handed in. */
import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { inputError } from './errors.ts';

/** Sources without a schedule of their own are synced between these hours of the deployment's time zone. */
export const QUIET_HOURS = { from: 2, to: 5 } as const;

const NAMES = '@hourly, @daily, @weekly, @monthly';

/**
 * When a source is synced next by its schedule.
 * A day on which the clocks change has its run like any other: a time that the change leaves out comes right after it, one
 * that comes twice counts once. An expression with `*` or a step in hours or minutes counts real intervals instead.
 * @param options.schedule five cron fields or a name such as `@weekly`; null: daily, within the quiet hours, at a minute and
 * second that the source's id decides, so that sources do not all begin at once
 * @param options.timeZone IANA name, e.g. `Europe/Berlin`
 * @param options.after milliseconds since the epoch
 * @returns the first time after `after`, in milliseconds since the epoch
 * @throws AppError `input.invalid` that says what is wrong with the schedule or the time zone
 */
export function nextRun(options: { schedule: string | null; sourceId: string; timeZone: string; after: number }): number {
  const { schedule, sourceId, timeZone, after } = options;
  const own = schedule?.trim();
  const pattern = own ? parse(own, timeZone) : new Cron(quietTime(sourceId), { timezone: zoneOrThrow(timeZone), mode: '6-part' });
  const next = pattern.nextRun(new Date(after));
  if (!next) throw inputError('schedule', `"${schedule}" names a day that never comes`);
  return next.getTime();
}

/**
 * Checks what a person gave as a schedule.
 * @throws AppError `input.invalid` that says what is wrong and shows what is right
 */
export function checkSchedule(schedule: string): void {
  const pattern = parse(schedule.trim(), 'UTC');
  if (!pattern.nextRun()) throw inputError('schedule', `"${schedule}" names a day that never comes`);
}

/** The deployment's time zone: what TZ names, or the system's where it names none that is known. */
export function deploymentTimeZone(tz: string | undefined): string {
  try {
    if (tz !== undefined) return zoneOrThrow(tz.replace(/^:/, ''));
  } catch {
    // TZ may be a file or a rule, such as "CET-1CEST"; the system knows what it means.
  }
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function parse(schedule: string, timeZone: string): Cron {
  const timezone = zoneOrThrow(timeZone);
  try {
    // The library would take a date, too: one run, and then never again.
    if (!/^(@\w+|\S+(\s+\S+){4})$/.test(schedule)) throw new Error('it has not five fields');
    return new Cron(schedule, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : String(cause);
    throw inputError(
      'schedule',
      `"${schedule}" is not right (${why}); give five fields, minute hour day month weekday, such as "30 2 * * *" for 2:30 every day or "0 6 * * 1-5" for 6:00 on weekdays, or one of ${NAMES}`,
    );
  }
}

function zoneOrThrow(timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone;
  } catch {
    throw inputError('TZ', `"${timeZone}" is no time zone; give a name such as Europe/Berlin or UTC`);
  }
}

/** Second, minute and hour within the quiet hours, as a daily expression; evenly spread over ids. */
function quietTime(sourceId: string): string {
  const seconds = (QUIET_HOURS.to - QUIET_HOURS.from) * 3600;
  const at = createHash('sha256').update(sourceId).digest().readUInt32BE(0) % seconds;
  return `${at % 60} ${Math.floor(at / 60) % 60} ${QUIET_HOURS.from + Math.floor(at / 3600)} * * *`;
}
