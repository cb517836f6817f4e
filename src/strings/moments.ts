const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
const JUST_NOW_S = 45;

/** `3 days ago` in the format's language; undefined for less than a minute, which each surface words itself. Milliseconds since the epoch. */
export function relativeTime(format: Intl.RelativeTimeFormat, at: number, now: number): string | undefined {
  const seconds = Math.round((at - now) / 1000);
  if (Math.abs(seconds) < JUST_NOW_S) return undefined;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size * 0.95) ?? UNITS.at(-1)!;
  return format.format(Math.round(seconds / size) || -1, unit);
}
