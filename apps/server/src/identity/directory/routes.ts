import {
  permissionsOfBuiltIn,
  SallyportError,
  wholeScope,
  type AuthenticationMethod,
  type DirectoryGroup as GroupForm,
  type DirectoryPerson as PersonForm,
  type directoryRoutes,
} from '@sallyport/contracts';
import { refuseBeyond, refuseStronger, refuseStrongerGroup, roleNamesOf } from '../../access/index.ts';
import type { Queryable } from '../../platform/database/index.ts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Invitations } from '../invitations.ts';
import type { Methods } from '../methods.ts';
import type { Sessions } from '../sessions.ts';
import { authorOf, recordChange, type Author } from '../../platform/directory-audit.ts';
import type { DirectoryCommands } from './graph/index.ts';
import { directoryGroups, groupColumns, personColumns, type DirectoryGroup, type DirectoryPerson } from './store.ts';

type Row = DirectoryPerson & {
  readonly manager: PersonForm['manager'];
  readonly methods: PersonForm['methods'];
  readonly invitedUntil: Date | null;
  readonly lastSignInAt: Date | null;
};

/** `$1` now. */
const rowSql = `SELECT ${personColumns},
    (SELECT jsonb_build_object('id', m.id, 'userPrincipalName', m.user_principal_name, 'displayName', m.display_name) FROM people m WHERE m.id = p.manager_id) AS manager,
    array_remove(ARRAY[
      CASE WHEN EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = p.id) THEN 'fido2' END,
      CASE WHEN EXISTS (SELECT 1 FROM passwords w WHERE w.person_id = p.id) THEN 'password' END,
      CASE WHEN EXISTS (SELECT 1 FROM passwords w WHERE w.person_id = p.id) THEN 'softwareOath' END], NULL) AS methods,
    (SELECT max(l.expires_at) FROM setup_links l WHERE l.person_id = p.id AND l.used_at IS NULL AND l.expires_at > $1) AS "invitedUntil",
    (SELECT max(s.created_at) FROM sessions s WHERE s.person_id = p.id) AS "lastSignInAt"
  FROM people p`;

const personForm = (row: Row, roles: readonly string[] = []): PersonForm => ({
  id: row.id,
  userPrincipalName: row.userPrincipalName,
  displayName: row.displayName,
  roles: [...roles],
  accountEnabled: row.disabledAt === null,
  createdAt: row.createdAt.toISOString(),
  modifiedAt: row.modifiedAt.toISOString(),
  deletedAt: row.deletedAt?.toISOString() ?? null,
  source: row.source,
  manager: row.manager,
  attributes: row.attributes,
  methods: row.methods,
  invitedUntil: row.invitedUntil?.toISOString() ?? null,
  lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
});

const states = {
  all: 'p.deleted_at IS NULL',
  enabled: 'p.disabled_at IS NULL',
  disabled: 'p.disabled_at IS NOT NULL AND p.deleted_at IS NULL',
  deleted: 'p.deleted_at IS NOT NULL',
} as const;
/** `$2` what is looked for, in small letters. */
const searched = `($2 = '' OR strpos(lower(concat_ws(' ', p.display_name, p.user_principal_name, p.attributes->>'department', p.attributes->>'jobTitle')), $2) > 0)`;

const groupForm = ({ id, name, description, membershipRule }: DirectoryGroup) => ({
  id,
  name,
  description,
  membershipRule,
});
const groupSql = `SELECT ${groupColumns}, (SELECT count(*)::int FROM group_members m WHERE m.group_id = g.id) AS members FROM groups g`;

export interface DirectoryServices extends DirectoryCommands {
  readonly invitations: Invitations;
  readonly methods: Methods;
  readonly sessions: Sessions;
}

export function directoryHandlers(
  { database, clock, audit }: Pick<Platform, 'database' | 'clock' | 'audit'>,
  { people, groups, endSessions, invitations, methods, sessions }: DirectoryServices,
): Handlers<typeof directoryRoutes> {
  const one = async (id: string, db: Queryable = database): Promise<PersonForm> => {
    const row = await db.first<Row>(`${rowSql} WHERE p.id = $2`, [clock.now(), id]);
    if (!row) throw new SallyportError('NotFound', 'there is no such person');
    return personForm(row, (await roleNamesOf(db, [id], clock.now())).get(id));
  };
  const told = async (context: RequestContext, id: string, db?: Queryable): Promise<PersonForm> => {
    const person = await one(id, db);
    context.audit({ target: `person ${person.userPrincipalName}`, details: { id } });
    return person;
  };
  const deleted = async (
    person: PersonForm,
    removed: readonly AuthenticationMethod[],
    by: Author,
    tx: Queryable,
  ): Promise<void> => {
    const target = { id: person.id, name: person.userPrincipalName };
    for (const { kind, name } of removed) {
      const modified = { displayName: 'StrongAuthenticationMethod', oldValue: `${kind}: ${name}` };
      await recordChange(audit, { activity: 'Admin deleted security info', target, modified }, by, tx);
    }
    await sessions.revokeAll(person.id, tx);
  };

  return {
    listDirectoryPeople: async (_context, { query: { search, state, limit, offset } }) => {
      const values = [clock.now(), search.toLowerCase()];
      const where = `WHERE ${states[state]} AND ${searched}`;
      const [rows, total] = await Promise.all([
        database.query<Row>(`${rowSql} ${where} ORDER BY lower(p.display_name), p.id LIMIT $3 OFFSET $4`, [
          ...values,
          limit,
          offset,
        ]),
        database.first<{ n: number }>(
          `SELECT count(*)::int AS n FROM people p ${where} AND $1::timestamptz IS NOT NULL`,
          values,
        ),
      ]);
      const roles = await roleNamesOf(database, rows.map(({ id }) => id), clock.now()); // prettier-ignore
      return { people: rows.map((row) => personForm(row, roles.get(row.id))), total: total?.n ?? 0 };
    },
    getDirectoryPerson: async (_context, { params: { id } }) => {
      const person = await one(id);
      const [memberships, known, live] = await Promise.all([
        directoryGroups.ofPerson(database, id),
        methods.of(id),
        sessions.list(id, ''),
      ]);
      return { person, groups: memberships.map(groupForm), methods: known, sessions: live };
    },
    invitePerson: async (context, { body }) => {
      const by = authorOf(context);
      if (body.role !== '') refuseBeyond(requireCaller(context).grants, permissionsOfBuiltIn(body.role), wholeScope);
      return database.transaction(async (tx) => {
        const { id } = await people.add(body, by, { source: 'local' }, tx);
        const invitation = await invitations.issue(id, by, tx);
        return { person: await told(context, id, tx), invitation };
      });
    },
    updatePerson: async (context, { params: { id }, body }) => {
      if (id === context.caller?.id && body.accountEnabled === false)
        throw new SallyportError('Conflict', 'nobody disables themselves');
      await refuseStronger(database, requireCaller(context), id, clock.now());
      await people.update(id, body, authorOf(context));
      return told(context, id);
    },
    deletePerson: async (context, { params: { id } }) => {
      if (id === context.caller?.id) throw new SallyportError('Conflict', 'nobody deletes themselves');
      await refuseStronger(database, requireCaller(context), id, clock.now());
      await people.remove(id, authorOf(context));
      await told(context, id);
      return {};
    },
    restorePerson: async (context, { params: { id } }) => {
      await refuseStronger(database, requireCaller(context), id, clock.now());
      await people.restore(id, authorOf(context));
      return told(context, id);
    },
    invitePersonAgain: async (context, { params: { id } }) => {
      await refuseStronger(database, requireCaller(context), id, clock.now());
      await told(context, id);
      return database.transaction((tx) => invitations.issue(id, authorOf(context), tx));
    },
    endSessionsOfPerson: async (context, { params: { id } }) => {
      await refuseStronger(database, requireCaller(context), id, clock.now());
      await told(context, id);
      return { ended: await endSessions(id, authorOf(context)) };
    },
    removeMethodOfPerson: async (context, { params: { id, methodId } }) => {
      await refuseStronger(database, requireCaller(context), id, clock.now());
      const person = await told(context, id);
      await database.transaction(async (tx) => {
        const removed = await methods.remove(id, methodId, tx);
        await deleted(person, removed, authorOf(context), tx);
      });
      return {};
    },
    resetMethodsOfPerson: async (context, { params: { id } }) => {
      if (id === context.caller?.id) throw new SallyportError('Conflict', 'nobody resets themselves');
      await refuseStronger(database, requireCaller(context), id, clock.now());
      const person = await told(context, id);
      const by = authorOf(context);
      return database.transaction(async (tx) => {
        await deleted(person, await methods.removeAll(id, tx), by, tx);
        return invitations.issue(id, by, tx);
      });
    },
    listDirectoryGroups: async () => ({
      groups: await database.query<GroupForm>(`${groupSql} ORDER BY lower(g.name)`).then(
        (rows) =>
        rows.map(({ id, name, description, membershipRule, members }) => ({ id, name, description, membershipRule, members })), // prettier-ignore
      ),
    }),
    setGroupRule: async (context, { params: { id }, body }) => {
      context.audit({ target: `group ${body.name}`, details: body });
      await refuseStrongerGroup(database, requireCaller(context), id, clock.now());
      const there = await database.first('SELECT 1 FROM groups WHERE id = $1', [id]);
      const by = authorOf(context);
      if (there) await groups.update(id, body, by);
      else await groups.add({ ...body, id }, [], by);
      const saved = await database.first<DirectoryGroup & { members: number }>(`${groupSql} WHERE g.id = $1`, [id]);
      if (!saved) throw new SallyportError('NotFound', 'the group is gone');
      return { ...groupForm(saved), members: saved.members };
    },
    ...invitationHandlers(invitations),
  };
}

const invitationHandlers = (
  invitations: Invitations,
): Handlers<Pick<typeof directoryRoutes, 'startInvitation' | 'finishInvitation'>> => ({
  startInvitation: (_context, { body }) => invitations.start(body.token),
  finishInvitation: ({ ipAddress, userAgent, requestId }, { body }) =>
    invitations.finish(body, { ipAddress, userAgent, requestId }),
});
