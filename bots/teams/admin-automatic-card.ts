/** Automatic answers, drawn: how far each channel is, the form to choose one, and the card to label silent answers. */
import type { AutomaticState } from '../../src/chat/chat-app.ts';
import type { AdminWords } from '../admin-words.ts';
import { answerLines, citedTitles, labelFigures, PRECISIONS, stateText, USUAL_PRECISION, type Labelling } from '../automatic.ts';
import type { Card } from './activity.ts';
import { buttons, card, choiceInput, group, lines, notice, press, small, text, textInput, type Item } from './admin-parts.ts';

/** Of a link to a channel. */
const MOST_LINK = 1000;
const MOST_CHANNELS = 10;

/** A state, and how its channel is named, safe already. */
export interface ChannelState {
  state: AutomaticState;
  name: string;
}

const title = (said: string): Item => text(said, { weight: 'bolder', size: 'medium', style: 'heading' });
const back = (words: AdminWords): object => press('automatic', words.say('cancel'));

export const automaticCard = (all: ChannelState[], words: AdminWords, said?: string): Card =>
  card(
    [
      title(words.say('automatic')),
      ...(said === undefined ? [] : [text(said, { color: 'accent' })]),
      text(words.say('automaticLead')),
      ...all
        .slice(0, MOST_CHANNELS)
        .map(({ state, name }) =>
          group(
            [
              text(stateText(state, name, words)),
              ...buttons(
                press('automatic-label', words.say('automaticLabel'), { id: state.channel }),
                press('automatic-change', words.say('automaticChange'), { id: state.channel }),
                press('automatic-off', words.say('automaticOff'), { id: state.channel }, { style: 'destructive' }),
              ),
            ],
            { separator: true },
          ),
        ),
      ...(all.length > MOST_CHANNELS ? [small(words.say('knowsMore', { n: all.length - MOST_CHANNELS }))] : []),
    ],
    [press('automatic-new', words.say('automaticAdd')), press('status', words.say('refresh'))],
  );

/**
 * @param it.known a channel that is changed; absent: one is chosen
 * @param it.link what was given for a channel so far
 * @param it.problem with the channel, safe already
 */
export function chooseCard(it: { known?: ChannelState; link?: string; wanted?: number; problem?: string }, words: AdminWords): Card {
  const { known, problem } = it;
  const wanted = PRECISIONS.find((share) => share === (it.wanted ?? known?.state.wanted)) ?? USUAL_PRECISION;
  return card(
    [
      title(words.say('automaticTitle')),
      text(words.say('automaticLead')),
      ...(known
        ? [text(stateText(known.state, known.name, words))]
        : [
            textInput({ id: 'channel', label: words.say('automaticChannel'), value: it.link ?? '', most: MOST_LINK }),
            ...(problem === undefined ? [] : [text(`⚠️ ${problem}`, { color: 'attention', spacing: 'small', id: 'problem-channel' })]),
            small(words.say('automaticChannelHint')),
          ]),
      choiceInput(
        'wanted',
        words.say('automaticWanted'),
        String(wanted),
        PRECISIONS.map((share) => ({ title: words.percent(share), value: String(share) })),
      ),
    ],
    [
      press('automatic-save', words.say('automaticSave'), known ? { id: known.state.channel } : {}, { style: 'positive', inputs: true }),
      back(words),
    ],
  );
}

export const offCard = ({ state, name }: ChannelState, words: AdminWords): Card =>
  notice(
    words.say('automaticOffTitle'),
    [stateText(state, name, words), words.say('automaticOffBody')],
    [press('automatic-off-yes', words.say('automaticOff'), { id: state.channel }, { style: 'destructive' }), back(words)],
  );

/** One silent answer with its buttons; without one, that nothing waits. */
export function labelCard({ state, silent }: Labelling, name: string, words: AdminWords): Card {
  const far = small(words.say('labelLeft', labelFigures(state, words)));
  if (!silent) return card([title(words.say('labelTitle')), text(words.say('labelNone', { channel: name })), far], [back(words)]);
  const titles = citedTitles(silent, words);
  const ids = { id: silent.answerId, channel: state.channel };
  return card(
    [
      title(words.say('labelTitle')),
      text(words.strong(words.data(silent.question, 1000))),
      small(words.say('labelAsked', { ago: words.ago(silent.askedAt) })),
      far,
      ...(titles === undefined ? [] : [small(titles)]),
      ...lines(answerLines(silent, words)),
    ],
    [
      press('label-right', words.say('labelRight'), ids, { style: 'positive' }),
      press('label-wrong', words.say('labelWrong'), ids, { style: 'destructive' }),
      press('label-skip', words.say('labelSkip'), ids),
    ],
  );
}
