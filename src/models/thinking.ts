/** Reasoning that a model writes into its answer as `<think>…</think>`: kept from whoever reads the stream. */

const OPEN = ['<think>', '<thinking>', '<thought>'];
const CLOSE = ['</think>', '</thinking>', '</thought>'];

/**
 * Drops one block of thinking at the very beginning of a streamed text, in whatever pieces it comes; a tag further on is
 * text. A closing tag without an opening one (the prompt template opened it) goes too, the text before it stays.
 * @returns `push(piece)` gives what may be shown by now; `end()` gives what was held back. A block left open gives nothing
 */
export function dropThinking(): { push(piece: string): string; end(): string; readonly thinking: boolean } {
  let state: 'before' | 'inside' | 'after' = 'before';
  let held = '';
  // White space between the thinking and the answer is of neither.
  let between = false;

  function push(piece: string): string {
    held += piece;
    if (state === 'before') {
      const start = held.trimStart();
      const tag = OPEN.find((each) => start.startsWith(each));
      if (tag !== undefined) {
        state = 'inside';
        held = start.slice(tag.length);
      } else if (OPEN.some((each) => each.startsWith(start))) return '';
      else state = 'after';
    }
    if (state === 'inside') {
      const end = firstOf(held, CLOSE);
      if (end === undefined) {
        held = held.slice(-'</thinking>'.length);
        return '';
      }
      state = 'after';
      held = held.slice(end.at + end.tag.length);
      between = true;
    }
    if (between) {
      held = held.trimStart();
      between = held === '';
    }
    return after();
  }

  function after(): string {
    const stray = firstOf(held, CLOSE);
    if (stray !== undefined) held = held.slice(0, stray.at) + held.slice(stray.at + stray.tag.length);
    const keep = tailThatMayBecome(held, CLOSE);
    const out = held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    return out;
  }

  return {
    push,
    end() {
      const rest = state === 'inside' ? '' : held;
      held = '';
      return rest;
    },
    get thinking() {
      return state === 'inside';
    },
  };
}

function firstOf(text: string, tags: string[]): { at: number; tag: string } | undefined {
  const found = tags.map((tag) => ({ at: text.indexOf(tag), tag })).filter((each) => each.at >= 0);
  return found.sort((a, b) => a.at - b.at)[0];
}

/** How many characters at the end of a text are the beginning of a tag. */
function tailThatMayBecome(text: string, tags: string[]): number {
  const at = text.lastIndexOf('<');
  if (at < 0) return 0;
  const tail = text.slice(at);
  return tags.some((tag) => tag.startsWith(tail)) ? tail.length : 0;
}
