/** Which addresses are internal, and which of them an admin allowed. Used by outbound alone. Pure. */
import ipaddr from 'ipaddr.js';

/**
 * True unless the address is a public one: private, loopback, link-local (cloud metadata), carrier-grade NAT, multicast,
 * reserved, and IPv6 forms that carry such an IPv4 address (mapped, NAT64; 6to4 and Teredo altogether).
 */
export function isInternal(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  // Of IPv6 only 2000::/3 is given out; `::a.b.c.d` counts as unicast otherwise.
  if (range === 'unicast') return parsed instanceof ipaddr.IPv6 && !parsed.match(ipaddr.IPv6.parse('2000::'), 3);
  const embedded = parsed instanceof ipaddr.IPv6 ? embeddedV4(parsed) : undefined;
  return embedded === undefined || embedded.range() !== 'unicast';
}

/** IPv4 inside `::ffff:0:0/96`, `::/96` and `64:ff9b::/96` (on networks with DNS64 every IPv4 site looks like the last). */
function embeddedV4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  const nat64 = ipaddr.IPv6.parse('64:ff9b::');
  const carries = address.range() === 'ipv4Mapped' || address.match(nat64, 96);
  return carries ? new ipaddr.IPv4(bytes.slice(12)) : undefined;
}

/**
 * Whether an entry of the admin's list names this place. Entries: a host (`wiki.corp`), all hosts below one (`*.corp`), an
 * address, a range (`10.1.0.0/16`), each but a range with a port or without. Link-local addresses (169.254.169.254 gives
 * away a cloud machine's keys) count only when an entry names the address itself, never through a host's name.
 */
export function isAllowed(host: string, port: number, address: string, entries: string[]): boolean {
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'multicast' || range === 'broadcast' || range === 'unspecified') return false;
  for (const entry of entries) {
    const place = parseEntry(entry);
    if (!place || (place.port !== undefined && place.port !== port)) continue;
    if (place.range) {
      const [base, bits] = place.range;
      if (base.kind() === parsed.kind() && parsed.match(base as never, bits)) return true;
    } else if (range !== 'linkLocal' && matchesHost(host, place.host)) return true;
  }
  return false;
}

interface Place {
  host: string;
  port?: number;
  range?: [ipaddr.IPv4 | ipaddr.IPv6, number];
}

function parseEntry(entry: string): Place | undefined {
  const text = entry.trim().toLowerCase();
  if (text === '') return undefined;
  if (text.includes('/')) return ipaddr.isValidCIDR(text) ? { host: text, range: ipaddr.parseCIDR(text) } : undefined;
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:]+|[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) return undefined;
  const port = match?.[3] === undefined ? {} : { port: Number(match[3]) };
  if (!ipaddr.isValid(host)) return { host, ...port };
  const address = ipaddr.process(host);
  return { host, range: [address, address.kind() === 'ipv4' ? 32 : 128], ...port };
}

function matchesHost(host: string, pattern: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}
