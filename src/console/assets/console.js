// The console works without this file. With it, answers stream, progress moves, and a citation opens beside its sentence.

const policy = globalThis.trustedTypes?.createPolicy('docent', { createHTML: (text) => text });

/** Parses markup that our own server rendered. */
function parse(markup) {
  const trusted = policy ? policy.createHTML(markup) : markup;
  return new DOMParser().parseFromString(trusted, 'text/html');
}

/** Makes `from` like `to`, touching only what differs, so that focus, selection and open folds stay. */
function morph(from, to) {
  if (from.isEqualNode(to)) return from;
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || (from.id && to.id && from.id !== to.id)) {
    const fresh = document.importNode(to, true);
    from.replaceWith(fresh);
    return fresh;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) {
    from.nodeValue = to.nodeValue;
    return from;
  }
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !(name === 'open' && from.nodeName === 'DETAILS') && name !== 'data-selected') from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  const wanted = [...to.childNodes];
  const there = [...from.childNodes];
  wanted.forEach((node, i) => (there[i] ? morph(there[i], node) : from.append(document.importNode(node, true))));
  for (const extra of there.slice(wanted.length)) extra.remove();
  return from;
}

/** How often a connection that broke off is made again: about twenty seconds. */
const RECONNECTS = 5;
/** Not `crypto.randomUUID`, which is there over https alone. */
const newKey = () => [...crypto.getRandomValues(new Uint8Array(18))].map((byte) => byte.toString(36).padStart(2, '0')).join('');

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const visible = () => (document.hidden ? new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true })) : undefined);

// ------------------------------------------------------------------ asking

const form = document.querySelector('[data-ask]');
if (form) startAsking(form);

function startAsking(form) {
  const box = form.elements.question;
  const hint = form.querySelector('.hint');
  const send = form.querySelector('[type=submit]');
  const stop = form.querySelector('[data-stop]');
  const thread = document.querySelector('#thread');
  const announce = document.querySelector('#announce');
  let running = null;

  const fit = () => {
    if (CSS.supports('field-sizing', 'content')) return;
    box.style.height = 'auto';
    box.style.height = `${box.scrollHeight}px`;
  };
  box.addEventListener('input', () => {
    hint.textContent = '';
    fit();
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (running) return;
    const question = box.value;
    if (question.trim() === '') return refuse(hint.dataset.empty);
    if (question.length > Number(form.dataset.max)) return refuse(hint.dataset.long);
    box.value = '';
    fit();
    // On a phone the keyboard would cover the answer.
    if (matchMedia('(pointer: coarse)').matches) box.blur();
    void ask(question);
  });
  stop.addEventListener('click', () => running?.abort('stopped'));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && running && !document.activeElement?.closest('.answer-sources, details[open]')) running.abort('stopped');
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest('input, textarea, select')) {
      event.preventDefault();
      box.focus();
    }
  });
  document.addEventListener('submit', (event) => {
    const again = event.target.closest('[data-ask-again], [data-suggestions]');
    if (!again || running) return;
    event.preventDefault();
    const question = event.submitter?.name === 'question' ? event.submitter.value : again.elements.question.value;
    again.closest('.turn')?.querySelector('.notice')?.remove();
    void ask(question);
  });

  function refuse(text) {
    hint.textContent = text;
    box.focus();
  }

  async function ask(question) {
    let turn = newTurn(question);
    running = new AbortController();
    const signal = running.signal;
    busy(true);
    let answered = false;
    let over = false;
    let problem = null;
    const key = newKey();

    async function attempt() {
      const response = await fetch('/ask', {
        method: 'POST', signal, headers: { Accept: 'application/x-ndjson' },
        body: new URLSearchParams({ question, key, thread: form.elements.thread.value }),
      });
      if (response.status === 401) return location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
      // A balancer whose server has just gone.
      if ([502, 503, 504].includes(response.status)) throw new Error(String(response.status));
      if (!response.ok) problem = (await response.json().catch(() => null))?.error?.message ?? String(response.status);
      else for await (const event of lines(response.body)) {
        if (event.type === 'start') begin(event);
        else if (event.type === 'turn') {
          turn = morph(turn, parse(event.html).querySelector('.turn'));
          if (event.say) announce.append(Object.assign(document.createElement('p'), { textContent: event.say }));
          enhance(turn);
        } else if (event.type === 'problem') problem = event.message;
        else if (event.type === 'end') [over, answered] = [true, event.answered];
      }
    }

    // A connection that breaks off is made again by the same key: this server, or another beside it, answers it once.
    for (let tries = 0; !over && problem === null && !signal.aborted && tries <= RECONNECTS; tries++) {
      if (tries > 0) await wait(Math.min(8000, 500 * 2 ** tries) * (0.5 + Math.random() / 2));
      await attempt().catch(() => {
        // Told below: what was shown stays, and the question can be asked again.
      });
    }
    running = null;
    busy(false);
    if (!answered) interrupt(turn, question, signal.aborted ? 'stopped' : problem ? 'refused' : navigator.onLine ? 'lost' : 'offline', problem);
  }

  function newTurn(question) {
    const turn = document.querySelector('#new-turn').content.firstElementChild.cloneNode(true);
    const text = question.trim();
    turn.querySelector('.question').textContent = text.length > 600 ? `${text.slice(0, 160)}…` : text;
    document.body.classList.replace('start', 'conversation');
    for (const part of document.querySelectorAll('[data-hero]')) part.remove();
    thread.append(turn);
    box.placeholder = box.dataset.followUp;
    if (turn.previousElementSibling) turn.scrollIntoView({ block: 'start' });
    return turn;
  }

  function begin(event) {
    form.elements.thread.value = event.threadId;
    if (location.pathname === event.path) return;
    history.pushState(null, '', event.path);
    document.title = event.title;
    // Whoever switches the language comes back to the conversation, not to where it began.
    for (const back of document.querySelectorAll('.language [name=back]')) back.value = event.path;
  }

  function busy(on) {
    const hadFocus = document.activeElement === (on ? send : stop);
    send.hidden = on;
    stop.hidden = !on;
    if (hadFocus) (on ? stop : box).focus();
  }

  function interrupt(turn, question, why, message) {
    turn.dataset.phase = 'cut';
    turn.setAttribute('aria-busy', 'false');
    turn.querySelector('.working')?.remove();
    const note = document.querySelector(`#note-${why}`).content.firstElementChild.cloneNode(true);
    const text = note.querySelector('[data-text]');
    if (message) text.textContent = text.dataset.text.replace('{message}', () => message);
    note.querySelector('[data-retry]').addEventListener('click', () => {
      if (running) return;
      if (turn.querySelector('.answer-body')?.textContent.trim()) note.remove();
      else turn.remove();
      void ask(question);
      box.focus();
    });
    turn.querySelector('.answer-main').append(note);
    announce.append(Object.assign(document.createElement('p'), { textContent: text.textContent }));
  }

  addEventListener('popstate', () => location.reload());
  fit();
}

/** The JSON values of a stream, one a line. */
async function* lines(body) {
  let rest = '';
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n');
    rest = parts.pop();
    for (const part of parts) if (part !== '') yield JSON.parse(part);
  }
}

// --------------------------------------------------------------- citations

let cameFrom = null;

document.addEventListener('click', (event) => {
  const cite = event.target.closest('a.cite');
  if (!cite || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const quote = document.getElementById(cite.hash.slice(1));
  if (!quote) return;
  event.preventDefault();
  select(quote);
  cameFrom = cite;
  quote.focus({ preventScroll: true });
  quote.scrollIntoView({ block: 'nearest' });
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !cameFrom || !document.activeElement?.closest('.answer-sources')) return;
  cameFrom.focus();
  select(null);
});

for (const type of ['pointerover', 'focusin']) {
  document.addEventListener(type, (event) => {
    const cite = event.target.closest?.('a.cite');
    for (const hinted of document.querySelectorAll('.quote.hinted')) hinted.classList.remove('hinted');
    if (cite) document.getElementById(cite.hash.slice(1))?.classList.add('hinted');
  });
}

function select(quote) {
  for (const other of document.querySelectorAll('[data-selected]')) other.removeAttribute('data-selected');
  quote?.setAttribute('data-selected', '');
}

// --------------------------------------------------------- thumbs and copies

document.addEventListener('submit', async (event) => {
  const part = event.target.closest('[data-feedback]');
  if (!part) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  const thanks = part.querySelector('[data-thanks]');
  try {
    const response = await fetch('/feedback', { method: 'POST', headers: { Accept: 'application/json' }, body });
    if (!response.ok) throw new Error(String(response.status));
    const hadFocus = part.contains(document.activeElement);
    for (const other of [...part.children]) if (other !== thanks) other.remove();
    thanks.textContent = thanks.dataset.thanks;
    if (hadFocus) {
      thanks.tabIndex = -1;
      thanks.focus();
    }
  } catch {
    thanks.textContent = thanks.dataset.failed;
  }
});

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy).catch(() => undefined);
  const copied = button.querySelector('.copied');
  copied.hidden = false;
  await wait(1500);
  copied.hidden = true;
});

document.addEventListener('keydown', (event) => {
  const fold = event.key === 'Escape' && document.activeElement?.closest('details.feedback-down[open]');
  if (!fold) return;
  fold.open = false;
  fold.querySelector('summary').focus();
});

function enhance(root) {
  if (navigator.clipboard) for (const button of root.querySelectorAll('[data-copy][hidden]')) button.hidden = false;
}
enhance(document);

// ------------------------------------------------- what goes on by itself

// A form whose answer takes a moment says so, and is sent once.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.busy === undefined || event.defaultPrevented) return;
  if (form.dataset.sent !== undefined) return event.preventDefault();
  form.dataset.sent = '';
  const button = event.submitter ?? form.querySelector('button');
  button.setAttribute('aria-busy', 'true');
  button.textContent = form.dataset.busy;
});
// Back from the next page, as the browser kept it.
window.addEventListener('pageshow', (event) => {
  if (event.persisted && document.querySelector('[data-sent]')) location.reload();
});
for (const part of document.querySelectorAll('[data-live]')) void follow(part);
for (const part of document.querySelectorAll('[data-load]')) void load(part);
for (const part of document.querySelectorAll('[data-submit]')) part.addEventListener('change', () => part.form.requestSubmit());

const reading = document.querySelector('[data-scroll-to]');
if (reading && location.hash === '') document.getElementById(reading.dataset.scrollTo)?.scrollIntoView({ block: 'center' });

/** Looks at the same page again until the server no longer calls this part live; slower while nothing changes. */
async function follow(part) {
  const lost = document.querySelector('[data-lost]');
  let pause = 700;
  while (part?.isConnected && part.dataset.live !== undefined) {
    await wait(pause);
    await visible();
    try {
      const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
      if (response.redirected && new URL(response.url).pathname === '/login') return location.reload();
      const page = parse(await response.text());
      const next = page.getElementById(part.id);
      if (lost) lost.textContent = '';
      // The page has become another one (the first documents are there): take all of it.
      if (!next) return location.reload();
      const before = part.textContent;
      part = morph(part, next);
      pause = part.textContent === before ? Math.min(pause * 1.4, 5000) : 700;
    } catch {
      if (lost) lost.textContent = lost.dataset.lost;
      pause = Math.min(pause * 2, 15_000);
    }
  }
}

/** Fills a part from another page of ours. */
async function load(part) {
  const response = await fetch(part.dataset.load, { headers: { Accept: 'text/html' } }).catch(() => null);
  const next = response?.ok ? parse(await response.text()).getElementById(part.id) : null;
  if (next) part.replaceWith(document.importNode(next, true));
}
