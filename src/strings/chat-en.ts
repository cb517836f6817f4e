/** What Docent says in chat, in English. The other languages have the same keys. */
export const chatEn = {
  slackTest: 'This is a test message: Docent can write to you here. Ask it something.',
  searching: 'is searching the documents…',
  reading: 'is reading what was found…',
  writing: 'is writing the answer…',
  ticketAsked: 'A person was asked. You hear of it here once somebody takes it on.',
  ticketTaken: 'Somebody is looking into your question.',
  ticketClosed: 'Your question was closed by the people who look after these. If it is not settled for you, ask again.',
  gaveUp: 'Something went wrong while answering, several times. The question is kept; please ask it again in other words.',
  editedOffer: 'You changed your question. Shall I answer it anew?',
  answerAnew: 'Answer anew',
  askEmpty: 'Write your question after the command: /ask How many days of leave do I have?',
  askingNow: 'Searching the documents…',
  limit: 'That was question number {limit} within an hour, which is as many as one person may ask. Ask again in {minutes} min.',
  fileUnreadable: 'could not be read',
  fileTooLarge: 'is larger than {megabytes} MB',
  fileFormat: 'is of a format that is not read here',
};
export type ChatStrings = { [K in keyof typeof chatEn]: string };
