/** When sources are due: every day once, whatever the clocks do; cron expressions are checked in plain words. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSchedule, deploymentTimeZone, nextRun, QUIET_HOURS } from '../../src/schedule.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (iso: string): number => Date.parse(iso);
const iso = (time: number): string => new Date(time).toISOString();
/** Zones whose clocks change by an hour, by half an hour, at midnight, in the other half of the year, or never. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Asia/Shanghai',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'America/Nuuk',
];
const zone = fc.constantFrom(...ZONES);
const anyTime = fc.integer({ min: at('2016-01-01T00:00:00Z'), max: at('2034-01-01T00:00:00Z') });

const formats = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', hourCycle: 'h23' }),
  ]),
);

function partsIn(timeZone: string, time: number): Record<string, number> {
  const parts = formats.get(timeZone)!.formatToParts(time);
  return Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
}

/** Local days that have passed between two times. */
function localDays(timeZone: string, from: number, to: number): number {
  const date = (time: number): number => {
    const { year, month, day } = partsIn(timeZone, time);
    return Date.UTC(year!, month! - 1, day);
  };
  return Math.round((date(to) - date(from)) / DAY);
}

/** Every run in somewhat more than a year. */
function runsOf(options: { schedule: string | null; sourceId: string; timeZone: string; after: number }, days = 370): number[] {
  const runs: number[] = [];
  for (let after = options.after; runs.length < days; after = runs.at(-1)!) runs.push(nextRun({ ...options, after }));
  return runs;
}

describe('the default', () => {
  test('is every day once, within the quiet hours, whatever the clocks do', () => {
    fc.assert(
      fc.property(zone, fc.uuid(), anyTime, (timeZone, sourceId, after) => {
        const runs = runsOf({ schedule: null, sourceId, timeZone, after });
        runs.forEach((run, i) => {
          const before = runs[i - 1] ?? after;
          expect(run).toBeGreaterThan(before);
          if (i > 0) expect(localDays(timeZone, before, run), `${iso(before)} → ${iso(run)}`).toBe(1);
          const hour = partsIn(timeZone, run)['hour']!;
          expect(hour >= QUIET_HOURS.from && hour < QUIET_HOURS.to, `${iso(run)} in ${timeZone}`).toBe(true);
        });
      }),
      { numRuns: 8 },
    );
  });

  test('spreads sources over the quiet hours, and stays with each', () => {
    const after = at('2026-11-21T12:00:00Z');
    const times = Array.from({ length: 600 }, (_, i) => nextRun({ schedule: null, sourceId: `source-${i}`, timeZone: 'UTC', after }));
    const tenMinutes = new Map<number, number>();
    for (const time of times) tenMinutes.set(Math.floor(time / 600_000), (tenMinutes.get(Math.floor(time / 600_000)) ?? 0) + 1);
    expect(tenMinutes.size).toBe(18);
    expect(Math.max(...tenMinutes.values())).toBeLessThan(70);
    expect(nextRun({ schedule: ' ', sourceId: 'source-7', timeZone: 'UTC', after })).toBe(times[7]);
    expect(nextRun({ schedule: null, sourceId: 'source-7', timeZone: 'UTC', after: times[7]! })).toBe(times[7]! + DAY);
  });
});

describe('a cron expression', () => {
  test('at a time of day is every day once, whatever the clocks do', () => {
    fc.assert(
      fc.property(
        zone,
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        anyTime,
        fc.boolean(),
        (timeZone, minute, hour, after, list) => {
          const schedule = list ? `${minute} ${hour},${hour} * * *` : `${minute} ${hour} * * *`;
          const runs = runsOf({ schedule, sourceId: 's', timeZone, after });
          runs.slice(1).forEach((run, i) => {
            const gap = run - runs[i]!;
            expect(gap, `${schedule} ${timeZone}: ${iso(runs[i]!)} → ${iso(run)}`).toBeGreaterThanOrEqual(22 * HOUR);
            expect(gap, `${schedule} ${timeZone}: ${iso(runs[i]!)} → ${iso(run)}`).toBeLessThanOrEqual(26 * HOUR);
          });
          // As many runs as days: none left out, none twice.
          expect(Math.abs(localDays(timeZone, runs[0]!, runs.at(-1)!) - (runs.length - 1))).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 8 },
    );
  });

  test.each([
    // The clocks go from 2:00 to 3:00.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    // They go from 3:00 back to 2:00: 2:30 comes twice.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
    ['30 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00:00Z', '2018-11-04T03:00:00.000Z'],
    ['0 6 * * 1-5', 'Asia/Shanghai', '2026-11-20T12:00:00Z', '2026-11-22T22:00:00.000Z'],
    ['*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00.000Z'],
    ['@weekly', 'UTC', '2026-11-21T12:00:00Z', '2026-11-22T00:00:00.000Z'],
  ])('%s in %s after %s is %s', (schedule, timeZone, after, expected) => {
    expect(iso(nextRun({ schedule, sourceId: 's', timeZone, after: at(after) }))).toBe(expected);
  });

  test.each([
    'daily',
    '61 2 * * *',
    '0 2 * *',
    '* * * * * *',
    '0 0 2 * * *',
    '0 25 * * *',
    '@sometimes',
    '2026-11-21T12:00:00',
    '0 2 * * mo',
  ])('%s is refused in words that show what is right', (schedule) => {
    expect(() => checkSchedule(schedule)).toThrow(
      expect.objectContaining({
        code: 'input.invalid',
        publicMessage: expect.stringMatching(/^schedule: ".*" is not right .*30 2 \* \* \*/),
      }),
    );
  });

  test('a day that never comes is refused', () => {
    expect(() => checkSchedule('0 0 30 2 *')).toThrow(/never comes/);
    expect(() => nextRun({ schedule: '0 0 30 2 *', sourceId: 's', timeZone: 'UTC', after: 0 })).toThrow(/never comes/);
  });

  test('a time zone that there is not is named', () => {
    expect(() => nextRun({ schedule: null, sourceId: 's', timeZone: 'Europe/Atlantis', after: 0 })).toThrow(/TZ: "Europe\/Atlantis" is no/);
  });
});

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  [':Asia/Shanghai', 'Asia/Shanghai'],
])('TZ=%s is the zone %s', (tz, zone) => {
  expect(deploymentTimeZone(tz)).toBe(zone);
});

test.each([undefined, 'CET-1CEST,M3.5.0,M10.5.0/3', 'Europe/Atlantis'])('with TZ=%s, schedules hold in a zone that there is', (tz) => {
  expect(() => nextRun({ schedule: null, sourceId: 's', timeZone: deploymentTimeZone(tz), after: 0 })).not.toThrow();
});
