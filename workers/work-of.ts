/** What the application offers, as the workers take it up. */
import type { App } from '../src/app-contract.ts';
import type { Work } from '../src/queue/jobs.ts';

export function workOf(app: Pick<App, 'due' | 'runJob'>): Work {
  return { due: () => app.due(), run: (job, run) => app.runJob(job, run) };
}
