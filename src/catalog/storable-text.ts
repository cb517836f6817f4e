/** Postgres stores no NUL character in text; as in HTML and CommonMark, U+FFFD stands for it. */
export const storableText = (text: string): string => text.replaceAll('\0', '\ufffd');
