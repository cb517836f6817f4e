/** HTML that escapes by itself: whatever stands in `${}` is text unless it was made by `html`. */

const markup: unique symbol = Symbol('markup');

/** Markup that is safe to send as it is. Only `html` makes it. */
export interface Html {
  readonly [markup]: string;
}

/** What may stand in a template: text is escaped, markup is kept, nothing for absent values, lists are joined. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for use between tags and inside quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c]!);
}

/** Tagged template; attributes must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  let out = strings[0]!;
  for (let i = 0; i < values.length; i++) out += render(values[i]) + strings[i + 1]!;
  return { [markup]: out };
}

/** The markup of any content as a string. */
export function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return String(content);
  if (isHtml(content)) return content[markup];
  return content.map(render).join('');
}

function isHtml(content: Html | readonly Content[]): content is Html {
  return markup in content;
}

/** The address when it may be a link (http or https); null for everything else, `javascript:` first of all. */
export function webAddress(address: string | null | undefined): string | null {
  if (!address || !/^https?:\/\//i.test(address)) return null;
  return URL.canParse(address) ? address : null;
}

/** A path of this console; null for anything that would leave it. */
export function ownPath(path: unknown): string | null {
  if (typeof path !== 'string' || !/^\/(?![/\\])/.test(path) || path.length > 2000) return null;
  // Tabs and line ends are dropped by browsers, which would turn `/\t/host` into `//host`.
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) < 32) return null;
  return path;
}
