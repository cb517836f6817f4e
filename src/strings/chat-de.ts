import type { ChatStrings } from './chat-en.ts';

export const chatDe: ChatStrings = {
  slackTest: 'Das ist eine Testnachricht: Docent kann Ihnen hier schreiben. Fragen Sie etwas.',
  searching: 'durchsucht die Dokumente …',
  reading: 'liest, was gefunden wurde …',
  writing: 'schreibt die Antwort …',
  gaveUp:
    'Beim Antworten ist mehrmals etwas schiefgegangen. Die Frage ist aufgehoben; bitte stellen Sie sie noch einmal mit anderen Worten.',
  editedOffer: 'Sie haben Ihre Frage geändert. Soll ich sie neu beantworten?',
  answerAnew: 'Neu beantworten',
  askEmpty: 'Schreiben Sie Ihre Frage hinter den Befehl: /ask Wie viele Urlaubstage habe ich?',
  askingNow: 'Die Dokumente werden durchsucht …',
  limit: 'Das war Frage Nummer {limit} innerhalb einer Stunde; mehr darf eine Person nicht stellen. Fragen Sie in {minutes} min wieder.',
  fileUnreadable: 'konnte nicht gelesen werden',
  fileTooLarge: 'ist größer als {megabytes} MB',
  fileFormat: 'hat ein Format, das hier nicht gelesen wird',
  ticketAsked: 'Eine Person wurde gefragt. Sobald sich jemand darum kümmert, steht es hier.',
  ticketTaken: 'Jemand kümmert sich jetzt um Ihre Frage.',
  ticketClosed: 'Ihre Frage wurde von den Zuständigen abgeschlossen. Falls sie für Sie nicht geklärt ist, fragen Sie noch einmal.',
};
