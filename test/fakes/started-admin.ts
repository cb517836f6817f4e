import { expect, onTestFinished } from 'vitest';
import { startAdmin, type AdminOptions, type StartedAdmin } from './slack-admin.ts';

/** For one test: closed when it is over, and Slack had nothing to complain of. */
export async function start(options: AdminOptions = {}): Promise<StartedAdmin> {
  const started = await startAdmin(options);
  onTestFinished(async () => {
    const { complaints } = started.slack;
    await started.close();
    expect(complaints).toEqual([]);
  });
  return started;
}
