/** What kind of thing a question asks for, and whether a text holds one. English, Chinese, German. Pure. */

export type ExpectedAnswer = 'number' | 'date' | 'place' | 'name' | 'cause' | 'any';

const asks: [Exclude<ExpectedAnswer, 'any'>, RegExp][] = [
  [
    'number',
    /\bhow (?:many|much|long|old|far|often|big|tall|large|high|fast)\b|\b(?:number|amount|percentage|price|cost) of\b|\bwie (?:viele?|lange?|oft|hoch|groß|teuer|alt)\b|多少|几[个名次位种人岁天小]|多[长大高久远快]/iu,
  ],
  [
    'date',
    /\bwhen\b|\b(?:what|which) (?:year|time|date|day|month)\b|\bwann\b|\bwelche[sm]? (?:jahr|tag|datum|monat)\b|什么时候|何时|哪一?年|几[时点月号]/iu,
  ],
  ['place', /\bwhere\b|\bwhich (?:country|city|state|place|room)\b|\bwo(?:hin|her)?\b|哪里|哪儿|何处|何地|什么地方|在哪/iu],
  ['name', /\bwho(?:m|se)?\b|\bwe(?:r|m|n|ssen)\b|谁|哪位|何人/iu],
  ['cause', /\bwhy\b|\bwarum\b|\bwieso\b|\bweshalb\b|为什么|为何|原因/iu],
];

const signs: Record<Exclude<ExpectedAnswer, 'any'>, RegExp> = {
  number:
    /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|once|twice|unlimited|ein|eine|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|hundert|tausend)\b|[一二三四五六七八九十百千万亿两]/iu,
  date: /\b(?:1\d{3}|20\d\d)\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember|monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|century|daily|weekly|monthly|quarterly|annually|täglich|wöchentlich|monatlich|jährlich)\b|\d{1,2}[:.]\d\d|\d+(?:st|nd|rd|th)\b|\d\s*(?:year|month|week|day|hour|am|pm|jahr|monat|woche|tag|stunde|uhr)|\d+[年月日时点号]|世纪|年代/iu,
  place:
    /\b(?:in|at|on|near|from|to|into|of|bei|nach|aus|auf|im|am)\s+(?:the\s+|der\s+|dem\s+)?\p{Lu}|https?:|#\w|\w\/\w|[省市县州国区路镇岛洲楼室]/u,
  name: /(?<=[\p{Ll},;:]\s)\p{Lu}\p{L}+|\p{Lu}\p{Ll}+\s\p{Lu}\p{Ll}+|@\w|\p{Script=Han}/u,
  cause:
    /\b(?:because|since|due|so that|therefore|caus\w+|reasons?|in order|result\w*|avoid|prevent|ensure|allow\w*|weil|da|denn|damit|deshalb|daher|grund|gründe)\b|因为|因此|由于|所以|导致|为了|原因|使/iu,
};

/** The first kind that the question's words ask for; `any` when they do not tell. */
export function expectedAnswer(question: string): ExpectedAnswer {
  return asks.find(([, pattern]) => pattern.test(question))?.[0] ?? 'any';
}

/** Whether the text holds something of that kind. */
export function looksLike(kind: Exclude<ExpectedAnswer, 'any'>, text: string): boolean {
  return signs[kind].test(text);
}
