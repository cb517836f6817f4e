/** The console's few icons, drawn here. All are decoration: the button or link around them carries the name. */
import { html, type Html } from './html.ts';

const stroke = (body: Html): Html =>
  html`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${body}</svg>`;

export const icons = {
  mark: html`<svg class="icon" viewBox="0 0 24 24" width="22" height="22" fill="none" aria-hidden="true" focusable="false"><path d="M5 3.5h9.2L19 8.3V20.5H5z" stroke="currentColor" stroke-width="1.75" stroke-linejoin="round"/><path d="M8.3 11h7.4M8.3 14.2h7.4" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"/><path d="M8.3 17.4h3.6" stroke="currentColor" stroke-width="3" stroke-linecap="round" class="icon-accent"/></svg>`,
  ask: stroke(html`<path d="M12 19V5M5.5 11.5 12 5l6.5 6.5"/>`),
  stop: html`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false"><rect x="6.5" y="6.5" width="11" height="11" rx="2" fill="currentColor"/></svg>`,
  up: stroke(html`<path d="M7 10.5 11 3a2.5 2.5 0 0 1 2.5 2.5V9h5a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.300 20H7zM7 10.500H3.500V20H7"/>`),
  down: stroke(
    html`<path d="M17 13.500 13 21a2.500 2.500 0 0 1-2.500-2.500V15h-5a2 2 0 0 1-2-2.300l1.200-7A2 2 0 0 1 6.700 4H17zM17 13.500h3.500V4H17"/>`,
  ),
  copy: stroke(
    html`<rect x="8.500" y="8.500" width="11.500" height="11.500" rx="2"/><path d="M15.500 8.500V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7.500a2 2 0 0 0 2 2h2.500"/>`,
  ),
  out: html`<svg class="icon icon-small" viewBox="0 0 24 24" width="14" height="14" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="M8 16 17 7M9.500 7H17v7.500"/></svg>`,
  plus: stroke(html`<path d="M12 5v14M5 12h14"/>`),
  sync: stroke(html`<path d="M20 12a8 8 0 0 1-14.300 5M4 12A8 8 0 0 1 18.300 7"/><path d="M18.500 3v4.200h-4.200M5.500 21v-4.200h4.200"/>`),
  book: stroke(
    html`<path d="M12 6.500C10 5 7 4.500 3.500 4.500v14c3.500 0 6.500.500 8.500 2 2-1.500 5-2 8.500-2v-14C17 4.500 14 5 12 6.500zM12 6.500v14"/>`,
  ),
  folder: stroke(html`<path d="M3.500 6.500a2 2 0 0 1 2-2h3.700l2.300 2.500h7a2 2 0 0 1 2 2v8.500a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z"/>`),
  search: stroke(html`<circle cx="11" cy="11" r="6.500"/><path d="m20 20-4.300-4.300"/>`),
};
