import type { ChatStrings } from './chat-en.ts';

export const chatDe: ChatStrings = {
  searching: 'durchsucht die Dokumente …',
  reading: 'liest, was gefunden wurde …',
  writing: 'schreibt die Antwort …',
};
