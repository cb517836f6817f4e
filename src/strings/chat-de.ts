import type { ChatStrings } from './chat-en.ts';

export const chatDe: ChatStrings = {
  slackTest: 'Das ist eine Testnachricht: Docent kann Ihnen hier schreiben. Fragen Sie etwas.',
  searching: 'durchsucht die Dokumente …',
  reading: 'liest, was gefunden wurde …',
  writing: 'schreibt die Antwort …',
};
