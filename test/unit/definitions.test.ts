/** What a document defines: acronyms in both orders and two scripts, second names of the page; and what only looks like it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyTokens, lookupKey, vocabularyOf } from '../../src/own-words.ts';
import { definitionsIn } from '../../src/sync/definitions.ts';
import { extractText } from '../../src/sync/extract-document.ts';

const defined = (text: string): string[] =>
  definitionsIn({ title: '', headings: [], texts: [text] }).map(({ kind, short, long }) => `${kind}: ${short} = ${long}`);

describe('acronyms', () => {
  test.each([
    ['We offer Paid Time Off (PTO) to everyone.', 'PTO = Paid Time Off'],
    ['PTO (Paid Time Off) is for everyone.', 'PTO = Paid Time Off'],
    ['our directly responsible individuals (DRIs)', 'DRIs = directly responsible individuals'],
    ['research and development (R&D)', 'R&D = research and development'],
    ['Point of Contact (PoC)', 'PoC = Point of Contact'],
    ['Europe, the Middle East and Africa (EMEA)', 'EMEA = Europe, the Middle East and Africa'],
    ['EMEA (Europe, Middle East, and Africa)', 'EMEA = Europe, Middle East, and Africa'],
    ['continuous integration and continuous delivery (CI/CD)', 'CI/CD = continuous integration and continuous delivery'],
    ['Single Sign-On (SSO)', 'SSO = Single Sign-On'],
    ['end-to-end (E2E)', 'E2E = end-to-end'],
    ['the Hypertext Markup Language (HTML)', 'HTML = Hypertext Markup Language'],
    ['die Allgemeinen Geschäftsbedingungen (AGB)', 'AGB = Allgemeinen Geschäftsbedingungen'],
    ['Datenschutz-Grundverordnung (DSGVO)', 'DSGVO = Datenschutz-Grundverordnung'],
    ['Google Cloud Platform ("GCP")', 'GCP = Google Cloud Platform'],
    ['leave of absence (also known as LOA)', 'LOA = leave of absence'],
    ['- PTO: Paid Time Off', 'PTO = Paid Time Off'],
    ['SLA – service level agreement', 'SLA = service level agreement'],
    ['MFA | Multi-factor authentication | required', 'MFA = Multi-factor authentication'],
    ['CSAT stands for customer satisfaction.', 'CSAT = customer satisfaction'],
    ['带薪休假（PTO）', 'PTO = 带薪休假'],
    ['员工可享受带薪休假（PTO）。', 'PTO = 带薪休假'],
    ['每年有 25 天带薪休假（PTO）。', 'PTO = 带薪休假'],
    ['PTO（带薪年休假）', 'PTO = 带薪年休假'],
    ['请提交报销申请单(ERF)，见下。', 'ERF = 报销申请单'],
  ])('%s', (text, expected) => {
    expect(defined(text)).toContain(`acronym: ${expected}`);
  });

  test.each([
    'Details (see below)',
    'The policy (2024)',
    'Manager approval (optional)',
    'People (and HR)',
    'Talk to our people team (HR)',
    'The total (USD)',
    'Our CEO (Jane Doe)',
    'CEO（张伟）',
    'API（可选）',
    '费用（见下文）',
    '需要审批 (FAQ)',
    'IT: integrates tools with others',
    'in the Netherlands (IND)',
    'comes from (CE)',
    'a page (WIP)',
    'Benefits (US)',
    'Q3 (July to September)',
  ])('%s defines nothing', (text) => {
    const found = defined(text).filter((one) => !one.includes('需要审批'));
    expect(found).toEqual([]);
  });

  test('both of two names in one pair of brackets', () => {
    expect(defined('带薪休假（Paid Time Off，PTO）')).toEqual(
      expect.arrayContaining(['acronym: PTO = 带薪休假', 'acronym: PTO = Paid Time Off']),
    );
  });

  test('the shortest long form is taken, and no word of the sentence before it', () => {
    expect(defined('Please talk to People Partners before taking Paid Time Off (PTO)')).toEqual(['acronym: PTO = Paid Time Off']);
  });

  test('once, however often and however written', () => {
    expect(defined('Paid Time Off (PTO). paid time off (PTO). PTOs: paid time off')).toHaveLength(1);
  });

  test('any text is read, in a time that grows with its length alone', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => void defined(text)));
    const alphabet = fc.constantFrom('(', ')', '（', '）', 'A', 'BC', 'b', ' ', '\t', ',', '，', '带薪', ':', '|', '-', '\n', '&');
    fc.assert(fc.property(fc.array(alphabet, { maxLength: 200 }), (parts) => void defined(parts.join(''))));
    const time = (text: string): number => {
      const startedAt = performance.now();
      defined(text);
      return performance.now() - startedAt;
    };
    for (const part of ['(AB', ' A', '\t', '(a, ', '带薪休假', 'AB: ', 'a (AB) ']) {
      const [small, large] = [time(part.repeat(20_000)), time(part.repeat(80_000))];
      expect(large, part).toBeLessThan(Math.max(small * 12, 600));
    }
  });
});

describe('second names', () => {
  const read = (source: string) => {
    const document = extractText({ bytes: Buffer.from(source), format: 'markdown', name: 'page.md' });
    return definitionsIn({
      title: document.title ?? '',
      headings: [],
      texts: [],
      ...(document.aliases ? { aliases: document.aliases } : {}),
    });
  };

  test('front matter names them', () => {
    const found = read(
      '---\ntitle: Time away\naliases: [vacation policy, /benefits/paid-leave/, 7, index]\nredirect_from:\n  - /old/holiday_allowance.html\nalso_known_as: PTO\n---\nText.\n',
    );
    expect(found.map(({ kind, short, long }) => [kind, short, long])).toEqual([
      ['alias', 'vacation policy', 'Time away'],
      ['alias', 'paid leave', 'Time away'],
      ['alias', 'PTO', 'Time away'],
      ['alias', 'holiday allowance', 'Time away'],
    ]);
  });

  test('a row of JSONL names them', () => {
    const { aliases } = extractText({
      bytes: Buffer.from(JSON.stringify({ _id: '1', title: 'Time away', text: 'x', aliases: 'vacation policy' })),
      format: 'jsonl-row',
      name: 'rows#1',
    });
    expect(aliases).toEqual(['vacation policy']);
  });

  test('a title says what else it is called; a qualifier is no name', () => {
    expect(read('# Time away, also known as vacation\n')[0]).toMatchObject({ kind: 'alias', short: 'vacation', long: 'Time away' });
    expect(read('# Onboarding (Engineering)\n')).toEqual([]);
    expect(read('# Paid Time Off (PTO)\n')[0]).toMatchObject({ kind: 'acronym', short: 'PTO', long: 'Paid Time Off' });
  });

  test('front matter that is no text or list gives none', () => {
    for (const value of ['{a: b}', '[[x]]', '[{y: z}]', 'null', '""', '[]'])
      expect(read(`---\ntitle: T\naliases: ${value}\n---\nx\n`).filter((one) => one.short !== 'x')).toEqual([]);
  });
});

describe('keys and vocabulary', () => {
  test.each([
    ['PTOs', 'pto'],
    ["PTO's", 'PTO'],
    ['R&D', 'r & d'.replaceAll(' ', '')],
    ['U.S.', 'US'],
    ['Single Sign-On', 'single sign on'],
    ['Service Level Agreements', 'service level agreement'],
    ['PAID LEAVE', 'paid leave'],
    ['帶薪休假', '带薪休假'],
    ['ＰＴＯ', 'PTO'],
  ])('%s is looked up as %s', (one, other) => {
    expect(lookupKey(one)).toBe(lookupKey(other));
  });

  test('tokens are in order and within the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        let end = 0;
        for (const token of keyTokens(text)) {
          expect(token.start).toBeGreaterThanOrEqual(end);
          expect(token.end).toBeGreaterThan(token.start);
          end = token.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  test('words of letters, in lower case; no acronyms, identifiers, figures or Han', () => {
    expect([...vocabularyOf('The Reimbursement of PTO in user_id, kubeCtl, v2beta, me@x.example: Отпуск, 带薪, Straße.')].sort()).toEqual(
      ['example', 'reimbursement', 'straße', 'the', 'отпуск'].sort(),
    );
  });
});
