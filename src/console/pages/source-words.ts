/** A source's kind and readers in words. */
import { consoleEn } from '../../strings/console-en.ts';
import type { Key, Words } from '../words.ts';

/** A kind that has no words of its own yet is named as it is. */
export function kindName(words: Words, kind: string): string {
  const key = `kind_${kind}`;
  return key in consoleEn ? words.say(key as Key) : kind;
}

/** `everyone in the company, the group hr`. */
export function readersText(words: Words, readers: readonly string[]): string {
  return new Intl.ListFormat(words.language === 'zh' ? 'zh-CN' : 'en-GB', { type: 'unit', style: 'short' }).format(
    readers.map((reader) => {
      if (reader === 'everyone') return words.say('reader_everyone');
      if (reader === 'public') return words.say('reader_public');
      const [kind, name = ''] = [reader.split(':', 1)[0], reader.slice(reader.indexOf(':') + 1)];
      return kind === 'group' ? words.say('reader_group', { name }) : name || reader;
    }),
  );
}
