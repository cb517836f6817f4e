/** For calls of SDKs that take no signal. */

/** Whichever comes first; what was begun ends by its own time limit. @throws the signal's reason, or what `work` throws */
export async function aborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
