import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';

/**
 * What a person does with an element, as Slack tells it in `actions` and in `state.values`. A choice is the
 * value of an option (several for the multi kinds), an id, a date or a text; for thumbs `positive` or
 * `negative`. An impossible choice throws: Slack's client would not let a person make it.
 */
export type Choice = string | string[] | undefined;

const fail = (words: string): never => {
  throw new Error(`fake Slack: ${words}`);
};

function options(element: Fields): Fields[] {
  const groups = (element.option_groups ?? []) as { options: Fields[] }[];
  return [...((element.options ?? []) as Fields[]), ...groups.flatMap((group) => group.options)];
}

function option(element: Fields, value: string): Fields {
  return options(element).find((one) => one.value === value) ?? fail(`${String(element.action_id)} offers no option ${value}`);
}

const ids: Record<string, string> = {
  users_select: 'user',
  channels_select: 'channel',
  conversations_select: 'conversation',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'date_time',
};

function textValue(element: Fields, choice: Choice): Fields {
  const value = choice === undefined ? element.initial_value : String(choice);
  if (value === undefined || value === '') return { value: null };
  const { length } = String(value);
  if (typeof element.max_length === 'number' && length > element.max_length)
    fail(`${String(element.action_id)} takes ${element.max_length} characters`);
  if (typeof element.min_length === 'number' && length < element.min_length)
    fail(`${String(element.action_id)} wants ${element.min_length} characters`);
  if (element.type === 'url_text_input' && !URL.canParse(String(value))) fail(`${String(element.action_id)} takes an address`);
  return { value };
}

/** What stands in an element after the choice, or from the start when there was none. */
export function held(element: Fields, choice: Choice): Fields {
  const type = String(element.type);
  const id = ids[type] ?? ids[type.replace('multi_', '')];
  if (type === 'checkboxes' || type === 'multi_static_select' || type === 'multi_external_select') {
    const chosen = choice === undefined ? (element.initial_options ?? []) : [choice].flat().map((one) => option(element, one));
    return { type, selected_options: chosen };
  }
  if (type === 'static_select' || type === 'radio_buttons' || type === 'external_select')
    return { type, selected_option: choice === undefined ? (element.initial_option ?? null) : option(element, String(choice)) };
  if (id !== undefined && type.startsWith('multi_'))
    return { type, [`selected_${id}s`]: choice === undefined ? (element[`initial_${id}s`] ?? []) : [choice].flat() };
  if (id !== undefined) return { type, [`selected_${id}`]: choice ?? element[`initial_${id}`] ?? null };
  return { type, ...textValue(element, choice) };
}

/** Whether something stands in it, as a required input needs. */
export function isFilled(value: Fields): boolean {
  return Object.entries(value).some(([name, one]) => name !== 'type' && one !== null && (!Array.isArray(one) || one.length > 0));
}

/** The entry of `actions` for the use of an element. */
export function acted(element: Fields, block: Fields, choice: Choice, actionTs: string): Fields {
  const base = { type: element.type, action_id: element.action_id, block_id: block.block_id, action_ts: actionTs };
  const given = (names: string[]): Fields =>
    Object.fromEntries(names.flatMap((name) => (element[name] === undefined ? [] : [[name, element[name]]])));
  if (element.type === 'button') return { ...base, ...given(['text', 'value', 'style', 'url']) };
  if (element.type === 'icon_button') return { ...base, ...given(['text', 'value', 'icon']) };
  if (element.type === 'feedback_buttons') {
    const pressed = choice === 'positive' ? element.positive_button : choice === 'negative' ? element.negative_button : undefined;
    if (!isObject(pressed)) return fail('thumbs are pressed with choose: positive or negative');
    return { ...base, text: pressed.text, value: pressed.value };
  }
  if (element.type === 'overflow') return { ...base, selected_option: option(element, String(choice)) };
  return { ...base, ...held(element, choice), ...given(['placeholder', 'initial_option', 'initial_options']) };
}
