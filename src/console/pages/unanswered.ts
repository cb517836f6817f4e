/** "Not found", honest and helpful: what was searched, what comes nearest, what a person may try. */
import type { Answer } from '../../types.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';
import { quoteLinks, readable } from './answer-sources.ts';

/** What there is to search. */
export interface Searched {
  documents: number;
  sources: string[];
}

const NAMED_SOURCES = 4;

export function renderUnanswered(words: Words, answer: Answer, searched: Searched): Html {
  return html`<div class="not-found">
<h3 class="not-found-title">${words.say('notFoundHeading')}</h3>
<p>${searchedLine(words, searched)}</p>
${answer.closest.length > 0 ? renderClosest(words, answer) : ''}
<h4>${words.say('tipsHeading')}</h4>
<ul class="tips"><li>${words.say('tipWords')}</li><li>${words.say('tipNarrow')}</li><li>${words.say('tipSource')} <a href="/sources/new">${words.say('tipSourceLink')}</a></li></ul>
</div>`;
}

function searchedLine(words: Words, searched: Searched): string {
  if (searched.documents === 0) return words.say('nothingToSearch');
  const counts = { documents: words.count('documents', searched.documents), sources: words.count('sources', searched.sources.length) };
  if (searched.sources.length > NAMED_SOURCES) return words.say('notFoundSearchedMany', counts);
  return words.say('notFoundSearched', { ...counts, names: searched.sources.join(words.language === 'zh' ? '、' : ', ') });
}

function renderClosest(words: Words, answer: Answer): Content {
  return html`<section class="closest"><h4>${words.say('closestHeading')}</h4><p class="muted">${words.say('closestNote')}</p>
<ul class="cards">${answer.closest.map(
    (
      passage,
    ) => html`<li class="card"><h5 class="card-title">${passage.title}</h5><blockquote class="quote-text">${readable(passage.quote)}</blockquote>
<p class="quote-links">${quoteLinks(words, passage, `${words.say('showQuote')}: ${passage.title}`)}</p></li>`,
  )}</ul></section>`;
}
