import { address, flag, list, matching, oneOf, shape, string, typed, whole } from './slack-shape.ts';
import type { Rule, Shape } from './slack-shape.ts';

/** Slack's rich text as rules: fields of `@slack/types` 3.2 (block-kit/block-elements, RichText…). */
const style = shape({ optional: { bold: flag, code: flag, italic: flag, strike: flag, underline: flag } });
const styled = (required: Record<string, Rule>, optional: Record<string, Rule> = {}): Shape => ({
  required,
  optional: { style, ...optional },
});
const id = matching(/^[A-Z][A-Z0-9]{1,30}$/u, 'must be an encoded ID');
const words = styled({ text: string(40_000) });
const link = styled({ url: address(3000) }, { text: string(40_000, 0), unsafe: flag });

const inline = typed({
  text: words,
  link,
  emoji: styled({ name: string(100) }, { unicode: string(100), url: address(3000) }),
  user: styled({ user_id: id }),
  usergroup: styled({ usergroup_id: id }),
  channel: styled({ channel_id: id }),
  team: styled({ team_id: id }),
  broadcast: styled({ range: oneOf('here', 'channel', 'everyone') }),
  color: styled({ value: matching(/^#[0-9a-f]{6}$/iu, 'must be a hex colour') }),
  date: styled({ timestamp: whole(0, 9_999_999_999), format: string(255) }, { url: address(3000), fallback: string(255) }),
});
const border = { border: oneOf(0, 1) };
const inlines = list(inline, 0, 1000);
const sectionOfText: Shape = { required: { elements: inlines } };

/** The block `rich_text` without its block_id, which every block has. */
export const richText: Shape = {
  required: {
    elements: list(
      typed({
        rich_text_section: sectionOfText,
        rich_text_list: {
          required: { elements: list(typed({ rich_text_section: sectionOfText }), 1, 1000), style: oneOf('bullet', 'ordered') },
          optional: { indent: whole(0, 8), offset: whole(0, 10_000), ...border },
        },
        rich_text_quote: { required: { elements: inlines }, optional: border },
        rich_text_preformatted: {
          required: { elements: list(typed({ text: words, link }), 0, 1000) },
          optional: border,
        },
      }),
      1,
      1000,
    ),
  },
  optional: { block_id: string(255) },
};
