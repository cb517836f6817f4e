/** What Docent says in chat, in English. The other languages have the same keys. */
export const chatEn = {
  slackTest: 'This is a test message: Docent can write to you here. Ask it something.',
  searching: 'is searching the documents…',
  reading: 'is reading what was found…',
  writing: 'is writing the answer…',
};
export type ChatStrings = { [K in keyof typeof chatEn]: string };
