/** What a crawl needs to know of a page: where it leads, what it calls itself, whether it wants a password. Part of the site driver. */
import { Tokenizer, TokenizerMode, type Token } from 'parse5';

export interface PageFacts {
  /** Where its links lead (`<a>` and `<area>` without `nofollow`), absolute; each once, in the page's order. */
  links: URL[];
  /** Its own address, as it names it itself. */
  canonical?: URL;
  noindex: boolean;
  /** It has a field for a password, not in its header, navigation or footer. */
  password: boolean;
  /** What a person reads of it, outside header, navigation and footer, in characters. */
  mainLength: number;
  /** Every piece of text on it, blanks folded, digits as 0. */
  texts: Set<string>;
}

const around = new Set(['nav', 'header', 'footer', 'aside', 'dialog']);
const maxCharacters = 5_000_000;
const maxLinks = 5_000;

/**
 * Reads the tokens and builds no tree: as long as the page, whatever it is made of. (Pages come from anyone, and a crawl reads
 * them outside the limited child.)
 * @param address what links are relative to
 * @param robotsHeader its `X-Robots-Tag`
 */
export function readPage(html: string, address: URL, robotsHeader = ''): PageFacts {
  const facts: PageFacts = { links: [], noindex: false, password: false, mainLength: 0, texts: new Set() };
  const wishes = [robotsWishes(robotsHeader)];
  const hrefs: string[] = [];
  let base = address;
  let canonical: string | undefined;
  const open = new Map<string, number>();
  let apart = 0;
  let unread = '';

  let piece = '';

  // The tokenizer gives words and blanks apart.
  const flush = (): void => {
    const text = piece.replaceAll(/\s+/g, ' ').trim();
    piece = '';
    if (text === '') return;
    if (apart === 0) facts.mainLength += text.length;
    facts.texts.add(text.replaceAll(/\d+/g, '0'));
  };
  const startTag = (token: Token.TagToken): void => {
    flush();
    const { tagName: name } = token;
    const attribute = (wanted: string): string | undefined => token.attrs.find((one) => one.name === wanted)?.value;
    switch (name) {
      case 'a':
      case 'area': {
        const href = attribute('href');
        const nofollow = /\bnofollow\b/i.test(attribute('rel') ?? '');
        if (href !== undefined && !nofollow && attribute('download') === undefined && hrefs.length < maxLinks) hrefs.push(href.trim());
        break;
      }
      case 'base':
        base = URL.parse(attribute('href') ?? '', address.href) ?? base;
        break;
      case 'link':
        if (/(?:^|\s)canonical(?:\s|$)/i.test(attribute('rel') ?? '')) canonical ??= attribute('href');
        break;
      case 'meta':
        if (/^(?:robots|docent)$/i.test(attribute('name') ?? '')) wishes.push(robotsWishes(attribute('content') ?? ''));
        break;
      case 'input':
        if (attribute('type')?.toLowerCase() === 'password' && apart === 0) facts.password = true;
        break;
      case 'title':
      case 'textarea':
        tokenizer.state = TokenizerMode.RCDATA;
        break;
      case 'script':
        tokenizer.state = TokenizerMode.SCRIPT_DATA;
        break;
      case 'style':
      case 'xmp':
      case 'iframe':
      case 'noembed':
      case 'noframes':
        tokenizer.state = TokenizerMode.RAWTEXT;
        break;
    }
    if (['script', 'style', 'iframe', 'noembed', 'noframes', 'textarea'].includes(name)) unread = name;
    if (around.has(name) && !token.selfClosing) {
      open.set(name, (open.get(name) ?? 0) + 1);
      apart++;
    }
  };
  const endTag = ({ tagName: name }: Token.TagToken): void => {
    flush();
    if (name === unread) unread = '';
    const depth = open.get(name) ?? 0;
    if (depth === 0) return;
    open.set(name, depth - 1);
    apart--;
  };
  const characters = ({ chars }: Token.CharacterToken): void => {
    if (unread === '') piece += chars;
  };
  const nothing = (): void => {};
  const tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: false },
    {
      onComment: nothing,
      onDoctype: nothing,
      onEof: flush,
      onNullCharacter: nothing,
      onWhitespaceCharacter: characters,
      onStartTag: startTag,
      onEndTag: endTag,
      onCharacter: characters,
    },
  );
  tokenizer.write(html.slice(0, maxCharacters), true);

  facts.noindex = wishes.some((wish) => wish.noindex);
  const own = canonical === undefined ? null : URL.parse(canonical, base.href);
  if (own) facts.canonical = own;
  if (!wishes.some((wish) => wish.nofollow)) {
    const links = new Map<string, URL>();
    for (const href of hrefs) {
      const url = URL.parse(href, base.href);
      if (url) links.set(url.href, url);
    }
    facts.links = [...links.values()];
  }
  return facts;
}

/** `noindex, nofollow` and `docent: noindex`; what is said to another robot does not concern us. */
export function robotsWishes(text: string): { noindex: boolean; nofollow: boolean } {
  const wishes = { noindex: false, nofollow: false };
  let ours = true;
  for (const part of text.toLowerCase().split(',')) {
    const [, agent, rest = ''] = /^\s*(?:([\w-]+)\s*:)?\s*(.*?)\s*$/.exec(part) ?? [];
    if (agent !== undefined && !/^(?:unavailable_after|max-(?:snippet|image-preview|video-preview))$/.test(agent))
      ours = agent === 'docent';
    if (!ours) continue;
    if (rest === 'noindex' || rest === 'none') wishes.noindex = true;
    if (rest === 'nofollow' || rest === 'none') wishes.nofollow = true;
  }
  return wishes;
}
