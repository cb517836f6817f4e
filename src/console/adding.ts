/** A source that is added here is read at once: nobody adds one to leave it unread. */
import type { AddSourceInput, App } from '../app-contract.ts';

type Source = Awaited<ReturnType<App['addSource']>>;

export async function addSource(app: App, input: AddSourceInput): Promise<Source> {
  const source = await app.addSource(input);
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
