/** Whether something written in a thread asks something; decided in code, for follow-ups that name nobody. */

const FIRST =
  /^(?:(?:and|but|so|ok|okay|then|also|und|aber|dann)[ ,]+)?(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had|am|isn't|aren't|don't|doesn't|can't|what's|who's|where's|how's|wer|wen|wem|wessen|was|welche[rsmn]?|wann|wo|wohin|woher|warum|wieso|weshalb|wie|wieviel|ist|sind|war|gibt|kann|können|darf|dürfen|muss|müssen|soll|sollte|hat|haben|qui|que|quoi|quel|quelle|quand|où|pourquoi|comment|combien|est-ce|quién|qué|cuál|cuándo|dónde|cómo|cuánto)\b/iu;
const ABOUT =
  /^(?:and |but |und |aber )?(?:what|how|wie|was ist) (?:about|if|mit|wenn)\b|^(?:tell|show|explain|list|give|summari[sz]e|compare|translate)\b.*\b(?:me|us|it|that|this)?\b|^(?:erklär|zeig|nenn|übersetz)/iu;
const CHINESE = /[吗嗎呢么麼]$|什么|什麼|怎么|怎麼|如何|为什么|為什麼|哪|谁|誰|多少|几|幾|是否|能不能|可不可以|有没有|有沒有/u;

/** Chatter ("thanks!", "ok, done") does not; "and for contractors?" does. */
export function readsAsQuestion(text: string): boolean {
  const plain = text.trim();
  if (plain === '' || plain.length > 2_000) return false;
  if (/[?？]["'”’)\]]*\s*$/u.test(plain) || /[?？](?:\s|$)/u.test(plain)) return true;
  return FIRST.test(plain) || ABOUT.test(plain) || CHINESE.test(plain);
}
