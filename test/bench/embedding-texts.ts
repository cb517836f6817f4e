/** Made-up passages and questions in plain English, always the same for the same number. */

const WHO = ['The finance team', 'A new colleague', 'Every office manager', 'The person on call', 'Your department', 'The works council'];
const DOES = ['approves', 'writes down', 'sends back', 'has to announce', 'keeps a copy of', 'checks'];
const WHAT = [
  'travel expenses',
  'the parental leave form',
  'a change of address',
  'spare laptops',
  'overtime',
  'visitor badges',
  'invoices',
];
const WHEN = ['within three days', 'before the end of the month', 'once the contract is signed', 'on the first working day', 'at any time'];
const WHERE = ['in the shared calendar', 'at the front desk', 'with the regional lead', 'through the service portal', 'in writing'];

export const PASSAGE_LENGTH = 700;
export const QUESTION_WORDS = 12;

const of = (words: string[], n: number): string => words[n % words.length]!;

function sentence(n: number): string {
  // Different steps, so that neighbouring numbers share few words.
  return `${of(WHO, n)} ${of(DOES, n * 5 + 1)} ${of(WHAT, n * 3 + (n >> 3))} ${of(WHEN, n + (n >> 2))} ${of(WHERE, n * 2 + (n >> 4))}, see rule ${n}.`;
}

/** 700 characters under a title, as a passage goes before a model. */
export function passage(n: number): string {
  let text = `Handbook, part ${n}\n`;
  for (let i = 0; text.length < PASSAGE_LENGTH; i++) text += `${sentence(n * 7 + i)} `;
  return text.slice(0, PASSAGE_LENGTH);
}

/** 12 words. */
export function question(n: number): string {
  const words = `How do I handle ${of(WHAT, n)} ${of(WHEN, n >> 1)} when rule ${n} says that nobody else is in the office`.split(' ');
  return `${words.slice(0, QUESTION_WORDS).join(' ')}?`;
}
