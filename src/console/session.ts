/** Who may enter when ADMIN_TOKEN is set: a signed cookie for browsers, the token itself for programs. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../types.ts';

const COOKIE = 'docent_session';
const LIFETIME_MS = 7 * 24 * 3600_000;
const WINDOW_MS = 10 * 60_000;
const ATTEMPTS = 8;
const MAX_ADDRESSES = 10_000;

export interface Sessions {
  /** False when no token is asked for: everyone who reaches the console may use it. */
  required: boolean;
  /** Whether this is the token; counts wrong ones by address. `limited`: minutes until the next attempt is looked at. */
  check(token: string, address: string): { ok: true } | { ok: false; limited?: number };
  /** The Set-Cookie value of a new session. */
  begin(): string;
  /** The Set-Cookie value that ends a session. */
  end(): string;
  /** Whether the Cookie header holds a session of ours that has not expired. */
  holds(cookieHeader: string | undefined): boolean;
  /** Tells one session from another; the same for all requests where no token is asked for. Does not open a session. */
  nameOf(cookieHeader: string | undefined): string;
}

/**
 * @param options.token ADMIN_TOKEN
 * @param options.key signs cookies; a changed token ends all sessions too
 * @param options.secure whether the console is reached by https
 */
export function createSessions(options: { token: string | undefined; key: string; secure: boolean; clock: Clock }): Sessions {
  const { token, clock } = options;
  const key = createHmac('sha256', options.key)
    .update(`session ${token ?? ''}`)
    .digest();
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  const attributes = `Path=/; HttpOnly; SameSite=Strict${options.secure ? '; Secure' : ''}`;
  const wrong = new Map<string, { count: number; since: number }>();
  const holds = (header: string | undefined): boolean => {
    const value = cookieOf(header, COOKIE);
    const cut = value?.lastIndexOf('.') ?? -1;
    if (!value || cut < 0) return false;
    const body = value.slice(0, cut);
    return sameText(value.slice(cut + 1), sign(body)) && Number.parseInt(body, 36) > clock.now();
  };
  return {
    required: token !== undefined,
    check: (given, address) => {
      const now = clock.now();
      const seen = wrong.get(address);
      if (seen && now - seen.since > WINDOW_MS) wrong.delete(address);
      const count = wrong.get(address)?.count ?? 0;
      if (count >= ATTEMPTS) return { ok: false, limited: Math.max(1, Math.ceil((seen!.since + WINDOW_MS - now) / 60_000)) };
      if (token !== undefined && sameText(given, token)) {
        wrong.delete(address);
        return { ok: true };
      }
      if (wrong.size >= MAX_ADDRESSES) wrong.delete(wrong.keys().next().value!);
      wrong.set(address, { count: count + 1, since: wrong.get(address)?.since ?? now });
      return { ok: false };
    },
    begin: () => {
      const body = `${(clock.now() + LIFETIME_MS).toString(36)}.${randomBytes(12).toString('base64url')}`;
      return `${COOKIE}=${body}.${sign(body)}; Max-Age=${LIFETIME_MS / 1000}; ${attributes}`;
    },
    end: () => `${COOKIE}=; Max-Age=0; ${attributes}`,
    holds,
    nameOf: (header) => (token !== undefined && holds(header) ? sign(`name ${cookieOf(header, COOKIE)}`) : ''),
  };
}

/** Equal texts, in a time that tells nothing about where they differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The value of one cookie. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}
