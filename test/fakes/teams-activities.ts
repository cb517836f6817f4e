/** The shapes of the activities that Teams takes from a bot, and of what a bot answers to an invoke. */
import { fault, flag, isObject, list, matching, oneOf, shape, string, typed, whole } from './slack-shape.ts';
import type { Fields, Rule } from './slack-shape.ts';
import { anything, card, cardType, webAddress } from './teams-cards.ts';

export const messageUnits = 100 * 1024;

const sensitivity = shape({
  required: { '@type': oneOf('CreativeWork'), name: string(200) },
  optional: { '@id': string(200, 0), description: string(1000, 0), position: whole(0, 1000), pattern: anything },
});
const appearance = shape({
  required: { '@type': oneOf('DigitalDocument'), name: string(80) },
  optional: {
    url: webAddress,
    abstract: string(160),
    keywords: list(string(28), 0, 3),
    text: string(28 * 1024),
    encodingFormat: oneOf(cardType, 'text/html'),
    image: shape({ required: { '@type': oneOf('ImageObject'), name: string(100) } }),
    usageInfo: sensitivity,
  },
});
const claim = shape({ required: { '@type': oneOf('Claim'), position: whole(1, 1000), appearance } });
const rootMessage = {
  required: { '@type': oneOf('Message'), '@context': oneOf('https://schema.org') },
  optional: {
    '@id': oneOf(''),
    additionalType: list(oneOf('AIGeneratedContent'), 1, 1),
    citation: list(claim, 1, 20),
    usageInfo: sensitivity,
  },
};
const mention = {
  required: {
    text: matching(/^<at>[^<>]+<\/at>$/u, 'must be <at>a name</at>'),
    mentioned: shape({ required: { id: string(300) }, optional: { name: string(200) } }),
  },
};
const stream = {
  required: { streamType: oneOf('informative', 'streaming', 'final') },
  optional: { streamId: string(100), streamSequence: whole(1, 100_000), streamResult: anything },
};
const entity = typed({ 'https://schema.org/Message': rootMessage, mention, streaminfo: stream });
const streamEntity = typed({ streaminfo: stream });

const attachment = shape({
  required: { contentType: oneOf(cardType), content: card },
  optional: { name: string(200, 0), contentUrl: anything, thumbnailUrl: anything },
});
const suggested = shape({
  required: {
    actions: list(
      shape({
        required: { type: oneOf('imBack'), title: string(200), value: string(4000) },
        optional: { displayText: anything, text: anything },
      }),
      1,
      6,
    ),
  },
  optional: { to: list(string(300), 0, 10) },
});
const account = shape({
  optional: { id: string(300), name: string(300, 0), aadObjectId: anything, role: anything, tenantId: anything, properties: anything },
});

/** What any activity may carry beside what it says: where it goes, as the SDK writes it. */
const addressed: Record<string, Rule> = {
  id: string(100),
  from: account,
  recipient: account,
  conversation: (value, at, faults) => {
    if (!isObject(value)) fault(faults, at, 'must provide an object');
  },
  channelId: oneOf('msteams'),
  serviceUrl: string(500),
  replyToId: string(100),
  locale: string(40),
  localTimezone: string(100),
  timestamp: anything,
  localTimestamp: anything,
  callerId: anything,
  inputHint: oneOf('acceptingInput', 'ignoringInput', 'expectingInput'),
};

const message = shape({
  required: { type: oneOf('message') },
  optional: {
    ...addressed,
    text: string(messageUnits, 0),
    textFormat: oneOf('markdown', 'plain', 'xml'),
    summary: string(1000, 0),
    entities: list(entity, 0, 50),
    attachments: list(attachment, 0, 10),
    attachmentLayout: oneOf('list', 'carousel'),
    channelData: shape({
      optional: {
        feedbackLoop: shape({ required: { type: oneOf('default', 'custom') } }),
        feedbackLoopEnabled: flag,
        notification: shape({ optional: { alert: flag, alertInMeeting: flag } }),
        tenant: anything,
        channel: anything,
        team: anything,
      },
    }),
    suggestedActions: suggested,
    importance: oneOf('low', 'normal', 'high'),
    deliveryMode: oneOf('normal', 'notification'),
  },
  also: (value, at, faults) => {
    if (!isObject(value)) return;
    const empty = value.text === undefined || value.text === '';
    if (empty && !(Array.isArray(value.attachments) && value.attachments.length > 0)) fault(faults, at, 'has neither text nor attachments');
    checkEntities(value, at, faults);
  },
});
const typing = shape({
  required: { type: oneOf('typing') },
  optional: { ...addressed, text: string(messageUnits, 0), entities: list(streamEntity, 0, 1), textFormat: oneOf('markdown', 'plain') },
});

/** What concerns entities and text at once: one root message, and `[n]` for each claim and the reverse. */
function checkEntities(value: Fields, at: string, faults: string[]): void {
  const entities = Array.isArray(value.entities) ? value.entities.filter(isObject) : [];
  const roots = entities.filter((one) => one.type === 'https://schema.org/Message');
  if (roots.length > 1) fault(faults, `${at}/entities`, 'Multiple root message entities found under entities array');
  if (entities.filter((one) => one.type === 'streaminfo').length > 1) fault(faults, `${at}/entities`, 'more than one streaminfo');
  const text = typeof value.text === 'string' ? value.text : '';
  for (const one of entities)
    if (one.type === 'mention' && !text.includes(String(one.text)))
      fault(faults, `${at}/entities`, `the text does not have ${String(one.text)}`);
  const claims = Array.isArray(roots[0]?.citation) ? roots[0].citation.filter(isObject) : [];
  if (claims.length === 0) return;
  const positions = claims.map((one) => Number(one.position));
  if (new Set(positions).size < positions.length) fault(faults, `${at}/entities`, 'two citations have the same position');
  const said = new Set([...text.matchAll(/(?<!\\)\[(\d{1,3})\](?!\()/gu)].map((one) => Number(one[1])));
  for (const one of positions) if (!said.has(one)) fault(faults, `${at}/text`, `does not have [${one}], which is cited`);
  for (const one of said) if (!positions.includes(one)) fault(faults, `${at}/text`, `has [${one}], which has no citation`);
}

/** What is wrong with an activity that a bot sends, a line each. */
export function activityProblems(value: unknown): string[] {
  const faults: string[] = [];
  if (!isObject(value)) return ['must provide an object'];
  (value.type === 'typing' ? typing : message)(value, '', faults);
  return faults;
}

const invokeError = shape({ required: { code: string(100), message: string(1000) } });
const invokeAnswers: Record<string, Rule> = {
  [cardType]: card,
  'application/vnd.microsoft.activity.message': string(4000),
  'application/vnd.microsoft.error': invokeError,
};

const cardAnswer: Rule = (value, at, faults) => {
  const wanted: Rule = isObject(value) ? (invokeAnswers[String(value.type)] ?? anything) : anything;
  shape({ required: { statusCode: whole(200, 599), type: oneOf(...Object.keys(invokeAnswers)), value: wanted } })(value, at, faults);
  if (isObject(value) && (value.type === 'application/vnd.microsoft.error') !== Number(value.statusCode) >= 400)
    fault(faults, at, 'an error has a statusCode from 400, anything else 200');
};

const cardAction = shape({
  required: { type: oneOf('openUrl', 'invoke', 'imBack', 'messageBack'), value: anything },
  optional: { title: string(200), image: anything },
});
const smallCard = shape({
  optional: {
    title: string(1000, 0),
    subtitle: string(1000, 0),
    text: string(4000, 0),
    images: list(anything, 0, 1),
    buttons: list(cardAction, 0, 6),
    tap: cardAction,
  },
});
const smallTypes = ['application/vnd.microsoft.card.thumbnail', 'application/vnd.microsoft.card.hero'];
const preview = shape({ required: { contentType: oneOf(...smallTypes), content: smallCard } });
const result: Rule = (value, at, faults) => {
  const isSmall = isObject(value) && smallTypes.includes(String(value.contentType));
  shape({
    required: { contentType: oneOf(cardType, ...smallTypes), content: isSmall ? smallCard : card, ...(isSmall ? {} : { preview }) },
    optional: { preview },
  })(value, at, faults);
};
const extension = typed({
  result: {
    required: { attachmentLayout: oneOf('list', 'grid'), attachments: list(result, 0, 25) },
    optional: { suggestedActions: anything },
  },
  message: { required: { text: string(4000) } },
});

const empty: Rule = (value, at, faults) => {
  if (value !== undefined && value !== '' && !(isObject(value) && Object.keys(value).length === 0)) fault(faults, at, 'must be empty');
};

/** What an invoke's answer must be, by the invoke's name; others are taken as they are. */
const answers: Record<string, Rule> = {
  'message/submitAction': empty,
  'adaptiveCard/action': cardAnswer,
  'composeExtension/query': shape({ required: { composeExtension: extension } }),
  'composeExtension/selectItem': shape({ required: { composeExtension: extension } }),
};

/** What is wrong with the answer to an invoke, a line each. */
export function answerProblems(name: string, body: unknown): string[] {
  const faults: string[] = [];
  answers[name]?.(body, '', faults);
  return faults;
}
