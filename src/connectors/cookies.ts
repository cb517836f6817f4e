/** The cookies of one session with a wiki, kept for a run. */
import type { OutboundResponse } from '../net/outbound.ts';

/** Name → value. */
export type Cookies = Map<string, string>;

/** What goes along with the next request; nothing when there are none. */
export function cookieHeader(cookies: Cookies): { cookie?: string } {
  return cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
}

/** Takes over what an answer sets, and lets go of what it takes back (an empty value, or `deleted` as PHP writes it). */
export function keepCookies({ setCookies }: OutboundResponse, cookies: Cookies): void {
  for (const line of setCookies) {
    const [, name, value] = /^\s*([^=;\s]+)=([^;]*)/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (value === '' || value === 'deleted') cookies.delete(name);
    else cookies.set(name, value);
  }
}
