/** The texts that answer `/docent`, drawn. */
import type { KnownBlock } from '@slack/types';
import type { Finding, SourceStatus } from '../../src/app-contract.ts';
import { SIGNS } from '../admin-command.ts';
import type { AdminWords } from '../admin-words.ts';
import { actions, button, paragraphs, section } from './admin-parts.ts';
import { removeButton } from './admin-source-view.ts';
import { cut, literal, oneLine } from './text.ts';

/** Blocks of an ephemeral reply, and its fallback. */
export interface Reply {
  text: string;
  blocks: KnownBlock[];
}

export const reply = (lines: string[], more: KnownBlock[] = []): Reply => ({
  text: lines[0] ?? '',
  blocks: [...paragraphs(lines), ...more].slice(0, 50),
});

export const removeReply = (status: SourceStatus, lines: string[], words: AdminWords): Reply =>
  reply(lines, [actions(removeButton('docent.source-remove', status, words), button('docent.source-keep', words.say('cancel')))]);

/** As rich text, so that commands and addresses in it can be copied. */
export function doctorBlocks(findings: Finding[], words: AdminWords): KnownBlock[] {
  return [
    section(`*${words.say('doctorTitle')}*`),
    ...findings.slice(0, 45).map(({ name, level, message }): KnownBlock => ({
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: `${SIGNS[level]} ` },
            { type: 'text', text: literal(cut(oneLine(name), 100)), style: { bold: true } },
            { type: 'text', text: ` ${literal(cut(oneLine(message), 1500))}` },
          ],
        },
      ],
    })),
  ];
}
