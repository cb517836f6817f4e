import type { AnswerStrings } from './en.ts';

export const de: AnswerStrings = {
  notFound: 'Dazu habe ich in den Dokumenten nichts gefunden.',
  notFoundSearched: 'Ich habe alle {documents} Dokumente durchsucht.',
  nothingToSearch: 'Es gibt noch keine Dokumente. Ein Admin kann in der Konsole eine Quelle hinzufügen.',
  closest: 'Die nächstliegenden Seiten, die es vielleicht nicht beantworten:',
  emptyQuestion: 'Fragen Sie mich in eigenen Worten etwas zu den Dokumenten.',
  greeting: 'Hallo! Fragen Sie mich, was in den Dokumenten stehen könnte; ich zeige, wo es steht.',
  thanks: 'Gern geschehen!',
  farewell: 'Auf Wiedersehen!',
  aboutMe: 'Ich beantworte Fragen aus den Dokumenten, die mir gegeben wurden, und zeige zu jedem Satz, wo er steht.',
  nothingToTransform: 'In dieser Unterhaltung gibt es noch keine Antwort, die ich ändern könnte.',
  needsModel: 'Zum Umschreiben braucht es ein Sprachmodell, und keines ist eingerichtet. Hier ist die Antwort, wie sie war.',
  failed: 'Beim Beantworten ging etwas schief. Die Frage ist gespeichert; bitte fragen Sie gleich noch einmal.',
  searchUnavailable:
    'Der Suchindex ist gerade nicht erreichbar oder wird gerade gefüllt, darum konnte ich nicht nachsehen. Die Frage ist gespeichert; bitte fragen Sie in einer Minute noch einmal.',
  tooLong: 'Die Frage ist sehr lang; ich habe die ersten {characters} Zeichen gelesen.',
  alsoSearched: 'Auch nach „{meant}“ gesucht: „{said}“ steht nirgends.',
  degraded_no_model: 'Es ist kein Sprachmodell eingerichtet; dies sind die Worte der Dokumente.',
  degraded_model_failed: 'Das Sprachmodell hat nicht geantwortet; dies sind die Worte der Dokumente.',
  degraded_model_stopped: 'Das Sprachmodell hat vor dem Ende aufgehört.',
  degraded_budget: 'Das Budget dieses Monats für Sprachmodelle ist verbraucht; dies sind die Worte der Dokumente.',
  degraded_meaning_unavailable: 'Die Suche nach Bedeutung war nicht verfügbar; ich habe nach Wörtern gesucht.',
};
