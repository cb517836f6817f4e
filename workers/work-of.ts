/** What the application offers, as the workers take it up. */
import type { App } from '../src/app-contract.ts';
import type { Work } from '../src/queue/jobs.ts';

/** One job for everything that waits in the catalog; the application looks through it by itself. */
export function workOf(app: Pick<App, 'workOnce'>): Work {
  return {
    due: async () => [{ kind: 'keep-index', id: 'catalog' }],
    run: (_, { signal }) => app.workOnce(signal),
  };
}
