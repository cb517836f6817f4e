/**
 * Pictures of what Docent looks like in Slack, drawn from the very JSON that it sends: `node scripts/slack-pictures.ts
 * [FOLDER]`. Into docs/images those that the documentation
 * shows; into another folder all, to be looked at. Needs Chromium.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { askPersonModal, feedbackModal, quoteModal, whyModal } from '../bots/slack/modals.ts';
import { draw } from '../bots/slack/draw.ts';
import { streamChunk } from '../bots/slack/draw-stream.ts';
import { openBrowser } from '../test/fakes/browser.ts';
import { slackPage, type SlackPageItem } from '../test/fakes/slack-page.ts';
import { pictureOf } from '../test/fakes/slack-picture.ts';
import {
  NOW,
  PEOPLE,
  longAnswer,
  notFound,
  quote,
  quotedAnswer,
  shortAnswer,
  ticket,
  welcome,
  why,
  writtenAnswer,
  zhAnswer,
  deNotFound,
} from '../test/fakes/slack-answers.ts';

const folder = process.argv[2] ?? path.join(import.meta.dirname, '../docs/images');
await mkdir(folder, { recursive: true });

const blocksOf = (view: Parameters<typeof draw>[0], plain = false): SlackPageItem[] =>
  draw(view, plain ? 'plain' : 'rich').map(({ blocks, text }) => ({ blocks, text }));
const streamed = writtenAnswer();
const growing = {
  type: 'growing',
  language: 'en',
  status: 'writing',
  sentences: streamed.answer.sentences,
  citations: streamed.answer.citations,
} as const;

interface Picture {
  items: SlackPageItem[];
  dark?: boolean;
  width?: number;
  scale?: number;
}
const pictures: Record<string, Picture> = {
  answer: {
    items: [
      { from: 'Mia Becker', text: 'How much parental leave do I get, and how do I ask for it?' },
      { markdown: streamChunk(undefined, growing), blocks: draw(streamed)[0]!.footer },
    ],
  },
  'answer-dark-phone': {
    dark: true,
    width: 400,
    items: [{ from: 'Mia Becker', text: 'How much parental leave do I get, and how do I ask for it?' }, ...blocksOf(streamed)],
  },
  growing: {
    items: [
      { from: 'Mia Becker', text: 'How much parental leave do I get?' },
      ...blocksOf({ ...growing, sentences: growing.sentences.slice(0, 2) }),
    ],
  },
  quoted: { items: [{ from: 'Jonas Weber', text: 'Wann muss ich meine Reisekosten einreichen?' }, ...blocksOf(quotedAnswer())] },
  'not-found': { items: [{ from: 'Mia Becker', text: 'Can I bring my dog to the Lisbon office?' }, ...blocksOf(notFound())] },
  'not-found-de': { dark: true, items: blocksOf(deNotFound()) },
  long: {
    scale: 1,
    width: 620,
    items: blocksOf(longAnswer()),
  },
  plain: { scale: 1, items: blocksOf(longAnswer(), true) },
  zh: { width: 420, items: blocksOf(zhAnswer()) },
  short: { items: [...blocksOf(shortAnswer(false))] },
  whispered: { items: blocksOf(shortAnswer(true)).map((item) => ({ ...item, ephemeral: true })) },
  shared: { items: blocksOf({ ...shortAnswer(false), shared: { by: 'U0MIA', question: 'What is the guest Wi-Fi password policy?' } }) },
  feedback: { width: 560, items: [{ view: feedbackModal({ language: 'en', ids: 'a1', askPerson: true }) }] },
  'ask-person': { width: 560, items: [{ view: askPersonModal({ language: 'en', ids: 'a1' }) }] },
  why: { width: 560, items: [{ view: whyModal(why()) }] },
  quote: { width: 560, items: [{ view: quoteModal(quote(true), NOW) }] },
  'quote-gone': { width: 560, dark: true, items: [{ view: quoteModal(quote(false), NOW) }] },
  ticket: { items: blocksOf(ticket()) },
  welcome: { items: blocksOf(welcome()) },
};

const browser = await openBrowser();
const kept = ['answer', 'answer-dark-phone', 'quoted', 'not-found', 'long', 'whispered', 'feedback', 'why', 'quote', 'ticket', 'welcome'];
for (const [name, { items, dark = false, width = 680, scale = 1.5 }] of Object.entries(pictures)) {
  if (!process.argv[2] && !kept.includes(name)) continue;
  const bytes = await pictureOf(
    browser,
    slackPage(items, { dark, width, people: PEOPLE }),
    path.join(folder, `slack-${name}.png`),
    width,
    scale,
  );
  console.log(`slack-${name}.png ${Math.round(bytes / 1000)} kB`);
}
await browser.close();
