/**
 * Draws pictures of the App Home and of the modals in which a source is added, from the very JSON that the bot sends:
 * `node scripts/slack-home-pictures.ts` for the documentation, with a folder all there are, to look at. Needs Chromium.
 */
import { adminWords } from '../bots/slack/admin-words.ts';
import { formModal, lookingModal, previewModal } from '../bots/slack/admin-add-view.ts';
import { automaticModal, labelModal } from '../bots/slack/admin-automatic-view.ts';
import { homeView, type HomeData } from '../bots/slack/home-view.ts';
import { EMPTY } from '../bots/source-form.ts';
import type { ConnectorView, SourcePreview, SourceStatus } from '../src/app-contract.ts';
import type { RecentQuestion, SilentAnswer } from '../src/chat/chat-app.ts';
import { createFakeApp } from '../test/fakes/app.ts';
import { openBrowser } from '../test/fakes/browser.ts';
import { slackPage } from '../test/fakes/slack-page.ts';
import { pictureOf } from '../test/fakes/slack-picture.ts';

const given = process.argv[2];
const folder = given ?? 'docs/images';
const DOCUMENTED = ['slack-home', 'slack-add-source'];
const NOW = Date.UTC(2026, 10, 23, 9, 40);
const HOUR = 3_600_000;
const ZONE = 'Europe/Berlin';
const words = (language: string) => adminWords(language, () => NOW, ZONE);

const one = createFakeApp({ now: () => NOW }).addFilled('x', []);
const source = (
  name: string,
  kind: string,
  documents: number,
  hoursAgo: number,
  more: Partial<SourceStatus['source']> = {},
): SourceStatus => ({
  ...one,
  documents,
  passages: documents * 7,
  source: { ...one.source, id: name, name, kind, readers: ['everyone'], nextSyncAt: NOW + 17 * HOUR, ...more },
  lastRun: { ...one.lastRun!, startedAt: NOW - hoursAgo * HOUR, finishedAt: NOW - hoursAgo * HOUR },
});
const question = (text: string, hoursAgo: number, status: RecentQuestion['status']): HomeData['recent'][number] => ({
  questionId: text,
  text,
  askedAt: NOW - hoursAgo * HOUR,
  status,
  origin: null,
  permalink: 'https://the-company.slack.com/archives/C1/p1',
});
const sources = [
  source('Company handbook', 'git', 214, 2, { schedule: '@hourly', nextSyncAt: NOW + HOUR / 3 }),
  source('HR policies', 'confluence', 845, 7, { readers: ['group:hr'] }),
  source('Product wiki', 'mediawiki', 1288, 31, {
    problem: {
      since: NOW - 7 * HOUR,
      reason: 'wiki.acme.example does not accept this user and password. Make a bot password at Special:BotPasswords.',
    },
  }),
];
const recent = [
  question('How many days of leave do I have in my first year?', 3, 'answered'),
  question('Who approves a hotel above 190 euros?', 20, 'answered'),
  question('Can I park at the Lisbon office?', 49, 'unanswered'),
];
const base: HomeData = {
  searched: {
    documents: 1059,
    sources: [
      { name: 'Company handbook', syncedAt: NOW - 2 * HOUR },
      { name: 'Product wiki', syncedAt: NOW - 31 * HOUR },
    ],
  },
  recent,
  member: true,
  admins: ['UMIA'],
  page: 0,
};
const models = { chatModel: 'gpt-5-mini', embeddingModel: 'multilingual-e5-small', budgetUsd: 50, spentUsd: 12.4 };
const channel = 'slack:T1/CHELP';
const automatic = [{ channel, wanted: 0.9, labelled: 37, right: 33, from: undefined, lowerBound: undefined }];
const forAdmin: HomeData = {
  ...base,
  recent: recent.slice(2),
  consoleUrl: 'https://docent.acme.example',
  admin: { sources: sources.slice(1), models, automatic, triage: true },
};

const connector = (kind: string, credential?: ConnectorView['credential']): ConnectorView => ({
  kind,
  capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
  blindSpots: [],
  ...(credential ? { credential } : {}),
});
const notion = connector('notion', {
  fields: [{ name: 'token', label: 'Integration token', secret: true }],
  required: true,
  rights: 'An internal integration with "Read content", made at notion.so/profile/integrations and connected to the pages.',
});
const connectors = [connector('folder'), connector('git'), notion];
const preview: SourcePreview = {
  kind: 'site',
  name: 'docs.acme.example',
  readers: ['everyone'],
  documents: 312,
  more: false,
  samples: [
    { externalId: '1', title: 'Annual leave', passages: 6 },
    { externalId: '2', title: 'Travel and expenses', passages: 11 },
    { externalId: 'forms/scan-2019.pdf', problem: 'it is a scan without text' },
    { externalId: '4', title: 'Laptops and phones', passages: 4 },
  ],
  estimate: { passages: 2150, tokens: 400_000 },
  requests: 9,
  blindSpots: ['Who may read a page: everything is readable by those whom you name.'],
  nextSyncAt: NOW + 17 * HOUR,
  timeZone: ZONE,
  cost: { model: 'multilingual-e5-small', minutes: 7 },
};
const values = { ...EMPTY, location: 'https://docs.acme.example' };
const silent = {
  answerId: 'a',
  question: 'Do we have a lounge card for long flights?',
  askedAt: NOW - 5 * HOUR,
  score: 0.8,
  answer: {
    text: 'Flights of more than six hours come with lounge access [1].\nBook it through the travel desk [1].',
    citations: [{ n: 1, title: 'Travel and expenses' }],
  } as SilentAnswer['answer'],
};
const form = { values, connectors, timeZone: ZONE, metadata: '' };
const views: Record<string, [view: unknown, dark?: boolean]> = {
  'slack-home': [homeView(forAdmin, words('en'))],
  'slack-home-employee': [homeView(base, words('en')), true],
  'slack-home-empty': [
    homeView(
      { ...forAdmin, recent: [], admin: { ...forAdmin.admin!, sources: [], automatic: [], models: { ...models, chatModel: null } } },
      words('en'),
    ),
  ],
  'slack-home-de': [homeView(forAdmin, words('de'))],
  'slack-home-zh': [homeView(forAdmin, words('zh'))],
  'slack-add-form': [formModal({ ...form, recognised: connector('site') }, words('en'))],
  'slack-add-notion': [
    formModal(
      {
        ...form,
        values: { ...values, location: 'https://www.notion.so/acme/HR' },
        recognised: notion,
        problem: { field: 'credential', message: 'Notion does not accept this token. Make a new one, and give it here.' },
        consoleUrl: 'https://docent.acme.example',
      },
      words('en'),
    ),
  ],
  'slack-add-looking': [lookingModal({ location: values.location, documents: 180, metadata: '' }, words('en'))],
  'slack-add-source': [previewModal({ preview, schedule: '', metadata: '', timeZone: ZONE }, words('en'))],
  'slack-automatic': [automaticModal(words('en'), automatic[0]!)],
  'slack-label': [labelModal(automatic[0]!, silent, words('en'))],
};

const browser = await openBrowser();
for (const [name, [view, dark]] of Object.entries(views)) {
  if (given === undefined && !DOCUMENTED.includes(name)) continue;
  const home = (view as { type: string }).type === 'home';
  const html = slackPage([{ view }], { width: home ? 600 : 520, people: { UMIA: 'Mia Becker', CHELP: 'help' }, ...(dark ? { dark } : {}) });
  const drawn = html.replaceAll('#CHELP', '#help');
  const bytes = await pictureOf(browser, drawn, `${folder}/${name}.png`, home ? 640 : 560, home ? 1 : 1.5);
  console.log(`${name}: ${Math.ceil(bytes / 1000)} kB`);
}
await browser.close();
