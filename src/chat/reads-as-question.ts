/**
 * Whether something written in a channel asks something; decided in code, for what names nobody. Without a question mark only
 * what has the shape of a question counts: people in a channel mostly do not ask, and an answer nobody wanted is a nuisance.
 */

const MARK = /[?？؟](?:[\s!?？؟"'”’»)\]*_~]|$)|^¿/u;
const THANKS =
  /(?<![\p{L}])(?:thanks|thank|thx|cheers|danke|dankeschön|dank|merci|gracias|grazie)(?![\p{L}])|[谢謝][谢謝]|多[谢謝]|感[谢謝]|辛苦了/iu;
const GREETING =
  /^(?:(?:hi|hello|hey|hallo|moin|servus|liebe[rs]?|dear|bonjour|salut|hola|(?:good|guten) (?:morning|morgen|tag))(?: \p{L}+){0,3}\s*[,!:–-]\s*)/iu;
const LEAD =
  /^(?:(?:and|but|so|ok|okay|then|also|oh|well|hmm|um|hi|hello|hey|hallo|all|sorry|btw|(?:quick |kurze )?(?:question|frage)|und|aber|dann|et|mais|alors|y|pero)(?:\s*[,:–-]\s*|\s+))+/iu;

/** "An wen", "at which": what stands before the word that asks. */
const BEFORE =
  /^(?:an|mit|für|bis|seit|ab|von|bei|zu|in|auf|nach|at|for|to|by|from|with|à|de|pour) (?=(?:w(?:en|em|ann|o|elche[rsmn]?|hich|hat|hom)|qui|quelle?|combien)\s)/iu;
/** Sayings, and "wer will, kann mit". */
const SAYINGS = /^(?:who would have thought|how about no|what is done|do we ever|warum auch|was auch|(?:we[rn]|who) \p{L}+,)/iu;

const set = (words: string): Set<string> => new Set(words.split(' '));

/** "Thanks!" and "ok, done" do not ask; "and for contractors?" and "how do I get a badge" do. */
export function readsAsQuestion(text: string): boolean {
  const plain = text.trim();
  if (plain === '' || plain.length > 2_000) return false;
  if (MARK.test(plain)) return true;
  if (THANKS.test(plain)) return false;
  return plain.split(/[.!…](?=\s|$)|[。！；\n]/u).some(sentenceAsks);
}

const BY_WORD = /^(?:and |und )?(?:what|how|why|was|wie|warum|comment|pourquoi)\s/iu;
const ABOUT_ME =
  /^(?:(?:and|but|so|und|aber) )?(?:(?:who|where|when|which|wer|wo|wann) )?(?:can|could|do|am|may|should|must|darf|muss|soll|sollen|dürfen|müssen) (?:i|we|ich|wir) \p{L}+/iu;

function sentenceAsks(sentence: string): boolean {
  const bare = sentence.trim().replace(GREETING, '').replace(LEAD, '').replace(BEFORE, '');
  if (SAYINGS.test(bare)) return false;
  if (/\p{Script=Han}/u.test(bare)) return chineseAsks(bare);
  const [first = '', ...more] = bare.split(/[,:]\s+/u);
  const words = wordsOf(bare);
  if (asksByWord(words) || englishInverted(wordsOf(first), bare) || germanInverted(words) || frenchInverted(bare)) return true;
  // "I lost my badge, what do I do": words that begin a relative clause as often are left out.
  return more.some((clause) => (BY_WORD.test(clause) && asksByWord(wordsOf(clause))) || ABOUT_ME.test(clause));
}

const wordsOf = (text: string): string[] => text.replaceAll('’', "'").match(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu) ?? [];

const asksByWord = (words: string[]): boolean => {
  const lower = words.map((word) => word.toLowerCase());
  return englishWord(lower) || germanWord(lower) || romanceWord(lower);
};

// --- English

const AUX = set(
  "is are was were am do does did can could may might must shall should will would has have had isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't hasn't",
);
const PERSON = set('i you he she we they there anyone anybody someone somebody everyone everybody');
const THIS = set('it this that these those');
const THE = set('the a an my your our his her its their any all some every each both new most');
/** What follows a verb whose subject was left out: "did it yesterday", "does it for me". */
const AFTER = set(
  'this for yesterday today tomorrow tonight again already too now then with in on at last once twice before by myself and but so because anyway instead first later here as well soon the a my',
);
/** "Did the same", "is the best", "does the trick". */
const SAID = set('same best worst right wrong only one reason case trick job thing plan way truth problem dishes');
const PREDICATE = set(
  'allowed possible permitted required needed necessary mandatory included covered paid free available open closed supported taxable valid enough ok okay compulsory optional reimbursed insured refunded deductible',
);
const NO_NOUN = set(
  'fine good great nice cool done better ok okay not now already still on in at all just back working being going coming looking getting so very really quite too off up out here there ready possible sure safe closed open available as what how why done by for from with',
);
const HOW = set('many much long often far big old soon fast high late early quickly about come');
const WHAT = set('happens happened counts applies changed changes means comes goes needs belongs about if else to');

function englishWord([first = '', second = '', ...rest]: string[]): boolean {
  const [bare, joined] = first.split("'");
  const third = rest[0];
  if (joined !== undefined && ['s', 're', 'd', 'll'].includes(joined)) return WORDS.has(bare!) && second !== '' && bare !== 'that';
  if (!WORDS.has(first) || second === '') return first === 'whats' && second !== '';
  const nounThenAux = !THE.has(second) && !PERSON.has(second) && !THIS.has(second) && rest.slice(0, 4).some((word) => AUX.has(word));
  switch (first) {
    case 'who':
    case 'whom':
      return !['knows', 'cares', 'knew'].includes(second) || rest.length > 1;
    case 'whose':
      return rest.length > 0;
    case 'which':
      if (['is', 'was', 'are', 'were'].includes(second))
        return THE.has(third ?? '') || set('better best right correct valid current').has(third ?? '');
      return (
        !set('means makes explains brings leads reminds sounds looks seems').has(second) &&
        (AUX.has(second) || second === 'of' || nounThenAux)
      );
    case 'what':
      return AUX.has(second) || WHAT.has(second) || nounThenAux;
    case 'how':
      return (AUX.has(second) || HOW.has(second) || second === 'to') && third !== undefined;
    case 'why':
      return (AUX.has(second) || second === 'not') && third !== undefined;
    default:
      return (AUX.has(second) || second === 'to') && third !== undefined;
  }
}
const WORDS = set('who whom whose what which when where why how');

function englishInverted(words: string[], text: string): boolean {
  const [first = '', second = '', third = '', ...rest] = words.map((word) => word.toLowerCase());
  if (!AUX.has(first) || third === '') return first === 'am' && second === 'i';
  const be = ['is', 'are', 'was', 'were'].includes(first);
  const noun = words[1]!;
  const isName = /^\p{Lu}/u.test(noun) && /^\p{Ll}/u.test(words[2]!) && first !== 'will' && first !== 'may';
  const isPlural = /\p{L}{2}[^s'u]s$/u.test(second) && !['this', 'was', 'always', 'perhaps', 'sometimes', 'does', 'has'].includes(second);
  const next = words.slice(2).map((word) => word.toLowerCase());
  // "May 5 works", "had the same", "should you need": no questions where nothing marks them so.
  if (first === 'had' || first === 'am') return first === 'am' && second === 'i';
  if (first.endsWith("n't")) return PERSON.has(second) && !(second === 'you' && ['worry', 'dare', 'forget'].includes(third));
  if (first === 'may' || first === 'might') return ['i', 'we'].includes(second) || (isPlural && !AFTER.has(third));
  if (first === 'should' && set('you anyone anybody there it this that').has(second)) return !/,/u.test(text) && second !== 'you';
  if (PERSON.has(second)) return true;
  if (first === 'have' || first === 'has') {
    const participle = next.slice(0, 4).some((word) => /(?:ed|een|one|ame|own|ent|aid|ound)$/u.test(word) && word !== 'one');
    return (
      participle &&
      !['a', 'an', 'fun', 'same', 'to', 'not', 'also', 'just', 'never', 'always', 'now'].includes(second) &&
      !/(?:ed|en)$/u.test(second) &&
      !SAID.has(third)
    );
  }
  if (be) {
    if (THIS.has(second)) return !AFTER.has(third) || second === 'it';
    if (second === 'a' || second === 'an') return next.slice(1).some((word) => PREDICATE.has(word));
    if (THE.has(second))
      return rest.length > 0 && !SAID.has(third) && !/(?:est)$/u.test(third) && !(rest.length === 1 && AFTER.has(rest[0]!));
    return !NO_NOUN.has(second) && !/(?:ed|ly)$/u.test(second) && next.slice(0, 4).some((word) => PREDICATE.has(word));
  }
  if (first === 'do') {
    if (THE.has(second) || second === 'these' || second === 'those') {
      const at = words.slice(2, 4).findIndex((word) => /[^s]s$/u.test(word));
      return at >= 0 && next.length > at + 1 && !AFTER.has(next[at + 1]!) && !SAID.has(third);
    }
    return (isPlural || (!THIS.has(second) && /[^s]s$/u.test(third) && rest.length > 0)) && !AFTER.has(third);
  }
  if (THIS.has(second)) return !AFTER.has(third);
  if (THE.has(second)) return rest.length > 0 && !SAID.has(third) && !AFTER.has(rest[0]!);
  if (isName || (isPlural && !AFTER.has(third) && third !== 'and')) return true;
  return first === 'does' && !NO_SUBJECT.has(second) && !AFTER.has(second) && !AFTER.has(third);
}
const NO_SUBJECT = set('not work look make seem feel sound help have need matter mean happen indeed say get take');

// --- German

const DE_WORDS =
  /^(?:wer|wen|wem|wessen|was|wann|wo|wohin|woher|warum|wieso|weshalb|wie|wieviele?|wo(?:mit|für|von|zu|ran|rauf|rüber|rin|durch))$/u;
const DE_AUX = set(
  'ist sind war waren wird werden würde würden hat habe haben hast hatte kann kannst können könnte könnten darf dürfen dürfte muss muß müssen müsste soll sollen sollte sollten will wollen möchte gibt gilt gelten geht gehen kommt kommen bekomme bekommen steht stehen finde finden heißt läuft brauche brauchen braucht passiert kostet kosten',
);
const DE_PERSON = set('ich du er sie es wir ihr man jemand einer');
const DE_THE =
  /^(?:der|die|das|den|dem|ein|eine|einen|einem|mein\p{L}*|dein\p{L}*|unser\p{L}*|ihre?|diese?[rsnm]?|alle|jede[rsnm]?|neue)$/u;
/** No verbs, though they end like one. */
const DE_NO_VERB = set(
  'nicht zuerst zuletzt gut jetzt sonst selbst bereits erst fast echt recht seit mit dort gesagt gewünscht vereinbart erwähnt erwartet angekündigt gewohnt besprochen geschrieben versprochen beschrieben gesehen abgesprochen immer ist bekannt',
);
const DE_WHAT = set(
  'bedeutet gehört zählt macht bringt fehlt geschieht beinhaltet umfasst spricht ändert deckt bewirkt tut regelt gilt benötigt benötigen passiert kostet',
);
const DE_HOW = set('oft lange lang viel viele vielen hoch groß weit schnell früh spät teuer alt genau kurzfristig');

function germanWord([first = '', second = '', ...rest]: string[]): boolean {
  if (second === '') return false;
  if (/^welche[rsmn]?$/u.test(first)) return rest.length > 0 && !DE_PERSON.has(second);
  if (!DE_WORDS.test(first)) return false;
  if (first === 'was' && second === 'für') return rest.filter((word) => !/^eine?n?$/u.test(word)).length > 1;
  if (first === 'was' && second === 'kann' && rest.length === 0) return false;
  if (DE_AUX.has(second)) return rest.length > 0;
  if (first === 'wie' && DE_HOW.has(second)) return rest.length > 0;
  if (/^(?:warum|wieso|weshalb)$/u.test(first)) return rest.length > 0 && !DE_PERSON.has(second);
  // English too: "was great", "was sent".
  if (first === 'was' && DE_WHAT.has(second)) return true;
  if (DE_NO_VERB.has(second)) return false;
  if (/\p{L}{2}(?:e|en|st|t)$/u.test(second) && DE_PERSON.has(rest[0] ?? '')) return true;
  return first !== 'was' && /\p{L}{3}t$/u.test(second) && !/(?:est|ght|ent|ant)$/u.test(second) && rest.length > 0;
}

const DE_MODAL = set(
  'kann können könnte könnten darf dürfen dürfte muss muß müssen müsste soll sollen sollte sollten wird werden würde würden gilt gelten zählt zählen verfällt verfallen kostet kosten bekommt bekommen braucht brauchen haben hat',
);
const DE_YOU = set('kannst könntest hast weißt darfst musst habt könnt wisst');
const DE_I = set('bekomme brauche kriege kriegen benötige benötigen habe hab');
const DE_KNOWS = set('weiß kennt hat kann könnte hätte mag');
/** "Kann ich machen", "brauche ich nicht": the object was left out, nobody asks. */
const DE_SAID =
  /^(?:nicht|mehr|auch|schon|gerne?|gleich|machen|tun|bestätigen|nachvollziehen|verstehen|übernehmen|erledigen|probieren|versuchen|schauen|mal|erledigt|bekommen|vergessen|verstanden|erhalten|ge\p{L}+(?:t|en)|\p{L}+(?:ge\p{L}+(?:t|en)|iert))$/u;
const DE_PREDICATE =
  /^(?:nötig|erforderlich|notwendig|möglich|erlaubt|verfügbar|vorhanden|pflicht|frei|offen|geschlossen|inbegriffen|zulässig|versichert|steuerfrei|verpflichtend|bezahlt|ausgezahlt|erstattet|übertragbar|absetzbar)$/u;

function germanInverted(words: string[]): boolean {
  const lower = words.map((word) => word.toLowerCase());
  const [first = '', second = '', third = ''] = lower;
  if (second === '') return false;
  if (DE_KNOWS.has(first) && (second === 'jemand' || third === 'jemand')) return lower.length > 2;
  const isSaid = lower.length <= 6 && DE_SAID.test(lower.at(-1)!);
  if (first === "gibt's" || (first === 'gibt' && second === 'es'))
    return lower.length > 2 && !/^(?:nicht|nichts|schon|auch|noch|immer)$/u.test(lower.at(-1)!);
  if (third === '') return false;
  if (DE_YOU.has(first)) return second === 'du' || second === 'ihr';
  if (DE_I.has(first)) return (second === 'ich' || second === 'wir') && !isSaid;
  const isNoun = /^\p{Lu}\p{Ll}/u.test(words[1]!);
  if (first === 'ist' || first === 'sind' || first === 'war' || first === 'waren') {
    if (/^eine?$/u.test(second)) return lower.slice(3).some((word) => DE_PREDICATE.test(word));
    if (/^(?:das|es|er|sie|dies|ihr|man)$/u.test(second) && /^\p{Ll}/u.test(words[2]!))
      return !['egal', 'so', 'auch', 'schon'].includes(third);
    return (DE_THE.test(second) && lower.length > 3) || (isNoun && lower.slice(2).some((word) => DE_PREDICATE.test(word)));
  }
  if (!DE_MODAL.has(first)) return false;
  // "Muss man wissen": the object was left out.
  if (second === 'man' && lower.length === 3 && third.endsWith('en')) return false;
  if (second === 'ich' || second === 'wir' || second === 'man') return !isSaid;
  if (DE_PERSON.has(second)) return true;
  if (DE_THE.test(second)) return lower.length > 3 || /^\p{Ll}/u.test(words[2]!);
  if (first === 'wird' && isNoun) return lower.slice(2).some((word) => DE_PREDICATE.test(word));
  return isNoun && first.endsWith('en') && first !== 'haben' && !/^(?:wir|uns)$/u.test(third);
}

// --- French and Spanish

const FR_VERB = set(
  'est sont était a ont peut peuvent puis peux dois doit doivent faut fait faire sera seront se sont-ils commence finit va vont trouver trouve',
);
const EXCLAIMED =
  /^(?:dommage|chance|horreur|plaisir|bonheur|bonne|belle|beau|journée|surprise|bien|bueno|buena|pena|lástima|guay|risa|raro|alegría|suerte|lindo|chulo|mal|asco|rico|no|sabe|sait|pas|dire)$/u;

function romanceWord([first = '', second = '', ...rest]: string[]): boolean {
  if (second === '' || EXCLAIMED.test(second)) return false;
  if (/^(?:est-ce|qu'est-ce)$/u.test(first)) return true;
  if (/^(?:comment|combien|pourquoi)$/u.test(first)) return rest.length > 0 && second !== 'je';
  if (/^quels?$|^quelles?$/u.test(first)) return FR_VERB.has(second) || rest.length > 1;
  if (/^(?:qui|que|quoi|quand|où)$/u.test(first)) return (FR_VERB.has(second) || /\p{L}{3}(?:er|ir)$/u.test(second)) && rest.length > 0;
  if (first === 'por') return second === 'qué' && rest.length > 0;
  return /^(?:quién|quiénes|qué|cuál|cuáles|cuándo|dónde|adónde|cómo|cuánt[oa]s?)$/u.test(first);
}

const frenchInverted = (text: string): boolean =>
  /^(?:(?:y )?a|ai|as|avons|avez|ont|est|es|sommes|êtes|sont|sera|seront|va|vont|puis|peux|peut|pouvons|pouvez|peuvent|dois|doit|devons|devez|doivent|faut|existe|pourrais|pourriez|pourrait)-(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles)\s/iu.test(
    text,
  );

// --- Chinese

const ZH_NOT =
  /无论如何|無論如何|不管怎[么樣样麼]*|不论|没(?:有)?什[么麼]|沒(?:有)?什[么麼]|什[么麼](?:都|也|的(?=$|[，,]))|[不没沒]怎[么麼]|怎[么麼](?:都|也)|谁知道呢?|誰知道呢?|怎[么麼]可能|[谁誰](?:都|也)|哪怕|(?:哪|什[么麼]|多少).?(?:都|也)|哪里哪里|哪里的话|多少(?:都|有点|有些)|没多少|沒多少|几乎|幾乎|[好们們][几幾]|(?<![要需])等[几幾]|[过過这這那前后後]\s*[几幾]|(?<![不没谁人])知道(?:是|该)?(?:怎|为什|為什|什|哪|谁|誰|多少).*$/gu;
const ZH_FEW = /[几幾]\s*(?:分钟|分鐘|小时|小時|天|周|个月|個月|年|个|個|次|秒|位|人)\s*(?:后|後|前|内|內|左右|就|吧|了|再)/gu;
const ZH_WORD =
  /什[么麼]|怎[么麼樣样]|如何|[为為]何|何[时時地处處]|哪|[谁誰]|多少|多[久长長大远遠高]|[几幾](?=[天点點个個号號次年月小位种種层層楼岁歲份张張人分周折级級])|是否|能否|可否|能不能|可不可以|有没有|有沒有|是不是|要不要|会不会|會不會|行不行|好不好|对不对|對不對|需不需要|算不算/u;
const ZH_END = /(?:[吗嗎嘛]|(?<![什怎这那這多要])[么麼])[\s~～）)]*$/u;
/** 呢 asks, or says that something is still going on. */
const ZH_STILL = /(?:正在|[在还還]|着|著|挺|才|可).{0,8}呢/u;

function chineseAsks(sentence: string): boolean {
  return sentence.split(/[，,]/u).some((clause) => {
    const left = clause.trim().replaceAll(ZH_NOT, '').replaceAll(ZH_FEW, '');
    if (ZH_END.test(left) && !/嘛\s*$/u.test(left)) return true;
    return (/呢[\s~～]*$/u.test(left) && !ZH_STILL.test(left)) || ZH_WORD.test(left);
  });
}
