/** What Docent itself says to admins in chat and in the App Home, by language. */
import { chatAdminDe } from './chat-admin-de.ts';
import { chatAdminEn, type ChatAdminStrings } from './chat-admin-en.ts';
import { chatAdminZh } from './chat-admin-zh.ts';

export type AdminKey = keyof ChatAdminStrings;

const OTHERS = new Map([
  ['zh', chatAdminZh],
  ['de', chatAdminDe],
]);

/** One text as it stands, with its `{name}`s; a platform may have another of its own (`help_teams`). English where Docent does not speak it. */
export function adminText(language: string, key: AdminKey, platform: string): string {
  const texts = OTHERS.get(language) ?? chatAdminEn;
  const own = `${key}_${platform}`;
  return Object.hasOwn(texts, own) ? texts[own as AdminKey] : texts[key];
}
