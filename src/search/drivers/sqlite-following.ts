/**
 * The operations on the index, over whichever file holds it: when a rebuilt one takes its place, writes and facts are the
 * new file's at once, and searches stay with the old one until the vectors of the new one are in memory, too.
 */
import { currentFile, makeCurrent, removeGeneration } from './sqlite-generations.ts';
import { openSqliteStore, Superseded, type SqliteStore } from './sqlite-store.ts';

export interface FollowingStore extends SqliteStore {
  /** Makes a file, whole and closed, the index; no write is lost between the two. */
  swapTo(file: string): void;
  /** One short step of taking over a file that took this one's place. True while there is more to do. */
  takeOver(): boolean;
}

interface Held {
  file: string;
  store: SqliteStore;
}

/** Opens what is the index now. Throws what SQLite throws. */
export function openFollowingStore(path: string): FollowingStore {
  const openCurrent = (): Held => {
    for (;;) {
      const file = currentFile(path);
      const held = { file, store: openSqliteStore(file, () => currentFile(path) === file) };
      if (currentFile(path) === file) return held;
      // It was replaced and removed just now, so that opening it made an empty one.
      held.store.close();
      removeGeneration(file);
    }
  };
  /** What searches read. */
  let serving = openCurrent();
  /** What took its place and is not ready for searches yet. */
  let next: Held | undefined;

  const newest = (): SqliteStore => {
    if (currentFile(path) !== (next ?? serving).file) {
      const held = openCurrent();
      next?.store.close();
      next = held;
    }
    return (next ?? serving).store;
  };
  const switchOver = (): void => {
    if (!next) return;
    serving.store.close();
    serving = next;
    next = undefined;
  };
  const takeOver = (): boolean => {
    newest();
    if (next && serving.store.keepsVectors() && next.store.warm()) return true;
    switchOver();
    return false;
  };
  /** Who writes finds what he wrote. */
  const writing = <T>(work: (store: SqliteStore) => T): T => {
    for (;;) {
      newest();
      switchOver();
      try {
        return work(serving.store);
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
      }
    }
  };

  return {
    put: (points) => writing((store) => store.put(points)),
    drop: (ids) => writing((store) => store.drop(ids)),
    putVectors: (model, entries) => writing((store) => store.putVectors(model, entries)),
    activate: (model) => writing((store) => store.activate(model)),
    dropVectors: () => writing((store) => store.dropVectors()),
    setMeta: (key, value) => writing((store) => store.setMeta(key, value)),
    exclusively: (work) => writing((store) => store.exclusively(work)),
    swapTo: (file) => writing((store) => store.exclusively(() => makeCurrent(path, file))),
    takeOver,
    withoutVector: (model, after, limit) => newest().withoutVector(model, after, limit),
    vectorModels: () => newest().vectorModels(),
    ids: (after, limit) => newest().ids(after, limit),
    count: () => newest().count(),
    getMeta: (key) => newest().getMeta(key),
    search(query) {
      try {
        newest();
      } catch {
        // The one at hand still answers.
      }
      if (next && !serving.store.keepsVectors()) switchOver();
      return serving.store.search(query);
    },
    keepsVectors: () => serving.store.keepsVectors(),
    warm() {
      newest();
      if ((next ?? serving).store.warm()) return true;
      switchOver();
      return false;
    },
    follow: () => takeOver() || serving.store.follow(),
    tidy: () => (currentFile(path) === serving.file ? serving.store.tidy() : false),
    close() {
      next?.store.close();
      serving.store.close();
    },
  };
}
