/** Going through the proxies that the environment names. Used by outbound alone. */
import { isIP } from 'node:net';
import { EnvHttpProxyAgent, type Agent, type Dispatcher } from 'undici';
import { isInternal } from './internal-address.ts';

/** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` as they stand in the environment. */
export interface ProxySettings {
  http?: string | undefined;
  /** Without it, `http` serves both. */
  https?: string | undefined;
  /** Hosts to connect to directly: `localhost,.corp,10.0.0.5:8080` or `*`. */
  no?: string | undefined;
}

/**
 * The proxy's own address is not checked (whoever sets the environment trusts it, and it is internal as a rule); what goes
 * past the proxy (`no`) is checked at its connection as ever.
 */
export function proxyAgent(proxy: ProxySettings, options: Agent.Options, connectTimeout: number): Dispatcher {
  // The empty text keeps undici from reading process.env itself.
  const where = { httpProxy: proxy.http ?? '', httpsProxy: proxy.https ?? '', noProxy: proxy.no ?? '' };
  return new EnvHttpProxyAgent({ ...options, ...where, connectTimeout } as EnvHttpProxyAgent.Options);
}

/**
 * What can be known of an address whose name the proxy resolves: an internal address that stands in it, or a name that
 * always means this machine. Any other name is the proxy's to judge.
 */
export function internalAddressIn(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return '127.0.0.1';
  return isIP(host) > 0 && isInternal(host) ? host : undefined;
}
