/** How MSAL reaches the login: with a time limit, and never silent about what went wrong. */
import type { INetworkModule } from '@azure/msal-node';

export interface LoginHttp extends INetworkModule {
  /** How the last request ended: its status, or undefined when nothing answered. */
  lastStatus(): number | undefined;
}

type Options = { headers?: Record<string, string>; body?: string };

/** MSAL's own client waits for ever. @param timeoutMs of one request */
export function loginHttp(timeoutMs: number): LoginHttp {
  let status: number | undefined;
  const request = async <T>(
    method: 'GET' | 'POST',
    url: string,
    options: Options = {},
  ): Promise<{ headers: Record<string, string>; body: T; status: number }> => {
    status = undefined;
    const response = await fetch(url, {
      method,
      headers: options.headers ?? {},
      ...(options.body === undefined ? {} : { body: options.body }),
      // A secret goes with it: nobody else is handed it.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    status = response.status;
    return { headers: Object.fromEntries(response.headers), body: parse(text) as T, status };
  };
  return {
    sendGetRequestAsync: (url, options) => request('GET', url, options),
    sendPostRequestAsync: (url, options) => request('POST', url, options),
    lastStatus: () => status,
  };
}

/** A gateway's page is no answer of the login. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
