/** Which addresses answers, and the token that goes with them, are sent to. */
import type { TeamsConnection } from '../../src/chat-connections.ts';

/**
 * Whether a service URL is one to send to: its host stands in `connection.serviceHosts` (exact, with a port where it is not
 * 443, or `*.example.com`), by https; by plain http only to a host on this machine that is listed, or in the anonymous mode.
 */
export function isServiceAllowed(serviceUrl: unknown, connection: Pick<TeamsConnection, 'serviceHosts' | 'anonymous'>): boolean {
  if (typeof serviceUrl !== 'string' || !URL.canParse(serviceUrl)) return false;
  const url = new URL(serviceUrl);
  if (url.username || url.password || url.search || url.hash) return false;
  const plain = url.protocol === 'http:' && (connection.anonymous || isLoopback(url.hostname));
  if (url.protocol !== 'https:' && !plain) return false;
  return connection.serviceHosts.some((host) => (host.startsWith('*.') ? url.host.endsWith(host.slice(1)) : url.host === host));
}

/** A host name that is this machine. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
