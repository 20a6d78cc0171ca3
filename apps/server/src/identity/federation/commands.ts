import { randomUUID } from 'node:crypto';
import { SallyportError, type IdentityProviderInput, type ProviderSettings } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Author } from '../../platform/directory-audit.ts';
import { noSuchProvider, providers, providersMax, type ProviderBody, type ProviderRow } from './store.ts';

/** As Entra's audit log names them. */
const activities = {
  add: { name: 'Create identity provider', type: 'Add' },
  update: { name: 'Update identity provider', type: 'Update' },
  remove: { name: 'Delete identity provider', type: 'Delete' },
} as const;

const secretPurpose = (providerId: string): string => `identity-provider:${providerId}`;
export const secretOf = (
  { sealing }: Pick<Platform, 'sealing'>,
  { id, secretSealed }: Pick<ProviderRow, 'id' | 'secretSealed'>,
): string | undefined => (secretSealed === null ? undefined : sealing.open(secretSealed, secretPurpose(id)).toString());

/** What makes a provider that provider: who is whom there. */
const identityOf = (settings: ProviderSettings): string => settings.issuer;

type Needs = Pick<Platform, 'database' | 'clock' | 'audit' | 'sealing'>;

/** Makes, changes and removes identity providers, each change with its row of `AuditLogs` in the same transaction. */
export function createProviderCommands(platform: Needs) {
  const { database, clock, audit, sealing } = platform;

  const record = (
    activity: keyof typeof activities,
    { id, body }: Pick<ProviderRow, 'id' | 'body'>,
    before: ProviderBody | undefined,
    by: Author,
    tx: Queryable,
  ) =>
    audit.record(
      {
        actor: by.name,
        operation: activities[activity].name,
        target: `identity provider ${body.displayName}`,
        result: 'success',
        ipAddress: by.ipAddress,
        requestId: by.requestId,
        details: { id, kind: body.settings.kind },
        entra: {
          category: 'DirectoryManagement',
          loggedByService: 'Core Directory',
          operationType: activities[activity].type,
          actorId: by.id,
          ...(by.application ? { byApplication: true } : {}),
          target: { id, displayName: body.displayName, type: 'IdentityProvider' },
          modified: {
            displayName: 'IdentityProvider',
            ...(before ? { oldValue: before } : {}),
            ...(activity === 'remove' ? {} : { newValue: body }),
          },
        },
      },
      tx,
    );

  /** Throws BadRequest for what can't be so. */
  const check = async (tx: Queryable, id: string, body: ProviderBody): Promise<void> => {
    const bad = (message: string, target: string) => new SallyportError('BadRequest', message, { target });
    if ((body.createPeople || body.linkPeople) && body.domains.length === 0)
      throw bad('say for which domains the provider may speak', 'body.domains');
    const wanted = [...new Set(body.groups.map(({ groupId }) => groupId))];
    const there = await tx.query<{ id: string }>(
      'SELECT id FROM groups WHERE id = ANY($1::uuid[]) AND membership_rule IS NULL',
      [wanted],
    );
    if (there.length < wanted.length)
      throw bad('a group that is mapped is not there, or its members follow from a rule', 'body.groups');
    const all = await providers.list(tx);
    const taken = all.find((one) => one.id !== id && one.body.domains.some((domain) => body.domains.includes(domain)));
    if (taken) throw bad(`a domain is one of ${taken.body.displayName} already`, 'body.domains');
  };
  const split = ({ clientSecret, ...body }: IdentityProviderInput) => ({ body, clientSecret });
  const seal = (id: string, secret: string) =>
    secret === '' ? null : sealing.seal(Buffer.from(secret), secretPurpose(id));

  return {
    /** Throws BadRequest. */
    add: (input: IdentityProviderInput, by: Author): Promise<string> =>
      database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE identity_providers IN SHARE ROW EXCLUSIVE MODE');
        if ((await providers.count(tx)) >= providersMax)
          throw new SallyportError('BadRequest', `there are at most ${providersMax} identity providers`);
        const { body, clientSecret = '' } = split(input);
        const id = randomUUID();
        await check(tx, id, body);
        const now = clock.now();
        const row = { id, body, secretSealed: seal(id, clientSecret), createdAt: now, modifiedAt: now, revision: 1 };
        await providers.insert(tx, row);
        await record('add', row, undefined, by, tx);
        return id;
      }),
    /** Throws NotFound, BadRequest. */
    update: (id: string, input: IdentityProviderInput, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE identity_providers IN SHARE ROW EXCLUSIVE MODE');
        const before = await providers.find(tx, id);
        if (!before) throw noSuchProvider();
        const { body, clientSecret } = split(input);
        // Else whoever runs the new one could sign in as anybody whom the old one knew.
        if (identityOf(body.settings) !== identityOf(before.body.settings))
          throw new SallyportError('BadRequest', 'another issuer is another provider: add that one', {
            target: 'body.settings.issuer',
          });
        await check(tx, id, body);
        const secretSealed = clientSecret === undefined ? before.secretSealed : seal(id, clientSecret);
        await providers.change(tx, { ...before, body, secretSealed, modifiedAt: clock.now() });
        await record('update', { id, body }, before.body, by, tx);
      }),
    /** Throws NotFound. */
    remove: (id: string, by: Author): Promise<string> =>
      database.transaction(async (tx) => {
        const before = await providers.find(tx, id, 'FOR UPDATE');
        if (!before) throw noSuchProvider();
        await providers.remove(tx, id);
        await record('remove', before, before.body, by, tx);
        return before.body.displayName;
      }),
  };
}
export type ProviderCommands = ReturnType<typeof createProviderCommands>;
