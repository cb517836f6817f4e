/** Adding a source in cards: given, looked at, confirmed, added. Whether somebody may is asked at each step. */
import type { AdminWords } from '../admin-words.ts';
import type { AdminDeps } from '../admin-rights.ts';
import { createSourceAdding, samePlace, type Refused } from '../source-adding.ts';
import { DRAFT_MINUTES, inputOf, type SourceDraft } from '../source-drafts.ts';
import { credentialIn, EMPTY, MOST, valuesIn, type SourceValues } from '../source-form.ts';
import type { SyncThreads } from '../sync-threads.ts';
import type { Card } from './activity.ts';
import { formCard, lookingCard, previewCard } from './admin-add-card.ts';
import { plainLink } from './admin-command.ts';
import { notice, press } from './admin-parts.ts';
import type { Standing, Turn } from './admin-turns.ts';

export interface TeamsAdding {
  /** The form; `stands` is told where it was posted. @param location as it was given with a command */
  form(person: string, location: string, words: AdminWords): Promise<{ card: Card; stands(at: Standing): void }>;
  /** Where the form of this draft stands, for a press that does not tell. */
  standing(id: string, person: string): Standing | undefined;
  preview(turn: Turn): Promise<Card | undefined>;
  look(turn: Turn): Promise<Card | undefined>;
  change(turn: Turn): Promise<Card | undefined>;
  add(turn: Turn): Promise<Card | undefined>;
  cancel(turn: Turn): Promise<Card | undefined>;
  close(): void;
}

export function createTeamsAdding(deps: AdminDeps, threads: SyncThreads): TeamsAdding {
  const { app } = deps;
  const adding = createSourceAdding(deps, threads);
  const { drafts, recognise } = adding;
  const places = new WeakMap<SourceDraft, Standing>();
  let closing = false;
  const looks = new WeakMap<SourceDraft, Promise<Card | undefined>>();

  async function formOf(it: { values: SourceValues; draft: SourceDraft | undefined } & Partial<Refused>, words: AdminWords): Promise<Card> {
    const { values, draft, recognised, problem } = it;
    return formCard(
      {
        values,
        connectors: await app.connectors(),
        recognised,
        problem,
        id: draft?.id ?? '',
        kept: draft?.credential !== undefined && samePlace(draft, values, recognised?.kind),
        consoleUrl: app.outsideUrl,
        timeZone: app.timeZone,
      },
      words,
    );
  }
  const known = (values: SourceValues) => (values.location === '' ? undefined : recognise(values).catch(() => undefined));
  const begin = (turn: Turn, given: Parameters<typeof drafts.begin>[1], at = turn.at): SourceDraft => {
    const draft = drafts.begin(turn.person, given);
    if (at) places.set(draft, at);
    return draft;
  };
  const gone = (words: AdminWords): Card =>
    notice(words.say('addTitle'), [words.say('draftGone', { n: DRAFT_MINUTES })], [press('add-form', words.say('addSource'))]);
  const looking = (draft: SourceDraft, words: AdminWords, documents = 0): Card =>
    lookingCard({ id: draft.id, location: draft.values.location, documents }, words);
  const shown = (draft: SourceDraft, words: AdminWords): Card =>
    previewCard({ id: draft.id, preview: draft.preview!, schedule: inputOf(draft).schedule ?? '', timeZone: app.timeZone }, words);

  function lookAt(draft: SourceDraft, turn: Turn): Promise<Card | undefined> {
    turn.meanwhile(looking(draft, turn.words));
    const begun = looks.get(draft);
    if (begun) return begun;
    const work = (async (): Promise<Card | undefined> => {
      const ended = await adding.look(draft, turn.words, (documents) => turn.tell(looking(draft, turn.words, documents)));
      // Where this process ends, nobody else has what was given.
      if (ended === 'stopped' || draft.stop.signal.aborted) return closing ? gone(turn.words) : undefined;
      if (ended === 'seen') return shown(draft, turn.words);
      return formOf({ values: draft.values, draft, ...ended }, turn.words);
    })().finally(() => looks.delete(draft));
    looks.set(draft, work);
    return work;
  }

  return {
    async form(person, location, words) {
      const values = { ...EMPTY, location: plainLink(location.trim()).slice(0, MOST.location) };
      const recognised = await known(values);
      const draft = drafts.begin(person, { values });
      return { card: await formOf({ values, draft, recognised }, words), stands: (at) => void places.set(draft, at) };
    },
    standing(id, person) {
      const draft = drafts.find(id, person);
      return draft && places.get(draft);
    },

    async preview(turn) {
      const { person, words } = turn;
      const values = valuesIn(turn.given, await adding.kinds(), plainLink);
      const before = drafts.find(turn.id, person);
      const at = turn.at ?? (before && places.get(before));
      const checked = await adding.check({ person, values, credential: (connector) => credentialIn(turn.given, connector), before }, words);
      if ('draft' in checked) {
        if (at) places.set(checked.draft, at);
        return lookAt(checked.draft, turn);
      }
      // What was typed is in no card: it waits with the draft, for when the rest is mended.
      const typed = checked.recognised && credentialIn(turn.given, checked.recognised);
      const kept = before && samePlace(before, values, checked.recognised?.kind) ? before.credential : undefined;
      const credential = typed || kept ? { ...kept, ...typed } : undefined;
      const kind = checked.recognised?.kind;
      const draft = begin(turn, { values, ...(kind === undefined ? {} : { kind }), ...(credential ? { credential } : {}) }, at);
      if (before) drafts.drop(before.id);
      return formOf({ values, draft, ...checked }, words);
    },

    async look(turn) {
      const draft = drafts.find(turn.id, turn.person);
      if (!draft) return gone(turn.words);
      return draft.preview ? shown(draft, turn.words) : lookAt(draft, turn);
    },

    async change(turn) {
      const draft = drafts.find(turn.id, turn.person);
      if (!draft) return gone(turn.words);
      return formOf({ values: draft.values, draft, recognised: await known(draft.values) }, turn.words);
    },

    async add(turn) {
      const { words } = turn;
      const draft = drafts.find(turn.id, turn.person);
      // Nothing is added that was not shown.
      if (!draft?.preview) return gone(words);
      turn.meanwhile(notice(words.say('addTitle'), [words.say('adding')]));
      const added = await adding.add(draft, words);
      if ('problem' in added) return formOf({ values: draft.values, draft, ...added }, words);
      turn.lasting();
      const name = words.data(added.source.name, 100);
      return notice(words.say('addTitle'), [words.say(added.told ? 'added' : 'addedQuietly', { name })]);
    },

    async cancel(turn) {
      const draft = drafts.find(turn.id, turn.person);
      if (draft && !draft.adding) drafts.drop(draft.id);
      turn.lasting();
      return notice(undefined, [turn.words.say('cancelled')]);
    },

    close() {
      closing = true;
      drafts.close();
    },
  };
}
