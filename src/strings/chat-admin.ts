/** What Docent itself says to admins in chat and in the App Home, by language. */
import { chatAdminDe } from './chat-admin-de.ts';
import { chatAdminEn, type ChatAdminStrings } from './chat-admin-en.ts';
import { chatAdminZh } from './chat-admin-zh.ts';
import { fill } from './fill.ts';

export type AdminKey = keyof ChatAdminStrings;

const OTHERS = new Map([
  ['zh', chatAdminZh],
  ['de', chatAdminDe],
]);

/** One text in this language; English where Docent does not speak it. `{name}` is filled from `values`. */
export function sayInAdmin(language: string, key: AdminKey, values: Record<string, string | number> = {}): string {
  return fill((OTHERS.get(language) ?? chatAdminEn)[key], values);
}
