/** What Docent says in answers, in English. The other languages have the same keys. */
export const en = {
  notFound: 'I did not find this in the documents.',
  notFoundSearched: 'I searched all {documents} documents.',
  nothingToSearch: 'There are no documents yet. An admin can add a source in the console.',
  closest: 'Closest pages, which may not answer it:',
  emptyQuestion: 'Ask me something about the documents, in your own words.',
  greeting: 'Hello! Ask me anything that the documents may answer, and I will show where it stands.',
  thanks: 'You are welcome!',
  farewell: 'Goodbye!',
  aboutMe: 'I answer questions from the documents that I was given, and show for every sentence where it stands.',
  nothingToTransform: 'There is no answer in this conversation yet that I could change.',
  needsModel: 'Rewriting an answer needs a language model, and none is configured. Here is the answer as it was.',
  failed: 'Something went wrong while answering. The question is kept; please ask again in a moment.',
  searchUnavailable:
    'The search index cannot be reached, or is just being filled, so I could not look. The question is kept; please ask again in a minute.',
  tooLong: 'The question is very long; I read its first {characters} characters.',
  alsoSearched: 'Searched for “{meant}” too: “{said}” stands nowhere.',
  degraded_no_model: "No language model is configured, so these are the documents' own words.",
  degraded_model_failed: "The language model did not answer, so these are the documents' own words.",
  degraded_model_stopped: 'The language model stopped before the end.',
  degraded_budget: "This month's budget for language models is used up, so these are the documents' own words.",
  degraded_meaning_unavailable: 'Search by meaning was not available; I searched by words.',
};
export type AnswerStrings = typeof en;
