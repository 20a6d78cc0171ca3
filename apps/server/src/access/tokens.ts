import { randomUUID } from 'node:crypto';
import { SallyportError, type ApiToken, type GrantedPermission } from '@sallyport/contracts';
import type { Caller } from '../platform/http/index.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import type { Platform } from '../platform/types.ts';
import { tokenStore, type TokenRow } from './store.ts';

/** So that secret scanners and people can tell what it is. */
const prefix = 'sp_';
const dayMs = 86_400_000;
/** How exact `lastUsedAt` is: a busy sender doesn't write a row for each request. */
const lastUsedGranularityMs = 60_000;

export interface TokenCommands {
  list(): Promise<ApiToken[]>;
  create(by: Caller, wish: NewToken): Promise<{ token: ApiToken; secret: string }>;
  revoke(id: string): Promise<string>;
  readonly callerOf: (secret: string) => Promise<Caller | undefined>;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly GrantedPermission[];
  readonly expiresInDays: number;
}

export function tokenCommands({ database, clock }: Pick<Platform, 'database' | 'clock'>): TokenCommands {
  const store = tokenStore(database);
  return {
    list: async () => (await store.list()).map(toApiToken),

    create: async (by, { name, scopes, expiresInDays }) => {
      const beyond = scopes.filter((scope) => !by.permissions.has(scope));
      if (beyond.length > 0)
        throw new SallyportError(
          'Forbidden',
          `these scopes are beyond the caller’s own permissions: ${beyond.join(', ')}`,
          {
            target: 'body.scopes',
          },
        );
      const secret = prefix + newSecret();
      const now = clock.now();
      const row: TokenRow = {
        id: randomUUID(),
        name,
        scopes: [...new Set(scopes)],
        createdBy: by.name,
        createdAt: now,
        expiresAt: new Date(now.getTime() + expiresInDays * dayMs),
        lastUsedAt: null,
        revokedAt: null,
      };
      await store.insert(row, hashSecret(secret));
      return { token: toApiToken(row), secret };
    },

    revoke: async (id) => {
      const name = await store.revoke(id, clock.now());
      if (name === undefined) throw new SallyportError('NotFound', 'there is no such token');
      return name;
    },

    callerOf: async (secret) => {
      if (!secret.startsWith(prefix)) return undefined;
      const now = clock.now();
      const row = await store.live(hashSecret(secret), now);
      if (!row) return undefined;
      if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > lastUsedGranularityMs) await store.touch(row.id, now);
      return {
        kind: 'token',
        id: row.id,
        name: `token:${row.name}`,
        displayName: row.name,
        role: '',
        permissions: new Set(row.scopes),
        session: undefined,
      };
    },
  };
}

const toApiToken = (row: TokenRow): ApiToken => ({
  ...row,
  scopes: [...row.scopes],
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
});
