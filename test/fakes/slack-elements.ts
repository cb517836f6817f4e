import { isDeepStrictEqual } from 'node:util';
import { address, fault, flag, isObject, list, matching, oneOf, shape, string, typed, whole } from './slack-shape.ts';
import type { Fields, Rule, Shape } from './slack-shape.ts';

/**
 * Slack's composition objects and block elements as rules. Fields and limits are those of `@slack/types` 3.2
 * (block-kit/composition-objects, block-elements, extensions) and of the Block Kit reference.
 */
const plainText = (max: number): Shape => ({ required: { text: string(max) }, optional: { emoji: flag } });
const mrkdwnText = (max: number): Shape => ({ required: { text: string(max) }, optional: { verbatim: flag } });

/** A text object that may only be plain. */
export const plain = (max: number): Rule => typed({ plain_text: plainText(max) });
/** A text object, plain or mrkdwn. */
export const text = (max: number): Rule => typed({ plain_text: plainText(max), mrkdwn: mrkdwnText(max) });
export const textKinds = { plain_text: plainText(3000), mrkdwn: mrkdwnText(3000) };

export const identifier = string(255);
const colour = oneOf('primary', 'danger');
const confirm = shape({
  required: { title: plain(100), text: text(300), confirm: plain(30), deny: plain(30) },
  optional: { style: colour },
});

const slackFile = shape({
  optional: { id: string(255), url: address(3000) },
  also: (value, at, faults) => {
    if (isObject(value) && (value.id === undefined) === (value.url === undefined))
      fault(faults, at, 'must provide exactly one of id and url');
  },
});
export const pictured: Rule = (value, at, faults) => {
  if (isObject(value) && (value.image_url === undefined) === (value.slack_file === undefined))
    fault(faults, at, 'must provide exactly one of image_url and slack_file');
};
export const pictureFields = { image_url: address(3000), slack_file: slackFile };

export const imageElement: Shape = { required: { alt_text: string(2000) }, optional: pictureFields, also: pictured };

const option = (words: Rule, links = false): Rule =>
  shape({
    required: { text: words, value: string(75) },
    optional: { description: plain(75), ...(links ? { url: address(3000) } : {}) },
  });
const plainOption = option(plain(75));
const richOption = option(text(75));
const optionGroup = shape({ required: { label: plain(75), options: list(plainOption, 1, 100) } });

function offered(element: Fields): unknown[] {
  const groups = Array.isArray(element.option_groups) ? element.option_groups : [];
  return [...(Array.isArray(element.options) ? element.options : []), ...groups.flatMap((group: Fields) => group.options ?? [])];
}

/** What is chosen at first must be among what is offered, and each value may be offered once. */
const amongOffered: Rule = (value, at, faults) => {
  if (!isObject(value)) return;
  const options = offered(value);
  const chosen = [value.initial_option, ...(Array.isArray(value.initial_options) ? value.initial_options : [])].filter(Boolean);
  if (chosen.some((one) => !options.some((held) => isDeepStrictEqual(held, one))))
    fault(faults, at, 'initial option must exactly match one of the options');
  const values = options.map((one) => (isObject(one) ? one.value : undefined));
  if (new Set(values).size < values.length) fault(faults, at, 'options must have unique values');
};
const eitherOptions: Rule = (value, at, faults) => {
  if (isObject(value) && (value.options === undefined) === (value.option_groups === undefined))
    fault(faults, at, 'must provide exactly one of options and option_groups');
  amongOffered(value, at, faults);
};

const action = { action_id: identifier };
const confirmable = { ...action, confirm };
const focusable = { focus_on_load: flag };
const placed = { placeholder: plain(150) };
const dispatchable = {
  dispatch_action_config: shape({ optional: { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), 1, 2) } }),
};
const chooser = { ...confirmable, ...focusable, ...placed };
const several = { max_selected_items: whole(1, 100) };
const staticOptions = { options: list(plainOption, 1, 100), option_groups: list(optionGroup, 1, 100) };
const conversationFilter = shape({
  optional: {
    include: list(oneOf('im', 'mpim', 'private', 'public'), 1, 4),
    exclude_external_shared_channels: flag,
    exclude_bot_users: flag,
  },
});
const lengths: Rule = (value, at, faults) => {
  if (!isObject(value)) return;
  const { min_length: min, max_length: max, initial_value: first } = value;
  if (typeof min === 'number' && typeof max === 'number' && min > max) fault(faults, at, 'min_length must not exceed max_length');
  if (typeof first === 'string' && typeof max === 'number' && first.length > max)
    fault(faults, `${at}/initial_value`, `must be less than ${max + 1} characters`);
};
const verdict = shape({ required: { text: plain(75), value: string(2000) }, optional: { accessibility_label: string(75) } });

const button: Shape = {
  required: { text: plain(75) },
  optional: { ...confirmable, value: string(2000), url: address(3000), style: colour, accessibility_label: string(75) },
};
const selects: Record<string, Shape> = {
  static_select: { optional: { ...chooser, ...staticOptions, initial_option: plainOption }, also: eitherOptions },
  multi_static_select: {
    optional: { ...chooser, ...several, ...staticOptions, initial_options: list(plainOption, 1, 100) },
    also: eitherOptions,
  },
  users_select: { optional: { ...chooser, initial_user: identifier } },
  multi_users_select: { optional: { ...chooser, ...several, initial_users: list(identifier, 1, 100) } },
  channels_select: { optional: { ...chooser, initial_channel: identifier, response_url_enabled: flag } },
  multi_channels_select: { optional: { ...chooser, ...several, initial_channels: list(identifier, 1, 100) } },
  conversations_select: {
    optional: {
      ...chooser,
      initial_conversation: identifier,
      default_to_current_conversation: flag,
      filter: conversationFilter,
      response_url_enabled: flag,
    },
  },
  multi_conversations_select: {
    optional: {
      ...chooser,
      ...several,
      initial_conversations: list(identifier, 1, 100),
      default_to_current_conversation: flag,
      filter: conversationFilter,
    },
  },
  external_select: { optional: { ...chooser, initial_option: plainOption, min_query_length: whole(0, 100) } },
};
const pickers: Record<string, Shape> = {
  datepicker: { optional: { ...chooser, initial_date: matching(/^\d{4}-\d\d-\d\d$/u, 'must be a date as YYYY-MM-DD') } },
  timepicker: {
    optional: { ...chooser, initial_time: matching(/^([01]\d|2[0-3]):[0-5]\d$/u, 'must be a time as HH:mm'), timezone: string(100) },
  },
};
const boxes: Record<string, Shape> = {
  checkboxes: {
    required: { options: list(richOption, 1, 10) },
    optional: { ...confirmable, ...focusable, initial_options: list(richOption, 1, 10) },
    also: amongOffered,
  },
  radio_buttons: {
    required: { options: list(richOption, 1, 10) },
    optional: { ...confirmable, ...focusable, initial_option: richOption },
    also: amongOffered,
  },
};
const overflow: Shape = { required: { options: list(option(plain(75), true), 1, 5) }, optional: confirmable };
const datetimepicker: Shape = {
  optional: { ...confirmable, ...focusable, initial_date_time: whole(1_000_000_000, 9_999_999_999) },
};

export const accessories: Record<string, Shape> = { button, overflow, image: imageElement, ...selects, ...pickers, ...boxes };
export const actionElements: Record<string, Shape> = { button, overflow, datetimepicker, ...selects, ...pickers, ...boxes };
export const contextActionElements: Record<string, Shape> = {
  feedback_buttons: { required: { positive_button: verdict, negative_button: verdict }, optional: action },
  icon_button: {
    required: { icon: oneOf('trash'), text: plain(75) },
    optional: { ...confirmable, value: string(2000), accessibility_label: string(75), visible_to_user_ids: list(identifier, 1, 100) },
  },
};
const typing = { ...action, ...dispatchable, ...focusable, ...placed, initial_value: string(3000, 0) };
export const inputElements: Record<string, Shape> = {
  plain_text_input: {
    optional: { ...typing, multiline: flag, min_length: whole(0, 3000), max_length: whole(1, 3000) },
    also: lengths,
  },
  url_text_input: { optional: { ...typing, initial_value: address(3000) } },
  email_text_input: { optional: typing },
  number_input: {
    required: { is_decimal_allowed: flag },
    optional: { ...typing, min_value: string(30), max_value: string(30) },
  },
  file_input: { optional: { ...action, filetypes: list(string(30), 1, 100), max_files: whole(1, 10) } },
  datetimepicker,
  ...selects,
  ...pickers,
  ...boxes,
};
export const urlSource = typed({ url: { required: { url: address(3000), text: string(3000) } } });
