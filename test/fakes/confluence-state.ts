/** What a fake Confluence holds, and what people do to it. */

export interface FakeUser {
  /** An account id on Cloud, a user key on Data Center. */
  id: string;
  username: string;
  displayName: string;
  /** Undefined: hidden from others. */
  email?: string;
  groups: string[];
}

export interface FakeContent {
  id: string;
  type: 'page' | 'blogpost' | 'folder' | 'attachment';
  status: 'current' | 'trashed' | 'archived' | 'draft';
  title: string;
  space: string;
  /** Of a page what it stands under; of a file what it hangs on. */
  parent?: string;
  version: number;
  /** ms */
  when: number;
  by: string;
  storage: string;
  editor?: 'v2';
  file?: { bytes: Uint8Array; mediaType: string };
  /** Names of users, and of groups. */
  read: { users: string[]; groups: string[] };
}

export interface FakeSpace {
  id: number;
  key: string;
  type: 'global' | 'personal';
  status: 'current' | 'archived';
}

export interface WikiState {
  now(): number;
  spaces: FakeSpace[];
  users: FakeUser[];
  contents: Map<string, FakeContent>;
  /** Ids that the search has not yet seen. */
  unindexed: Set<string>;
  space(key: string, more?: Partial<FakeSpace>): FakeSpace;
  user(username: string, more?: Partial<FakeUser>): FakeUser;
  add(title: string, storage: string, more?: Partial<FakeContent>): string;
  attach(page: string, name: string, bytes: Uint8Array | string, mediaType?: string): string;
  edit(id: string, change: Partial<Pick<FakeContent, 'title' | 'storage' | 'file' | 'editor'>>): void;
  /** Without a new version, as Confluence does it. */
  move(id: string, to: { parent?: string | undefined; space?: string }): void;
  restrict(id: string, read: { users?: string[]; groups?: string[] }): void;
  trash(id: string): void;
  restore(id: string): void;
  purge(id: string): void;
  /** From the top, the thing itself last. */
  chain(id: string): FakeContent[];
  mayRead(user: FakeUser | undefined, id: string): boolean;
}

export function createState(prefix: { file: string }): WikiState {
  let next = 1000;
  const state: WikiState = {
    now: () => Date.now(),
    spaces: [],
    users: [],
    contents: new Map(),
    unindexed: new Set(),
    space(key, more) {
      const space: FakeSpace = {
        id: 70_000 + state.spaces.length,
        key,
        type: key.startsWith('~') ? 'personal' : 'global',
        status: 'current',
        ...more,
      };
      state.spaces.push(space);
      return space;
    },
    user(username, more) {
      const user: FakeUser = {
        id: `557058:${username}`,
        username,
        displayName: username[0]!.toUpperCase() + username.slice(1),
        groups: [],
        ...more,
      };
      state.users.push(user);
      return user;
    },
    add(title, storage, more) {
      const type = more?.type ?? 'page';
      const id = `${type === 'attachment' ? prefix.file : ''}${next++}`;
      const content: FakeContent = {
        id,
        type,
        status: 'current',
        title,
        space: state.spaces[0]!.key,
        version: 1,
        when: state.now(),
        by: state.users[0]!.username,
        storage,
        read: { users: [], groups: [] },
        ...more,
      };
      state.contents.set(id, content);
      return id;
    },
    attach(page, name, bytes, mediaType = 'application/octet-stream') {
      const { space } = of(page);
      return state.add(name, '', { type: 'attachment', parent: page, space, file: { bytes: Buffer.from(bytes), mediaType } });
    },
    edit(id, change) {
      const content = of(id);
      Object.assign(content, change, { version: content.version + 1, when: state.now() });
    },
    move(id, { parent, space }) {
      const content = of(id);
      if (parent === undefined) delete content.parent;
      else content.parent = parent;
      if (space !== undefined) for (const one of within(id)) one.space = space;
    },
    restrict(id, { users = [], groups = [] }) {
      of(id).read = { users, groups };
    },
    trash(id) {
      for (const one of state.contents.values())
        if (one.id === id || (one.type === 'attachment' && one.parent === id)) one.status = 'trashed';
    },
    restore(id) {
      for (const one of state.contents.values())
        if (one.id === id || (one.type === 'attachment' && one.parent === id)) one.status = 'current';
    },
    purge(id) {
      for (const one of within(id)) if (one.id === id || one.type === 'attachment') state.contents.delete(one.id);
    },
    chain(id) {
      const chain: FakeContent[] = [];
      for (
        let at = state.contents.get(id);
        at && chain.length < 100;
        at = at.parent === undefined ? undefined : state.contents.get(at.parent)
      )
        chain.unshift(at);
      return chain;
    },
    mayRead(user, id) {
      return state.chain(id).every(({ read }) => {
        if (read.users.length + read.groups.length === 0) return true;
        return user !== undefined && (read.users.includes(user.username) || user.groups.some((group) => read.groups.includes(group)));
      });
    },
  };
  const of = (id: string): FakeContent => {
    const content = state.contents.get(id);
    if (!content) throw new Error(`the fake has no ${id}`);
    return content;
  };
  const within = (id: string): FakeContent[] =>
    [...state.contents.values()].filter((one) => state.chain(one.id).some((above) => above.id === id));
  return state;
}
