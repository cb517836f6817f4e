/** Blocks of the admin's views and the App Home, within Slack's limits. What is data passes `data` first. */
import type {
  ActionsBlock,
  ActionsBlockElement,
  Button,
  ConfirmationDialog,
  ContextBlock,
  DividerBlock,
  HeaderBlock,
  HomeView,
  KnownBlock,
  ModalView,
  PlainTextOption,
  SectionBlock,
} from '@slack/types';
import { LONGEST_SECTION, packLines, plainText } from './blocks.ts';
import { cut, escapeText, oneLine } from './text.ts';

/** What people, documents and places say, for `mrkdwn`: one line, made harmless, of a length that fits beside others. */
export function data(text: string, most = 300): string {
  const line = oneLine(text);
  let length = most;
  let shown = escapeText(cut(line, length));
  // Entities and what breaks links take room.
  while (shown.length > most * 2 && length > 10) shown = escapeText(cut(line, (length = Math.floor(length / 2))));
  return shown;
}

/** What is too long ends before a link or an entity that would be cut in two. */
const fitting = (mrkdwn: string): string =>
  mrkdwn.length <= LONGEST_SECTION ? mrkdwn : `${mrkdwn.slice(0, LONGEST_SECTION).replace(/(<[^>]*|&\w*|[\uD800-\uDBFF])$/, '')}…`;

/** A paragraph of `mrkdwn`; nothing in it becomes a link or a mention that was not written as one. */
export const section = (mrkdwn: string): SectionBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: fitting(mrkdwn), verbatim: true },
});

export const small = (mrkdwn: string): ContextBlock => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text: fitting(mrkdwn), verbatim: true }],
});

export const header = (text: string): HeaderBlock => ({ type: 'header', text: plainText(text, 150) });
export const divider: DividerBlock = { type: 'divider' };
export const actions = (...elements: ActionsBlockElement[]): ActionsBlock => ({ type: 'actions', elements });

export function button(
  action: string,
  label: string,
  more: { value?: string; style?: 'primary' | 'danger'; confirm?: ConfirmationDialog; url?: string } = {},
): Button {
  return { type: 'button', action_id: action, text: plainText(label, 75), ...more };
}

/** "Are you sure?", as Slack asks it before it sends a press on. */
export const confirmation = (say: { title: string; text: string; yes: string; no: string }): ConfirmationDialog => ({
  title: plainText(say.title, 100),
  text: plainText(say.text, 300),
  confirm: plainText(say.yes, 30),
  deny: plainText(say.no, 30),
  style: 'danger',
});

export const option = (label: string, value: string): PlainTextOption => ({ text: plainText(label, 75), value });

export function modal(view: {
  callback: string;
  title: string;
  blocks: KnownBlock[];
  close: string;
  submit?: string;
  metadata?: string;
  /** Whether closing it is told. */
  told?: boolean;
}): ModalView {
  return {
    type: 'modal',
    callback_id: view.callback,
    title: plainText(view.title, 24),
    close: plainText(view.close, 24),
    ...(view.submit === undefined ? {} : { submit: plainText(view.submit, 24) }),
    ...(view.metadata === undefined ? {} : { private_metadata: view.metadata }),
    ...(view.told ? { notify_on_close: true } : {}),
    blocks: view.blocks.slice(0, 100),
  };
}

export const home = (blocks: KnownBlock[], page = 0): HomeView => ({
  type: 'home',
  callback_id: 'docent.home',
  private_metadata: String(page),
  blocks: blocks.slice(0, 100),
});

/** Lines that are safe already as paragraphs, as few as they fit in. */
export const paragraphs = (lines: string[]): SectionBlock[] => packLines(lines).map(section);
