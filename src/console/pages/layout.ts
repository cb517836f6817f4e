/** The frame around every page. */
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';

export type Room = 'ask' | 'sources' | 'documents' | 'glossary' | 'settings';

export interface Page {
  title: string;
  room?: Room;
  /** Classes of `body`. */
  look?: string;
  /** Seconds after which a browser without JavaScript looks again. */
  refresh?: number;
  /** No navigation: nobody is signed in yet. */
  bare?: boolean;
  body: Content;
}

/** A whole page. */
export function layout(context: PageContext, page: Page): Html {
  const { words, assets } = context;
  const rooms: [Room, string, string][] = [
    ['ask', '/', words.say('navAsk')],
    ['sources', '/sources', words.say('navSources')],
    ['documents', '/documents', words.say('navDocuments')],
    ['glossary', '/glossary', words.say('navGlossary')],
    ['settings', '/settings', words.say('navSettings')],
  ];
  return html`<!doctype html>
<html lang="${words.language === 'zh' ? 'zh-Hans' : 'en'}">
<head>
<meta charset="utf-8">
<title>${page.title} · ${words.say('product')}</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#faf9f6" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#171714" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
<script type="module" src="${assets.script}"></script>
${page.refresh ? html`<noscript><meta http-equiv="refresh" content="${page.refresh}"></noscript>` : ''}
</head>
<body class="${page.look ?? ''}">
<a class="skip" href="#main">${words.say('skip')}</a>
<header class="top">
<a class="brand" href="/">${icons.mark}<span>${words.say('product')}</span></a>
${page.bare ? '' : html`<nav class="rooms" aria-label="${words.say('navLabel')}">${rooms.map(([room, path, name]) => html`<a href="${path}"${room === page.room ? html` aria-current="page"` : ''}>${name}</a>`)}</nav>`}
<div class="top-end">
<form class="language" method="post" action="/language"><input type="hidden" name="back" value="${context.path}">
${words.language === 'zh' ? html`<button class="quiet" name="language" value="en" lang="en">English</button>` : html`<button class="quiet" name="language" value="zh" lang="zh-Hans">中文</button>`}</form>
${context.signedIn ? html`<form method="post" action="/logout"><button class="quiet">${words.say('signOut')}</button></form>` : ''}
</div>
</header>
<main id="main" tabindex="-1">${page.body}</main>
</body>
</html>`;
}

/** Something is not there yet, or not any more: said calmly, with the next step. */
export function emptyState(title: string, text: string, next?: Content): Html {
  return html`<div class="empty"><h2>${title}</h2><p>${text}</p>${next ? html`<div class="actions">${next}</div>` : ''}</div>`;
}

/** `1–50 of 845` with links to the pages around; nothing when all fits on one. */
export function pager(
  context: PageContext,
  range: { offset: number; limit: number; total: number },
  address: (offset: number) => string,
): Html | '' {
  const { words } = context;
  const { offset, limit, total } = range;
  if (total <= limit && offset === 0) return '';
  const to = Math.min(offset + limit, total);
  return html`<nav class="pager" aria-label="${words.say('pagesLabel')}">
${offset > 0 ? html`<a class="button" rel="prev" href="${address(Math.max(0, offset - limit))}">${words.say('previous')}</a>` : html`<span></span>`}
<span class="muted">${words.say('pageRange', { from: words.number(Math.min(offset + 1, total)), to: words.number(to), total: words.number(total) })}</span>
${to < total ? html`<a class="button" rel="next" href="${address(offset + limit)}">${words.say('next')}</a>` : html`<span></span>`}
</nav>`;
}
