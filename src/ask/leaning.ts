/**
 * How much a message in a thread leans on the turns before it, told from its words alone. Pure.
 * A word that points (`it`, `davon`, `它`) leans only where nothing in the message itself comes before it that it could mean.
 */
import { contentWords, isHan } from './salient-words.ts';

/** `wholly`: it cannot be understood alone; `partly`: it may lean; `not`: it has a subject of its own. */
export type Leaning = 'wholly' | 'partly' | 'not';

interface Pointers {
  /** Begins a message that goes on from the one before. */
  opening: RegExp;
  /** Words that stand for something said before. */
  pointing: RegExp;
  /** The same words where they stand for nothing. */
  empty: RegExp;
  /** What goes on about the same thing, or about something quite else. */
  adding: RegExp;
  /** Between something said and a second question about it. */
  clause: RegExp;
  /** Ends in something that a later pointer can mean. */
  meant: RegExp;
}

const STEPS = 'ones?|items?|levels?|categor(?:y|ies)|steps?|points?|parts?|sections?|rows?|entr(?:y|ies)|lines?';

const POINTERS: Record<string, Pointers> = {
  en: {
    opening:
      /^(?:(?:ok(?:ay)?|thanks|thank you|great|got it|i see|hm+|yes|no|yeah|sure)\b[\s,.!-]*)*(?:(?:and|but|or|so|then|also)\b|(?:what|how) about\b|what if\b|how come\b|same\b|like what\b|such as\b|for example\b|why not\b)/iu,
    pointing: new RegExp(
      [
        String.raw`\b(?:it|its|it'?s|they|they're|them|their|theirs|he|him|his|she|her|hers|itself|themselves)\b`,
        String.raw`\b(?:about|after|before|above|below|beyond|does|do|did|is|was|are|like|for|of|with|to|by|than|in|on|from|into|under|doing|do|and|get|need|use|change|if)\s+(?:that|this|these|those)\b(?=\s*(?:$|[?.,;!]|(?:apply|also|too|work|mean|count|happen|cost|take|include|cover|expire|include|for|in|if|when|with|on|as|still|happen|a|an|the|my|our|any|only|really|ok|okay|possible|allowed|true|valid)\b))`,
        String.raw`(?:^|[.?!,;]\s*)(?:that|this|these|those)\b`,
        String.raw`\b(?:that|this|these|those)\s+(?:one|ones|case|policy|rule|form|program(?:me)?|process|page|document|number|amount|date|deadline|person|thing|things|people|tool|list|section|step|team's|benefit|limit|channel|plan)\b`,
        String.raw`\b(?:from|in|over|up|get|go|going|work|live|been|out)\s+there\b|\bthere\s*[?.!]*$`,
        String.raw`\b(?:next|previous|following|preceding|last|first|other|another|same|which|new|old|final|former|latter)\s+(?:${STEPS})\b`,
        String.raw`\b(?:the\s+(?:same|former|latter|other|others|rest|next|above|previous|following|last)|instead|otherwise|afterwards)\s*(?:$|[?.,;!])`,
      ].join('|'),
      'iu',
    ),
    empty:
      /\b(?:is|was|would|will)\s+it\s+(?:possible|ok(?:ay)?|allowed|fine|true|better|best|necessary|safe|legal|normal|worth|too late)\b|\b(?:does|did|will|would)\s+it\s+(?:(?:take|cost)\s+(?:\w+\s+){0,2}?to|mean\s+(?:to|when|if|for))\b|\bwhat\s+time\s+is\s+it\b|\bit'?s\s+(?:true|possible|ok(?:ay)?)\s+(?:that|to)\b/giu,
    adding: /\b(?:too|also|else|then|other|another|same|instead|again|more|others)\b/iu,
    clause: /\band\s+(?:how|where|when|why|what|who)\b/iu,
    meant:
      /\b(?:the|an?|my|our|your|any|some|every|each|no|all|someone|somebody|everyone|anyone|people)(?:\s+\p{L}+)?$|(?<=\p{L}.*)\b\p{Lu}[\p{L}\p{N}]*$/u,
  },
  de: {
    opening:
      /^(?:(?:ok(?:ay)?|danke|gut|super|ja|nein|alles klar|aha)\b[\s,.!-]*)*(?:(?:und|aber|oder|also|dann)\b|was ist mit\b|wie (?:ist|sieht|steht) e?'?s\b|was,? wenn\b|warum nicht\b|wie wäre\b)/iu,
    pointing:
      /(?<!\p{L})(?:ihn|ihm|ihnen|seine?[rsnm]?|es|er|(?<=\p{L}.*)sie|(?<=\p{L}.*)ihre?[rsnm]?|da(?:von|zu|für|bei|nach|rüber|rauf|ran|rin|raus|gegen|durch|hin)|dort(?:hin)?|dies(?:e[rsnm]?)?(?!\s+(?:Woche|Monat|Jahr|Quartal|Mal))|jene[rsnm]?|dasselbe|derselbe|dieselbe|letztere[rsnm]?|erstere[rsnm]?)(?!\p{L})|(?<!\p{L})[Dd]as(?=\s*(?:$|[?.,;!]|(?:auch|für|in|im|bei|mit|von|noch|nicht|denn|dann|genau|alles|so|ist|geht|gilt|heißt|macht|wird|kann|eigentlich|immer|schon|nur)(?!\p{L})))|(?:nächste[rsnm]?|vorige[rsnm]?|letzte[rsnm]?|folgende[rsnm]?|andere[rsnm]?)(?=\s*(?:$|[?.,;!]))/u,
    empty:
      /(?<!\p{L})(?:gibt\s+es|es\s+gibt|geht\s+es|ist\s+es\s+(?:möglich|erlaubt|ok(?:ay)?|in ordnung)|dauert\s+es|muss\s+es\s+sein)(?!\p{L})/giu,
    adding: /(?<!\p{L})(?:auch|noch|sonst|außerdem|dann|andere[rsnm]?|stattdessen)(?!\p{L})/iu,
    clause: /(?<!\p{L})und\s+(?:wie|wo|wann|warum|was|wer)(?!\p{L})/iu,
    meant: /(?<=\p{L}.*)(?<!\p{L})(?!Sie$|Ihnen$|Ihre?[rsnm]?$)\p{Lu}\p{L}+$/u,
  },
  zh: {
    opening:
      /^(?:(?:好的?|谢谢|嗯+|哦|明白了?|知道了)[，。！、\s]*)*(?:那么|那(?:就|如果|要是|还|是|怎么|谁|我|你|也|为什么)|那(?=.{1,12}呢[？?]?$)|那(?=.{1,4}[？?]?$)|然后|还有|但是?|可是|不过|以及|另外|如果是|换成|为什么(?=[？?]?$))/u,
    pointing:
      /[它她他]们?|这(?!周|个?月|学期|年|天|次|星期|里的)|那(?:[个些里样时边种座部条张次家位项款首本份笔]|(?=[？?]?$))|其中|上面|上述|前者|后者|刚才|该(?:政策|规定|项|流程)|下一[个项级条步]|上一[个项级条步]|其他的?(?=[？?]?$)|呢[？?]?$/u,
    empty: /其他(?=\p{Script=Han})|他人|她的?们?国/gu,
    adding: /也|还(?!款)|另外|其他/u,
    clause: /[，,；]/u,
    meant: /(?!)/u,
  },
};

/** With so few words of its own a message that points, or goes on from the one before, leans wholly. */
const FEW = 3;
/** A message of a word or two may be a new subject as well as the rest of a question. */
const SCANT = 2;
/** With more words of its own a message that begins like a rest, or points to what it may mean itself, stands by itself. */
const MANY = 6;
/** Nobody who only points needs more. */
const CHARACTERS = 1_000;

/**
 * @param text the message
 * @param language of the message, BCP 47 primary subtag; of others than English, German and Chinese only the number of
 *   their own words is known
 */
export function leaningOf(text: string, language: string): Leaning {
  const plain = text.trim().slice(0, CHARACTERS).replaceAll('’', "'").replaceAll(/\s+/g, ' ');
  const own = contentWords(plain, language).length;
  if (own === 0) return 'wholly';
  const known = POINTERS[isHan(plain) ? 'zh' : language];
  if (!known) return own <= SCANT ? 'partly' : 'not';
  const opens = known.opening.test(plain);
  if (opens && own <= FEW) return 'wholly';
  const said = plain.replaceAll(known.empty, (empty) => empty.replaceAll(/[^ ]/g, '-'));
  const pointer = known.pointing.exec(said);
  const points = pointer !== null && !meansWithin(said.slice(0, pointer.index), language, known);
  // One noun alone is not what is meant: "the form for it".
  if (pointer && (own === 1 || (own <= FEW && points))) return 'wholly';
  if (points || (own <= MANY && (opens || pointer))) return 'partly';
  return own <= SCANT || (own <= FEW && known.adding.test(plain)) ? 'partly' : 'not';
}

/** Whether something before a pointer can be what it means: a name, a noun with its article, or a clause of its own. */
function meansWithin(before: string, language: string, known: Pointers): boolean {
  const words = before.split(/[^\p{L}\p{N}'-]+/u).filter((word) => word !== '');
  const own = contentWords(before, language).length;
  if (own > 1 || (own === 1 && known.clause.test(before))) return true;
  return words.some(
    (word, at) => contentWords(word, language).length > 0 && known.meant.test(words.slice(Math.max(0, at - 2), at + 1).join(' ')),
  );
}
