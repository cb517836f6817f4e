/**
 * Block Kit as HTML that looks like Slack, for pictures. Any blocks or views may be given, whoever made them:
 *
 * ```ts
 * const html = slackPage([{ blocks, text }], { dark: true, width: 420 });          // messages of Docent, in a thread
 * const html = slackPage([{ from: 'Mia Becker', text: 'How many days?' }, { blocks }]); // with a person's before
 * const html = slackPage([{ blocks, ephemeral: true }]);                            // "Only visible to you"
 * const html = slackPage([{ view }]);                                               // a modal or the App Home
 * await pictureOf(await openBrowser(), html, 'docs/images/slack-x.png', 720);      // slack-picture.ts, browser.ts
 * ```
 * It is no check of the blocks (slack-blocks.ts is), and shows an unknown kind by its name.
 */
import { markdownHtml, mrkdwnHtml, escapeHtml, plainHtml } from './slack-markup.ts';
import { SLACK_CSS } from './slack-style.ts';

type Json = Record<string, unknown>;
const of = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const all = (value: unknown): Json[] => (Array.isArray(value) ? value.map(of) : []);
const str = (value: unknown): string => (typeof value === 'string' ? value : '');

export interface SlackPageItem {
  /** The writer's name; absent: Docent. */
  from?: string;
  /** `mrkdwn`, where there are no blocks. */
  text?: string;
  blocks?: unknown;
  /** Markdown of a stream, instead of blocks; they follow it. */
  markdown?: string;
  time?: string;
  ephemeral?: boolean;
  /** A modal or home view, instead of a message. */
  view?: unknown;
}

/** @param options `width` in CSS pixels of the conversation or modal; `people`: names of user ids */
export function slackPage(
  items: SlackPageItem[],
  options: { dark?: boolean; width?: number; people?: Record<string, string> } = {},
): string {
  const people = options.people ?? {};
  const body = items.map((item) => (item.view ? viewHtml(of(item.view), people) : messageHtml(item, people))).join('\n');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Slack</title><style>${SLACK_CSS}</style></head>
<body class="${options.dark ? 'dark' : 'light'}"><main style="width:${options.width ?? 680}px">${body}</main></body></html>`;
}

function messageHtml(item: SlackPageItem, people: Record<string, string>): string {
  const docent = item.from === undefined;
  const name = item.from ?? 'Docent';
  const blocks = all(item.blocks);
  const inner =
    (item.markdown === undefined ? '' : `<div class="block md">${markdownHtml(item.markdown)}</div>`) +
    (blocks.length > 0
      ? blocks.map((block) => blockHtml(block, people)).join('')
      : item.markdown === undefined
        ? `<div class="block">${mrkdwnHtml(item.text ?? '', people)}</div>`
        : '');
  return `<article class="message${item.ephemeral ? ' ephemeral' : ''}"><div class="avatar ${docent ? 'docent' : ''}">${escapeHtml(name.slice(0, 1))}</div><div class="content">
${item.ephemeral ? '<div class="only-you">Only visible to you</div>' : ''}<div class="who"><b>${escapeHtml(name)}</b>${docent ? '<span class="app">APP</span>' : ''}<span class="time">${escapeHtml(item.time ?? '10:42')}</span></div>
${inner}</div></article>`;
}

function viewHtml(view: Json, people: Record<string, string>): string {
  const blocks = all(view.blocks)
    .map((block) => blockHtml(block, people))
    .join('');
  if (view.type === 'home') return `<section class="home">${blocks}</section>`;
  const close = view.close ? `<button class="button">${plainHtml(view.close)}</button>` : '';
  const submit = view.submit ? `<button class="button primary">${plainHtml(view.submit)}</button>` : '';
  return `<section class="modal"><header><div class="avatar docent">D</div><h1>${plainHtml(view.title)}</h1><span class="x">✕</span></header><div class="modal-body">${blocks}</div>${
    close || submit ? `<footer>${close}${submit}</footer>` : ''
  }</section>`;
}

function blockHtml(block: Json, people: Record<string, string>): string {
  const text = (value: unknown): string => textHtml(of(value), people);
  const elements = all(block.elements);
  switch (block.type) {
    case 'section':
      return `<div class="block section"><div class="grow">${block.text ? text(block.text) : ''}${
        Array.isArray(block.fields) ? `<div class="fields">${block.fields.map((field) => `<div>${text(field)}</div>`).join('')}</div>` : ''
      }</div>${block.accessory ? `<div class="accessory">${elementHtml(of(block.accessory), people)}</div>` : ''}</div>`;
    case 'header':
      return `<div class="block header">${plainHtml(block.text)}</div>`;
    case 'divider':
      return '<hr class="block">';
    case 'context':
      return `<div class="block context">${elements.map((one) => (one.type === 'image' ? '▫' : `<span>${textHtml(one, people)}</span>`)).join(' ')}</div>`;
    case 'actions':
      return `<div class="block actions">${elements.map((one) => elementHtml(one, people)).join('')}</div>`;
    case 'context_actions':
      return `<div class="block context-actions">${elements.map((one) => elementHtml(one, people)).join('')}</div>`;
    case 'markdown':
      return `<div class="block md">${markdownHtml(str(block.text))}</div>`;
    case 'rich_text':
      return `<div class="block">${richHtml(block, people)}</div>`;
    case 'table':
      return `<div class="block table-scroll"><table>${(Array.isArray(block.rows) ? (block.rows as unknown[]) : [])
        .map(
          (row) =>
            `<tr>${all(row)
              .map((cell) => `<td>${cell.type === 'rich_text' ? richHtml(cell, people) : escapeHtml(str(cell.text))}</td>`)
              .join('')}</tr>`,
        )
        .join('')}</table></div>`;
    case 'input':
      return `<div class="block input"><label>${plainHtml(block.label)}${block.optional ? ' <i>(optional)</i>' : ''}</label>${elementHtml(of(block.element), people)}${
        block.hint ? `<small>${plainHtml(block.hint)}</small>` : ''
      }</div>`;
    case 'image':
      return `<div class="block image">${escapeHtml(str(block.alt_text))}</div>`;
    default:
      return `<div class="block unknown">[${escapeHtml(str(block.type))}]</div>`;
  }
}

/** Drawn here: this machine may have no emoji. */
function thumb(way: 'up' | 'down'): string {
  return `<svg viewBox="0 0 20 20"${way === 'down' ? ' style="transform:scaleY(-1)"' : ''}><path d="M3 9h3v8H3zM7.5 9l3-6.5c1.5 0 2 1 1.8 2.3L11.8 8H16a1.5 1.5 0 0 1 1.5 1.9l-1.5 6A1.5 1.5 0 0 1 14.5 17h-7z"/></svg>`;
}

function textHtml(text: Json, people: Record<string, string>): string {
  return text.type === 'mrkdwn' ? mrkdwnHtml(str(text.text), people) : plainHtml(text);
}

function elementHtml(element: Json, people: Record<string, string>): string {
  const label = plainHtml(element.text);
  const chosen = all(element.initial_options).concat(element.initial_option ? [of(element.initial_option)] : []);
  const isChosen = (option: Json): boolean => chosen.some((one) => one.value === option.value);
  const type = str(element.type);
  if (type === 'button')
    return `<button class="button ${str(element.style)}">${label.replace('👍', thumb('up')).replace('👎', thumb('down'))}</button>`;
  if (type === 'overflow') return '<button class="button dots">⋯</button>';
  if (type === 'feedback_buttons')
    return `<span class="thumb">${thumb('up')}<span>${plainHtml(of(element.positive_button).text)}</span></span><span class="thumb">${thumb('down')}<span>${plainHtml(of(element.negative_button).text)}</span></span>`;
  if (type === 'icon_button') return `<span class="thumb">🗑 ${label}</span>`;
  if (type === 'radio_buttons' || type === 'checkboxes')
    return `<div class="choices ${type}">${all(element.options)
      .map(
        (option) =>
          `<div class="choice${isChosen(option) ? ' on' : ''}"><i></i><span>${textHtml(of(option.text), people)}${
            option.description ? `<small>${textHtml(of(option.description), people)}</small>` : ''
          }</span></div>`,
      )
      .join('')}</div>`;
  if (type.endsWith('_select') || type.endsWith('picker')) {
    const shown = chosen.length > 0 ? chosen.map((one) => plainHtml(one.text)).join(', ') : plainHtml(element.placeholder) || 'Choose';
    return `<button class="button select${chosen.length > 0 ? '' : ' empty'}">${shown}<span class="caret">⌄</span></button>`;
  }
  if (type.endsWith('_input')) {
    const initial = str(element.initial_value);
    return `<div class="field${element.multiline ? ' tall' : ''}${initial ? '' : ' empty'}">${escapeHtml(initial) || plainHtml(element.placeholder)}</div>`;
  }
  return `<span class="unknown">[${escapeHtml(type)}]</span>`;
}

function richHtml(block: Json, people: Record<string, string>): string {
  return all(block.elements)
    .map((element) => {
      const inner = (): string =>
        all(element.elements)
          .map((one) => inlineHtml(one, people))
          .join('');
      switch (element.type) {
        case 'rich_text_list': {
          const tag = element.style === 'ordered' ? 'ol' : 'ul';
          const start = Number(element.offset ?? 0) + 1;
          return `<${tag} class="${element.border ? 'border' : ''}" style="--indent:${Number(element.indent ?? 0)}" start="${start}">${all(
            element.elements,
          )
            .map(
              (item) =>
                `<li>${all(item.elements)
                  .map((one) => inlineHtml(one, people))
                  .join('')}</li>`,
            )
            .join('')}</${tag}>`;
        }
        case 'rich_text_quote':
          return `<blockquote>${inner()}</blockquote>`;
        case 'rich_text_preformatted':
          return `<pre>${inner()}</pre>`;
        default:
          return `<div class="rich">${inner()}</div>`;
      }
    })
    .join('');
}

function inlineHtml(element: Json, people: Record<string, string>): string {
  const style = of(element.style);
  const wrap = (html: string): string =>
    (
      [
        ['bold', 'b'],
        ['italic', 'i'],
        ['strike', 's'],
        ['code', 'code'],
      ] as const
    ).reduce((inner, [name, tag]) => (style[name] ? `<${tag}>${inner}</${tag}>` : inner), html);
  switch (element.type) {
    case 'text':
      return wrap(escapeHtml(str(element.text)));
    case 'link':
      return wrap(`<a href="${escapeHtml(str(element.url))}">${escapeHtml(str(element.text) || str(element.url))}</a>`);
    case 'user':
      return `<span class="mention">@${escapeHtml(people[str(element.user_id)] ?? str(element.user_id))}</span>`;
    case 'emoji':
      return `:${escapeHtml(str(element.name))}:`;
    default:
      return `<span class="unknown">[${escapeHtml(str(element.type))}]</span>`;
  }
}
