/** Greetings, thanks and the like get a short friendly reply, with no search. */
import { say } from '../strings/strings.ts';

const PATTERNS: [key: 'greeting' | 'thanks' | 'farewell' | 'aboutMe', pattern: RegExp][] = [
  [
    'thanks',
    /^(many )?(thanks|thank you|thx|ty|cheers|much appreciated|great|perfect|awesome|got it|ok(ay)?)( (very|so) much| a lot| thanks| thank you| again| docent)*$|^(非常|太|多|好的?[，, ]?)?(感谢|谢谢|谢了|多谢)(你|您|啦|了|！)*$|^(vielen |herzlichen )?(dank|danke)( schön| sehr| dir| ihnen)?$/iu,
  ],
  [
    'greeting',
    /^(hi|hello|hey|hiya|good (morning|afternoon|evening)|greetings)( there| all| team| everyone| docent)*$|^(你好|您好|大家好|早上好|下午好|晚上好|早安|嗨|哈喽)[啊呀吗]?$|^(hallo|guten (morgen|tag|abend)|moin|servus|grüß gott)( zusammen| docent)?$/iu,
  ],
  [
    'farewell',
    /^(bye|goodbye|good night|see (you|ya)( later)?|have a (nice|good) (day|evening|weekend))( docent)?$|^(再见|拜拜|晚安|回头见)$|^(tschüss|auf wiedersehen|bis (bald|später|morgen))$/iu,
  ],
  ['aboutMe', /^(who|what) are you$|^what can you do$|^(你|您)(是谁|能做什么|会做什么|是什么)$|^wer bist du$|^was kannst du$/iu],
];

/** The reply to a message that is a courtesy as a whole, or undefined. */
export function courtesyReply(text: string, language: string): string | undefined {
  const bare = text
    .normalize('NFKC')
    .replaceAll(/[\p{P}\p{S}\p{Extended_Pictographic}\u{FE0F}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (bare === '' || bare.length > 60) return undefined;
  const hit = PATTERNS.find(([, pattern]) => pattern.test(bare));
  return hit && say(language, hit[0]);
}
