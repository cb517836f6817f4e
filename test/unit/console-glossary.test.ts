/** The Glossary room over real HTTP: adding, changing, removing, importing with a look before, exporting, and the API. */
import { afterEach, expect, test } from 'vitest';
import { createFakeApp, type FakeOptions } from '../fakes/app.ts';
import { serveConsole, type Served } from '../fakes/serve-console.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});
async function serve(options: FakeOptions = {}): Promise<string> {
  const served = await serveConsole(createFakeApp(options));
  open.push(served);
  return served.url;
}
const post = (url: string, body: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(body) });
const pageOf = async (url: string): Promise<string> => (await fetch(url)).text();
function upload(url: string, text: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  const form = new FormData();
  form.set('file', new Blob([text]), 'terms.csv');
  return fetch(`${url}/glossary/import`, { method: 'POST', body: form });
}
const api = (url: string, path: string, method = 'GET', body?: unknown): Promise<Response> =>
  fetch(`${url}/api/v1/glossary${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
const HEAD = 'term,synonyms,explanation\n';

test('from the empty room to a term that is changed and removed', async () => {
  const url = await serve();
  expect(await pageOf(`${url}/glossary`)).toContain('No terms yet');
  const added = await post(`${url}/glossary`, { term: 'annual leave', synonyms: 'PTO; holidays；休假', explanation: '<b>paid</b>' });
  expect([added.status, added.headers.get('location')]).toEqual([303, '/glossary?done=saved']);
  const list = await pageOf(`${url}/glossary?done=saved`);
  for (const text of ['annual leave', '<li>PTO</li>', '<li>休假</li>', '&lt;b&gt;paid', 'The term was saved.', 'One term'])
    expect(list).toContain(text);
  const [, id] = /href="\/glossary\/([\w-]{30,})"/.exec(list)!;
  expect(await pageOf(`${url}/glossary/${id}`)).toContain('value="PTO; holidays; 休假"');
  await post(`${url}/glossary/${id}`, { term: 'paid leave', synonyms: 'PTO', explanation: '' });
  expect(await pageOf(`${url}/glossary`)).toContain('paid leave');
  expect(await pageOf(`${url}/glossary/${id}/remove`)).toContain('Remove paid leave?');
  expect((await post(`${url}/glossary/${id}/remove`, {})).headers.get('location')).toBe('/glossary?done=removed');
  expect(await pageOf(`${url}/glossary`)).toContain('No terms yet');
});

test('a term that cannot be kept comes back as it was typed, with the reason at its field', async () => {
  const url = await serve();
  const refused = await post(`${url}/glossary`, { term: 'annual leave', synonyms: 'Annual Leave', explanation: 'kept' });
  const page = await refused.text();
  expect(refused.status).toBe(422);
  expect(page).toContain('There is no synonym that differs from the term.');
  expect(page).toMatch(/id="f-synonyms"[^>]*aria-invalid="true"/);
  expect(page).toContain('kept');
  await post(`${url}/glossary`, { term: 'leave', synonyms: 'PTO', explanation: '' });
  const twice = await post(`${url}/glossary`, { term: 'Leave', synonyms: 'x', explanation: '' });
  expect([twice.status, (await twice.text()).includes('Change that entry instead')]).toEqual([409, true]);
  const chinese = await post(`${url}/glossary`, { term: '', synonyms: 'x', explanation: '' }, { 'accept-language': 'zh-CN' });
  expect(await chinese.text()).toContain('没有术语。');
});

test('a term that is not there is told so', async () => {
  const url = await serve();
  for (const path of ['/glossary/nothing', '/glossary/nothing/remove']) {
    const response = await fetch(url + path);
    expect([response.status, (await response.text()).includes('This term is not here')]).toEqual([404, true]);
  }
  expect((await post(`${url}/glossary/nothing`, { term: 'a', synonyms: 'b', explanation: '' })).status).toBe(404);
  expect((await post(`${url}/glossary/nothing/remove`, {})).status).toBe(404);
});

test('a file shows what it changes, and changes it when told to', async () => {
  const url = await serve();
  await post(`${url}/glossary`, { term: 'leave', synonyms: 'PTO', explanation: '' });
  const shown = await upload(url, `${HEAD}leave,PTO; holidays,\nlaptop,notebook,"a ""machine"", two\nlines"\n`);
  const page = await shown.text();
  expect(shown.status).toBe(200);
  for (const text of ['Added (1)', 'Changed (1)', 'was leave: PTO', 'Import 2 terms']) expect(page).toContain(text);
  expect(await pageOf(`${url}/glossary`)).not.toContain('laptop');
  const csv = /name="csv" value="([^"]*)"/.exec(page)![1]!.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  const taken = await post(`${url}/glossary/import/take`, { csv: csv.replaceAll('\n', '\r\n') });
  expect(taken.headers.get('location')).toBe('/glossary?done=taken');
  expect(await pageOf(`${url}/glossary`)).toContain('laptop');
  expect(await (await upload(url, `${HEAD}leave,PTO; holidays,\n`)).text()).toContain('The file changes nothing');
  expect(await (await upload(url, HEAD)).text()).toContain('The file has no terms.');
});

test('a refused line is named, nothing can be kept, and nothing is', async () => {
  const url = await serve();
  const shown = await upload(url, `${HEAD}leave,PTO,\n<script>,,\n`);
  const page = await shown.text();
  expect(shown.status).toBe(422);
  expect(page).toMatch(/<td>3<\/td><td>There is no synonym[^<]*<\/td><td class="location">&lt;script&gt;/);
  expect(page).not.toContain('name="csv"');
  const taken = await post(`${url}/glossary/import/take`, { csv: `${HEAD}leave,PTO,\nx,,\n` });
  expect(taken.status).toBe(422);
  expect(await pageOf(`${url}/glossary`)).toContain('No terms yet');
});

test('no file, one too large, one in another encoding, a broken form', async () => {
  const url = await serve();
  expect(await (await upload(url, '')).text()).toContain('Choose a file first.');
  expect(await (await upload(url, 'a'.repeat(1_000_001))).text()).toContain('The file is larger than 1 MB.');
  expect(await (await upload(url, new Uint8Array([0xff, 0xfe, 0x80]))).text()).toContain('The file is not UTF-8.');
  const broken = await fetch(`${url}/glossary/import`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: 'nothing of the kind',
  });
  expect([broken.status, (await broken.text()).includes('Choose a file first.')]).toEqual([400, true]);
});

test('what is exported is a file that spreadsheets open and the import takes', async () => {
  const url = await serve();
  await post(`${url}/glossary`, { term: '=1+1', synonyms: 'two; 二', explanation: '' });
  const exported = await fetch(`${url}/glossary/export`);
  expect(exported.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
  expect(exported.headers.get('content-disposition')).toContain('attachment');
  const bytes = new Uint8Array(await exported.arrayBuffer());
  expect(Buffer.from(bytes.slice(0, 3))).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  expect(new TextDecoder().decode(bytes)).toContain("'=1+1");
  expect(await (await upload(url, bytes)).text()).toContain('The file changes nothing');
});

test('many terms come in pages, and are found by any of their names', async () => {
  const url = await serve();
  const rows = Array.from({ length: 130 }, (_, i) => `term ${String(i).padStart(3, '0')},alias ${i},\n`).join('');
  await api(url, '/import', 'POST', { csv: HEAD + rows });
  expect(await pageOf(`${url}/glossary`)).toContain('1–100 of 130');
  const second = await pageOf(`${url}/glossary?offset=100`);
  expect([second.includes('term 129'), second.includes('term 001')]).toEqual([true, false]);
  const found = await pageOf(`${url}/glossary?q=ALIAS+77`);
  expect([found.includes('term 077'), found.includes('term 078')]).toEqual([true, false]);
  expect(await pageOf(`${url}/glossary?q=nowhere`)).toContain('No term has these words');
});

test('the API lists, adds, changes, removes, imports and exports', async () => {
  const url = await serve();
  const added = await api(url, '', 'POST', { term: 'leave', synonyms: ['PTO'] });
  const { entries } = (await added.json()) as { entries: { id: string; term: string }[] };
  expect([added.status, entries[0]!.term]).toEqual([201, 'leave']);
  const { id } = entries[0]!;
  expect(await (await api(url, `/${id}`, 'PUT', { term: 'leave', synonyms: ['PTO', 'holidays'] })).json()).toMatchObject({
    synonyms: ['PTO', 'holidays'],
  });
  const preview = await api(url, '/import', 'POST', { csv: `${HEAD}laptop,notebook,\n`, preview: true });
  expect(await preview.json()).toMatchObject({ added: [{ term: 'laptop' }], refused: [] });
  expect(await (await api(url, '')).json()).toMatchObject({ entries: [{ term: 'leave' }] });
  const broken = await api(url, '/import', 'POST', { csv: `${HEAD}laptop,,\n` });
  expect([broken.status, await broken.json()]).toMatchObject([422, { refused: [{ line: 2, problem: 'no-synonym' }] }]);
  expect(await (await api(url, '/export')).text()).toContain('leave,PTO; holidays,');
  expect((await api(url, `/${id}`, 'DELETE')).status).toBe(204);
  expect((await api(url, `/${id}`, 'DELETE')).status).toBe(404);
  expect((await api(url, '', 'POST', { term: 'x', synonyms: 'y' })).status).toBe(400);
  expect((await api(url, '', 'POST', { term: 'x', synonyms: [] })).status).toBe(422);
});

test('it is behind the sign-in, and other sites change nothing', async () => {
  const url = await serve({ env: { ADMIN_TOKEN: 'a-token-of-the-admin' } });
  expect((await fetch(`${url}/glossary`, { redirect: 'manual' })).headers.get('location')).toContain('/login');
  for (const path of ['/glossary', '/glossary/import', '/glossary/import/take', '/glossary/x/remove'])
    expect([path, (await post(url + path, { term: 'a', synonyms: 'b' })).status]).toEqual([path, 401]);
  expect((await api(url, '')).status).toBe(401);
  const opened = await serve();
  const foreign = await post(`${opened}/glossary`, { term: 'a', synonyms: 'b', explanation: '' }, { 'sec-fetch-site': 'cross-site' });
  expect(foreign.status).toBe(403);
  expect((await fetch(`${opened}/api/v1/glossary`, { method: 'POST', body: new URLSearchParams({ term: 'a' }) })).status).toBe(415);
});
