/** From nothing to the first answer without leaving Slack: an admin adds a source there, an employee asks about it in the App Home. */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { never } from '../fakes/open-app.ts';
import { ASKS_BREACH, openOffice, SAMPLE, type Office } from '../fakes/slack-office.ts';

let office: Office | undefined;
afterEach(async () => {
  await office?.close();
  office = undefined;
});

describe.each(['http', 'socket'] as const)('by %s', (mode) => {
  test('an admin, known by e-mail, adds a source in Slack; an employee asks about it, and sees what there is', async () => {
    office = await openOffice({ mode, empty: true, env: { ADMIN_USERS: 'ann@the-company.example' } });
    const { slack, app } = office;
    const [ann, bob] = [slack.person({ name: 'ann' }), slack.person({ name: 'bob' })];
    const channel = slack.channel({ members: [ann, bob] });
    const homeOf = (who: { id: string }): string => JSON.stringify(slack.world.homes.get(who.id)?.view ?? '');
    const top = () => slack.viewsOf(ann).at(-1)?.view;

    await slack.push.appHomeOpened({ user: bob.id });
    await slack.until(() => homeOf(bob).includes('no source was added'), 'the empty home');
    await slack.push.command({ user: bob.id, channel: channel.id, command: '/docent', text: 'doctor' });
    await slack.until(() => JSON.stringify(slack.ephemerals).includes('Only admins'), 'the refusal');

    await slack.push.command({ user: ann.id, channel: channel.id, command: '/docent', text: `add ${join(SAMPLE, 'handbook')}` });
    await slack.until(() => top()?.callback_id === 'docent.source-form', 'the form');
    await slack.push.viewSubmission({ user: ann.id, values: { name: 'Handbook' } });
    await slack.until(() => top()?.callback_id === 'docent.source-add', 'the preview');
    await slack.push.viewSubmission({ user: ann.id });
    const direct = slack.directOf(ann).id;
    await slack.until(() => slack.messages(direct).length >= 2, 'the thread');
    await office.restart();
    const told = (words: string) => () => JSON.stringify(slack.messages(direct)[1]?.blocks).includes(words);
    await slack.until(told('Docent was stopped while it read'), 'the word that it was stopped');
    await app.workOnce(never());
    await slack.until(told('Done: '), 'the end of the sync');

    await slack.push.viewAction({ user: bob.id, home: true, actionId: 'docent.home-ask' });
    await slack.until(() => slack.viewsOf(bob).at(-1)?.view.callback_id === 'docent.ask', 'the modal');
    await slack.push.viewSubmission({ user: bob.id, values: { question: ASKS_BREACH } });
    const answers = slack.directOf(bob).id;
    await slack.until(() => JSON.stringify(slack.messages(answers)).includes('72 hours'), 'the answer');
    await slack.push.viewAction({ user: bob.id, home: true, actionId: 'docent.home-refresh' });
    await slack.until(() => /Handbook/.test(homeOf(bob)) && /how many hours/.test(homeOf(bob)), 'the question and the source');
    expect(homeOf(bob)).not.toContain('Sync now');
    expect(slack.complaints).toEqual([]);
  }, 90_000);
});
