/** A process that sends what is due in the outbox of a folder and kills itself (-9) at a step. Arguments: FOLDER FILE STEP NOW. */
import { openCatalog } from '../../src/catalog/database.ts';
import { sendDue } from '../../src/chat/outbox.ts';
import { createLog } from '../../src/log.ts';
import { createTriage } from '../../src/triage/triage.ts';
import { fileMessenger } from './file-messenger.ts';

const [folder, file, step, now] = process.argv.slice(2) as [string, string, string, string];
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
const db = await openCatalog(folder);
const clock = { now: () => Number(now), sleep: () => Promise.resolve() };
const triage = createTriage({ db, clock, pageUrl: (id) => id, triageChannels: ['slack:CHELP'] });
await sendDue(
  {
    db,
    clock,
    log: createLog('silent'),
    messengers: [
      fileMessenger(file, (op) => {
        if (step === `before-${op}`) kill();
      }),
    ],
    compose: triage.compose,
    atStep: (at) => {
      if (at === step) kill();
    },
  },
  new AbortController().signal,
);
await db.destroy();
