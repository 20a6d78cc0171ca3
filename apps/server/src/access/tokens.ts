import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { SallyportError, wholeScope, type ApiToken, type GrantedPermission } from '@sallyport/contracts';
import type { Caller, SharedKeyClaim, Signer } from '../platform/http/index.ts';
import { hashSecret, newSecret } from '../platform/tokens.ts';
import type { Platform } from '../platform/types.ts';
import type { From, TokenDecision } from './decision.ts';
import { permissionsOfRole } from './roles.ts';
import { tokenStore, type LiveTokenRow, type TokenRow } from './store.ts';

/** So that secret scanners and people can tell what it is. */
const prefix = 'sp_';
const dayMs = 86_400_000;
/** How exact `lastUsedAt` is: a busy sender doesn't write a row for each request. */
const lastUsedGranularityMs = 60_000;

export interface TokenCommands {
  list(): Promise<ApiToken[]>;
  create(by: Caller, wish: NewToken): Promise<{ token: ApiToken; secret: string; sharedKey?: string }>;
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
): TokenCommands {
  const store = tokenStore(database);
  // Whoever signs needs the key itself, and the database has but a hash of the secret: so the key follows from ours, which is not in it.
  const sharedKeyOf = (id: string): Buffer => sealing.derive(`shared key of token ${id}`);
  const callerOfRow = async (row: LiveTokenRow): Promise<Caller> => {
    const now = clock.now();
    const permissions = heldBy(row);
    if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > lastUsedGranularityMs) await store.touch(row.id, now);
    return {
      kind: 'token',
      id: row.id,
      name: `token:${row.name}`,
      displayName: row.name,
      role: '',
      permissions,
      grants: [{ permissions, scope: wholeScope }],
      session: undefined,
      ...(row.workspaceId === null ? {} : { workspaceId: row.workspaceId }),
    };
  };
  return {
    list: async () => (await store.list()).map(toApiToken),

    create: async (by, { name, scopes, expiresInDays, workspaceId }) => {
      const beyond = scopes.filter((scope) => !by.permissions.has(scope));
      if (beyond.length > 0)
        throw new SallyportError(
          'Forbidden',
          `these scopes are beyond the caller’s own permissions: ${beyond.join(', ')}`,
          {
            target: 'body.scopes',
          },
        );
      if (workspaceId !== undefined && !workspaces.list().some(({ id }) => id === workspaceId))
        throw new SallyportError('BadRequest', 'there is no such workspace', { target: 'body.workspaceId' });
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
        workspaceId: workspaceId === undefined || workspaceId === workspaces.first.id ? null : workspaceId,
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
      const permissions = new Set([mayBeSigned]);
      return { ...(await callerOfRow(row)), permissions, grants: [{ permissions, scope: wholeScope }] };
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

/** A token may no more than the person whose it is may by now. */
function heldBy({ scopes, personId, role }: LiveTokenRow): ReadonlySet<GrantedPermission> {
  if (personId === null) return new Set(scopes);
  const held = permissionsOfRole(role ?? '');
  return new Set(scopes.filter((scope) => held.has(scope)));
}

const toApiToken = (row: TokenRow): ApiToken => ({
  id: row.id,
  name: row.name,
  createdBy: row.createdBy,
  workspaceId: row.workspaceId,
  scopes: [...row.scopes],
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
});
