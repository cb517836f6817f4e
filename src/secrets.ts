/** Credentials of sources: sealed with a key of the deployment before they go into the catalog, opened only for a sync. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Catalog } from './catalog/database.ts';
import { AppError, inputError } from './errors.ts';
import type { CredentialNeed } from './connectors/connector.ts';

/** By the names of a connector's fields. */
export type Credential = Record<string, string>;

export interface Secrets {
  /** Seals and keeps a credential; one of this id is replaced. Returns the id. */
  put(credential: Credential, id?: string): Promise<string>;
  /** @throws AppError `secret.key` when it was sealed with another key, or is missing */
  open(id: string): Promise<Credential>;
  drop(id: string): Promise<void>;
}

const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM; the key is derived from `key` by HKDF-SHA-256 (RFC 5869), the secret's id is authenticated with it, so that
 * a sealed text is worth nothing in another row.
 * @param key SECRET_KEY, or what stands for it in DATA_DIR
 */
export function createSecrets(db: Catalog, key: string, now: () => number): Secrets {
  const derived = Buffer.from(hkdfSync('sha256', key, 'docent', 'credentials of sources', 32));

  const seal = (text: string, id: string): string => {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', derived, iv);
    cipher.setAAD(Buffer.from(id));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${VERSION}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  };

  const unseal = (sealed: string, id: string): string => {
    const [version, text = ''] = sealed.split('.');
    const bytes = Buffer.from(text, 'base64url');
    if (version !== VERSION || bytes.length < IV_BYTES + TAG_BYTES) throw new Error('not sealed by this version');
    const cipher = createDecipheriv('aes-256-gcm', derived, bytes.subarray(0, IV_BYTES));
    cipher.setAAD(Buffer.from(id));
    cipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), cipher.final()]).toString('utf8');
  };

  return {
    async put(credential, id = randomUUID()) {
      const sealed = seal(JSON.stringify(credential), id);
      const at = now();
      await db
        .insertInto('secrets')
        .values({ id, sealed, created_at: at, updated_at: at })
        .onConflict((c) => c.column('id').doUpdateSet({ sealed, updated_at: at }))
        .execute();
      return id;
    },
    async open(id) {
      const row = await db.selectFrom('secrets').select('sealed').where('id', '=', id).executeTakeFirst();
      try {
        return z.record(z.string(), z.string()).parse(JSON.parse(unseal(row!.sealed, id)));
      } catch (cause) {
        throw new AppError({
          code: 'secret.key',
          message: 'a credential cannot be opened with this key',
          publicMessage:
            'The credential was sealed with another SECRET_KEY. Set that key again, or give the credential anew ("docent source credential NAME", or the page of the source).',
          cause,
        });
      }
    },
    async drop(id) {
      await db.deleteFrom('secrets').where('id', '=', id).execute();
    },
  };
}

/**
 * A credential as a person gives it: `a:b` for the connector's fields in their order (the last one takes what is left, so a
 * password may hold colons), or a JSON object by their names.
 * @throws AppError `input.invalid` that names the fields, never their values
 */
export function parseCredential(text: string, need: CredentialNeed | undefined, kind: string): Credential {
  if (!need) throw inputError('credential', `sources of the kind ${kind} take none`);
  const names = need.fields.map(({ name }) => name);
  const how = `give ${names.join(':')}, or a JSON object with ${names.join(' and ')}. ${need.rights}`;
  const given = text.trim();
  let credential: Credential;
  if (given.startsWith('{')) {
    const parsed = z.record(z.string(), z.string()).safeParse(parseJson(given));
    if (!parsed.success) throw inputError('credential', `it is no JSON object of texts; ${how}`);
    credential = parsed.data;
  } else {
    const parts = given.split(':');
    const values = [...parts.slice(0, names.length - 1), parts.slice(names.length - 1).join(':')];
    credential = Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
  }
  return checkCredential(credential, need);
}

/** @throws AppError `input.invalid` when a field is missing, or is none of the connector's */
export function checkCredential(credential: Credential, need: CredentialNeed): Credential {
  const names = need.fields.map(({ name }) => name);
  const missing = need.fields.filter(({ name }) => !credential[name]?.trim());
  const foreign = Object.keys(credential).filter((name) => !names.includes(name));
  if (missing.length > 0) throw inputError('credential', `${missing.map(({ label }) => label).join(' and ')} is missing. ${need.rights}`);
  if (foreign.length > 0) throw inputError('credential', `there is no field ${foreign.join(', ')}; there are ${names.join(', ')}`);
  return credential;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
