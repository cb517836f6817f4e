/** A source as Slack shows it, with its buttons. */
import type { KnownBlock } from '@slack/types';
import type { SourceStatus } from '../../src/app-contract.ts';
import type { AdminWords } from '../admin-words.ts';
import { sourceLine, sourceNotices, sourceReaders } from '../source-lines.ts';
import { actions, button, confirmation, divider, section, small } from './admin-parts.ts';
import { cut } from './text.ts';

export function removeButton(action: string, { source, documents }: SourceStatus, words: AdminWords) {
  return button(action, words.say('remove'), {
    value: source.id,
    style: 'danger',
    confirm: confirmation({
      title: words.say('removeTitle'),
      text: words.say('removeBody', { documents: words.documents(documents), name: cut(source.name, 60) }),
      yes: words.say('removeYes'),
      no: words.say('cancel'),
    }),
  });
}

/** The source with its buttons, for the home of an admin: at most four blocks. */
export function sourceBlocks(status: SourceStatus, words: AdminWords): KnownBlock[] {
  const { source } = status;
  const notices = sourceNotices(status, words);
  const pause = source.pausedAt === null ? 'pause' : 'resume';
  return [
    divider,
    section(sourceLine(status, words, '\n')),
    small([sourceReaders(status, words), ...notices].join('\n')),
    actions(
      ...(status.syncing ? [] : [button('docent.home-sync', words.say('syncNow'), { value: source.id })]),
      button(`docent.home-${pause}`, words.say(pause), { value: source.id }),
      removeButton('docent.home-remove', status, words),
    ),
  ];
}
