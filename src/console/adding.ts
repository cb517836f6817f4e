/** A source that is added here is read at once: nobody adds one to leave it unread. */
import type { AddSourceInput, App } from '../app-contract.ts';
import { AppError, isAbort } from '../errors.ts';

type Source = Awaited<ReturnType<App['addSource']>>;

export async function addSource(app: App, input: AddSourceInput): Promise<Source> {
  const source = await withoutWords(app.addSource(input));
  await app.requestSync(source.id);
  return (await app.showSource(source.id))?.source ?? source;
}

/** The sample; read again only when it never was. */
export async function addSample(app: App): Promise<Source> {
  const source = await app.addSample();
  const shown = await app.showSource(source.id);
  if (shown && !shown.syncing && shown.documents === 0) await app.requestSync(source.id);
  return source;
}

/** Of an error inside while a credential was at hand only the name goes on: its text may hold what was given, and is logged. */
export async function withoutWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError || isAbort(error)) throw error;
    throw new Error(error instanceof Error ? error.name : typeof error);
  }
}
