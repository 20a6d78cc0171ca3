import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { SallyportError, wholeScope, type ApiToken, type GrantedPermission } from '@sallyport/contracts';
import type { Caller, SharedKeyClaim, Signer } from '../platform/http/index.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import type { Platform } from '../platform/types.ts';
import { workspaceIdOf } from '../platform/workspaces/index.ts';
import type { From, TokenDecision } from './decision.ts';
import type { Grant } from '../platform/principal.ts';
import type { EffectiveAccess } from './effective.ts';
import { useRows, type Uses } from './uses.ts';
import { tokenStore, type LiveTokenRow, type TokenRow } from './store.ts';

/** So that secret scanners and people can tell what it is. */
const prefix = 'sp_';
const dayMs = 86_400_000;
/** How exact `lastUsedAt` is: a busy sender doesn't write a row for each request. */
const lastUsedGranularityMs = 60_000;

export interface TokenParts {
  readonly effective: Pick<EffectiveAccess, 'of' | 'forget'>;
  readonly uses: Uses;
}

export interface TokenCommands {
  list(): Promise<ApiToken[]>;
  create(by: Caller, wish: NewToken): Promise<{ token: ApiToken; secret: string; sharedKey?: string }>;
  /** Leaves a token no more than these of its scopes. Throws NotFound, and BadRequest for one it does not have. */
  narrow(id: string, scopes: readonly GrantedPermission[]): Promise<ApiToken>;
  revoke(id: string): Promise<string>;
  /** Throws Unauthenticated with its reason where Conditional Access refuses the token's person from there. */
  readonly callerOf: (secret: string, from: From) => Promise<Caller | undefined>;
  /** Whoever signed with the key of the token whose id is the workspace’s; undefined when it is another's, or too old. */
  readonly callerOfSharedKey: (claim: SharedKeyClaim) => Promise<Caller | undefined>;
  /** The token of that name, with no more than sending logs. */
  readonly callerOfCertificate: (name: string) => Promise<Caller | undefined>;
  /** Who may have signed for this name, with their keys: tokens that may send logs. */
  readonly signers: (name: string) => Promise<readonly Signer[]>;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly GrantedPermission[];
  readonly expiresInDays: number;
  /** Default: the first. */
  readonly workspaceId?: string | undefined;
}

/** How far a signature's time may be from ours: past it, one that was overheard is worth nothing. */
const signedWithinMs = 15 * 60_000;
/** Tokens of one name that are tried: the old one and its successor, mostly. */
const signersMax = 8;
const mayBeSigned: GrantedPermission = 'data.ingest';

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

export function tokenCommands(
  { database, clock, sealing, workspaces }: Pick<Platform, 'database' | 'clock' | 'sealing' | 'workspaces'>,
  mayBeUsed: TokenDecision,
  { effective, uses }: TokenParts,
): TokenCommands {
  const store = tokenStore(database);
  // Whoever signs needs the key itself, and the database has but a hash of the secret: so the key follows from ours, which is not in it.
  const sharedKeyOf = (id: string): Buffer => sealing.derive(`shared key of token ${id}`);
  /** A token may no more than the person whose it is may by now. */
  const heldBy = async ({ scopes, personId, outdated, decidedAt }: LiveTokenRow): Promise<readonly Grant[]> => {
    if (personId === null) return [{ permissions: new Set(scopes), scope: wholeScope }];
    // Something has changed since this token was decided on, of which the server may not have heard yet.
    if (outdated && decidedAt !== null) effective.forget(personId);
    return narrowed((await effective.of(personId)).grants, scopes);
  };
  const callerOfRow = async (row: LiveTokenRow): Promise<Caller> => {
    const now = clock.now();
    const grants = await heldBy(row);
    if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > lastUsedGranularityMs) await store.touch(row.id, now);
    return {
      kind: 'token',
      id: row.id,
      name: `token:${row.name}`,
      displayName: row.name,
      roles: [],
      personId: row.personId ?? undefined,
      ...rightsOf(grants),
      session: undefined,
      ...(row.workspaceId === null ? {} : { workspaceId: row.workspaceId }),
    };
  };
  return {
    list: async () => {
      await uses.flush();
      const rows = await store.list();
      const known = await useRows.of(database, rows.map(({ id }) => id)); // prettier-ignore
      return rows.map((row) => toApiToken(row, known.get(row.id)));
    },

    narrow: async (id, scopes) => {
      const left = [...new Set(scopes)];
      const row = await store.narrow(id, left);
      if (row === 'missing') throw new SallyportError('NotFound', 'there is no such token');
      if (row === 'more')
        throw new SallyportError('BadRequest', 'a token is left what it has, and given nothing', {
          target: 'body.scopes',
        });
      return toApiToken(row, (await useRows.of(database, [id])).get(id));
    },

    create: async (by, { name, scopes, expiresInDays, workspaceId }) => {
      // It would live on when the application is switched off, and be nobody's.
      if (by.kind === 'application')
        throw new SallyportError('Forbidden', 'an application gets tokens of its own; API tokens are made by people');
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
        workspaceId: workspaceIdOf(workspaces, workspaceId),
      };
      await store.insert({ ...row, ...(await store.ownerOf(by)) }, hashSecret(secret));
      const sharedKey = scopes.includes(mayBeSigned) ? { sharedKey: sharedKeyOf(row.id).toString('base64') } : {};
      return { token: toApiToken(row), secret, ...sharedKey };
    },

    revoke: async (id) => {
      const name = await store.revoke(id, clock.now());
      if (name === undefined) throw new SallyportError('NotFound', 'there is no such token');
      return name;
    },

    callerOf: async (secret, from) => {
      if (!secret.startsWith(prefix)) return undefined;
      const row = await store.live(hashSecret(secret), clock.now());
      if (row === undefined) return undefined;
      await mayBeUsed(row, from);
      return callerOfRow(row);
    },

    callerOfSharedKey: async ({ workspaceId, date, text, signature }) => {
      const age = Math.abs(clock.now().getTime() - Date.parse(date));
      if (!isUuid(workspaceId) || !(age <= signedWithinMs)) return undefined;
      const right = createHmac('sha256', sharedKeyOf(workspaceId.toLowerCase())).update(text, 'utf8').digest();
      if (signature.length !== right.length || !timingSafeEqual(signature, right)) return undefined;
      const row = await store.liveById(workspaceId, clock.now());
      return row?.scopes.includes(mayBeSigned) === true ? callerOfRow(row) : undefined;
    },

    callerOfCertificate: async (name) => {
      const rows = await store.liveByName(name, clock.now(), signersMax);
      const row = rows.find(({ scopes }) => scopes.includes(mayBeSigned));
      if (row === undefined) return undefined;
      const caller = await callerOfRow(row);
      return { ...caller, ...rightsOf(narrowed(caller.grants, [mayBeSigned])) };
    },

    signers: async (name) => {
      const rows = await store.liveByName(name, clock.now(), signersMax);
      const able = rows.filter(({ scopes }) => scopes.includes(mayBeSigned));
      return Promise.all(
        able.map(async (row) => ({ caller: await callerOfRow(row), key: sharedKeyOf(row.id).toString('base64') })),
      );
    },
  };
}

/** Of grants no more than these permissions. */
function narrowed(grants: readonly Grant[], to: readonly GrantedPermission[]): readonly Grant[] {
  return grants.flatMap(({ permissions, scope }) => {
    const left = new Set(to.filter((permission) => permissions.has(permission)));
    return left.size === 0 ? [] : [{ permissions: left, scope }];
  });
}
const rightsOf = (grants: readonly Grant[]) => ({
  grants,
  permissions: new Set(grants.flatMap(({ permissions }) => [...permissions])),
});

const toApiToken = (row: TokenRow, used?: ReadonlyMap<string, Date>): ApiToken => ({
  id: row.id,
  name: row.name,
  createdBy: row.createdBy,
  workspaceId: row.workspaceId,
  scopes: [...row.scopes],
  uses: row.scopes.map((permission) => ({
    permission,
    lastUsedAt: used?.get(permission)?.toISOString() ?? null,
  })),
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
});
