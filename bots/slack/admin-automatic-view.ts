/** Automatic answers, drawn: how far each channel is, the modal to choose one, and the modal to label silent answers. */
import type { KnownBlock, ModalView } from '@slack/types';
import type { AutomaticState, SilentAnswer } from '../../src/chat/chat-app.ts';
import { actions, button, confirmation, data, divider, header, modal, option, paragraphs, section, small } from './admin-parts.ts';
import { plainText } from './blocks.ts';
import type { AdminWords } from './admin-words.ts';

/** Two blocks each. */
const MOST_CHANNELS = 10;
export const PRECISIONS = [0.8, 0.9, 0.95, 0.98] as const;
const USUAL = 0.9;

/** `slack:T…/C…` as a channel that Slack names. */
export const channelOf = (key: string): string => `<#${/\/([A-Z0-9]+)$/.exec(key)?.[1] ?? ''}>`;

const figures = ({ labelled, right }: AutomaticState, words: AdminWords) => ({
  labelled: words.number(labelled),
  right: words.number(right),
});

function stateText(state: AutomaticState, words: AdminWords): string {
  const { channel, wanted, from, lowerBound } = state;
  const values = { channel: channelOf(channel), wanted: words.percent(wanted), ...figures(state, words) };
  if (from === undefined) return words.say('automaticSilent', values);
  return words.say('automaticOn', { ...values, from: from.toFixed(2), bound: words.percent(lowerBound ?? wanted) });
}

export function automaticBlocks(states: AutomaticState[], words: AdminWords): KnownBlock[] {
  return [
    header(words.say('automatic')),
    section(words.say('automaticLead')),
    ...states.slice(0, MOST_CHANNELS).flatMap((state): KnownBlock[] => [
      section(stateText(state, words)),
      actions(
        button('docent.automatic-label', words.say('automaticLabel'), { value: state.channel }),
        button('docent.automatic-change', words.say('automaticChange'), { value: state.channel }),
        button('docent.automatic-off', words.say('automaticOff'), {
          value: state.channel,
          confirm: confirmation({
            title: words.say('automaticOffTitle'),
            text: words.say('automaticOffBody'),
            yes: words.say('automaticOff'),
            no: words.say('cancel'),
          }),
        }),
      ),
    ]),
    ...(states.length > MOST_CHANNELS ? [small(words.say('knowsMore', { n: states.length - MOST_CHANNELS }))] : []),
    actions(button('docent.automatic-add', words.say('automaticAdd'))),
  ];
}

/** @param state a channel that is changed; absent: one is chosen */
export function automaticModal(words: AdminWords, state?: AutomaticState): ModalView {
  const options = PRECISIONS.map((share) => option(words.percent(share), String(share)));
  const initial = options.find(({ value }) => value === String(state?.wanted ?? USUAL)) ?? options[1]!;
  return modal({
    callback: 'docent.automatic-set',
    title: words.say('automaticTitle'),
    submit: words.say('automaticSave'),
    close: words.say('cancel'),
    ...(state ? { metadata: state.channel } : {}),
    blocks: [
      section(words.say('automaticLead')),
      state
        ? section(stateText(state, words))
        : {
            type: 'input',
            block_id: 'channel',
            label: plainText(words.say('automaticChannel'), 150),
            hint: plainText(words.say('automaticChannelHint'), 150),
            element: {
              type: 'conversations_select',
              action_id: 'docent.automatic-channel',
              filter: { include: ['public', 'private'], exclude_bot_users: true },
            },
          },
      {
        type: 'input',
        block_id: 'wanted',
        label: plainText(words.say('automaticWanted'), 150),
        element: { type: 'static_select', action_id: 'docent.automatic-wanted', options, initial_option: initial },
      },
    ],
  });
}

/** One silent answer with its buttons; without one, that nothing waits. */
export function labelModal(state: AutomaticState, silent: SilentAnswer | undefined, words: AdminWords): ModalView {
  const channel = channelOf(state.channel);
  const far = small(words.say('labelLeft', figures(state, words)));
  return modal({
    callback: 'docent.automatic-labelling',
    title: words.say('labelTitle'),
    close: words.say('close'),
    metadata: state.channel,
    blocks: silent ? [...silentBlocks(silent, words), far] : [section(words.say('labelNone', { channel })), far],
  });
}

function silentBlocks({ answerId, question, answer, askedAt }: SilentAnswer, words: AdminWords): KnownBlock[] {
  const titles = [...new Map(answer.citations.map(({ n, title }) => [title, `[${n}] ${data(title, 150)}`])).values()];
  return [
    section(`*${data(question, 1000)}*`),
    small(words.say('labelAsked', { ago: words.ago(askedAt) })),
    divider,
    ...paragraphs(answerLines(answer.text)),
    ...(titles.length === 0 ? [] : [small(words.say('labelSources', { titles: titles.slice(0, 10).join(', ') }))]),
    {
      ...actions(
        button('docent.automatic-right', words.say('labelRight'), { value: answerId, style: 'primary' }),
        button('docent.automatic-wrong', words.say('labelWrong'), { value: answerId, style: 'danger' }),
        button('docent.automatic-skip', words.say('labelSkip'), { value: answerId }),
      ),
      block_id: 'label',
    },
  ];
}

/** Enough of an answer to judge it by. */
const answerLines = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 60)
    .map((line) => data(line, 500));
