/** `/docent` and the modal in which a source is added. Rights are checked when a thing is done, not when it was drawn. */
import type { App as Bolt, RespondArguments, RespondFn } from '@slack/bolt';
import { reasonOf } from '../../src/errors.ts';
import { actOnSource } from '../admin-actions.ts';
import { answerCommand, understand, type Understood } from '../admin-command.ts';
import { sayError } from '../admin-rights.ts';
import type { AdminWords } from '../admin-words.ts';
import { createSyncThreads } from '../sync-threads.ts';
import { registerAdding } from './admin-add.ts';
import { doctorBlocks, removeReply, reply, type Reply } from './admin-command.ts';
import { wordsOf } from './admin-rights.ts';
import type { SlackDeps } from './deps.ts';
import { tellingIn } from './admin-telling.ts';

export interface Admin {
  /** Says in what is still told that this process ends. */
  close(): Promise<void>;
}

/** @param hooks.onSources something about the sources changed, by this person: their home is out of date */
export function registerAdmin(bolt: Bolt, deps: SlackDeps, hooks: { onSources?: (userId: string) => void } = {}): Admin {
  const { log } = deps;
  const onSources = hooks.onSources ?? (() => undefined);
  const threads = createSyncThreads(deps, tellingIn(deps));
  const adding = registerAdding(bolt, deps, threads, onSources);
  void threads
    .takeUp()
    .catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'syncs that were being told could not be taken up'));

  const tell = async (respond: RespondFn, said: RespondArguments): Promise<void> => {
    await respond({ response_type: 'ephemeral', unfurl_links: false, unfurl_media: false, ...said }).catch((error: unknown) =>
      log.warn({ reason: error instanceof Error ? error.name : typeof error }, 'a reply to a command could not be given'),
    );
  };

  bolt.command('/docent', async ({ ack, command, respond }) => {
    await ack();
    const said = understand(command.text ?? '');
    // Before anything is looked up: the trigger lives for three seconds.
    if (said.verb === 'add') return adding.open(command.trigger_id, command.user_id, said.rest);
    const words = await wordsOf(deps, command.user_id);
    try {
      await tell(respond, { ...(await answer(command.user_id, command.command, said, words)) });
    } catch (error) {
      await tell(respond, { text: sayError(deps, error, words) });
    }
  });

  async function answer(userId: string, command: string, said: Understood, words: AdminWords): Promise<Reply> {
    const answered = await answerCommand(deps, { person: userId, command, said }, words);
    if (answered.is === 'findings') return { text: words.say('doctorTitle'), blocks: doctorBlocks(answered.findings, words) };
    if (answered.is === 'remove') return removeReply(answered.status, answered.lines, words);
    if (answered.sources) onSources(userId);
    return reply(answered.lines);
  }

  bolt.action({ type: 'block_actions', action_id: 'docent.source-remove' }, async ({ ack, body, payload, respond }) => {
    await ack();
    const words = await wordsOf(deps, body.user.id);
    const value = 'value' in payload && typeof payload.value === 'string' ? payload.value : '';
    const { text } = await actOnSource(deps, body.user.id, 'remove', value, words);
    await tell(respond, { ...reply([text]), replace_original: true });
    onSources(body.user.id);
  });

  bolt.action({ type: 'block_actions', action_id: 'docent.source-keep' }, async ({ ack, respond }) => {
    await ack();
    await respond({ delete_original: true }).catch(() => undefined);
  });

  return {
    async close() {
      adding.close();
      await threads.close();
    },
  };
}
