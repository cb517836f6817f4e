/** Automatic answers, drawn: how far each channel is, the modal to choose one, and the modal to label silent answers. */
import type { KnownBlock, ModalView } from '@slack/types';
import type { AutomaticState, SilentAnswer } from '../../src/chat/chat-app.ts';
import type { AdminWords } from '../admin-words.ts';
import { answerLines, citedTitles, labelFigures, PRECISIONS, stateText, USUAL_PRECISION } from '../automatic.ts';
import { actions, button, confirmation, data, divider, header, modal, option, paragraphs, section, small } from './admin-parts.ts';
import { plainText } from './blocks.ts';

/** Two blocks each. */
const MOST_CHANNELS = 10;

/** `slack:T…/C…` as a channel that Slack names. */
export const channelOf = (key: string): string => `<#${/\/([A-Z0-9]+)$/.exec(key)?.[1] ?? ''}>`;

export function automaticBlocks(states: AutomaticState[], words: AdminWords): KnownBlock[] {
  return [
    header(words.say('automatic')),
    section(words.say('automaticLead')),
    ...states.slice(0, MOST_CHANNELS).flatMap((state): KnownBlock[] => [
      section(stateText(state, channelOf(state.channel), words)),
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
  const initial = options.find(({ value }) => value === String(state?.wanted ?? USUAL_PRECISION)) ?? options[1]!;
  return modal({
    callback: 'docent.automatic-set',
    title: words.say('automaticTitle'),
    submit: words.say('automaticSave'),
    close: words.say('cancel'),
    ...(state ? { metadata: state.channel } : {}),
    blocks: [
      section(words.say('automaticLead')),
      state
        ? section(stateText(state, channelOf(state.channel), words))
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
  const far = small(words.say('labelLeft', labelFigures(state, words)));
  return modal({
    callback: 'docent.automatic-labelling',
    title: words.say('labelTitle'),
    close: words.say('close'),
    metadata: state.channel,
    blocks: silent ? [...silentBlocks(silent, words), far] : [section(words.say('labelNone', { channel })), far],
  });
}

function silentBlocks(silent: SilentAnswer, words: AdminWords): KnownBlock[] {
  const { answerId, question, askedAt } = silent;
  const titles = citedTitles(silent, words);
  return [
    section(`*${data(question, 1000)}*`),
    small(words.say('labelAsked', { ago: words.ago(askedAt) })),
    divider,
    ...paragraphs(answerLines(silent, words)),
    ...(titles === undefined ? [] : [small(titles)]),
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
