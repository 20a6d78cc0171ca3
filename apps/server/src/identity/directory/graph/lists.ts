import { PersonAttributes } from '@sallyport/contracts';
import type { FastifyRequest } from 'fastify';
import type { Queryable } from '../../../platform/database/index.ts';
import {
  pageAnswer,
  queryPage,
  Parameters,
  readListOptions,
  filterSql,
  type Properties,
  type Property,
  type RawQuery,
} from '../../../platform/odata/index.ts';
import { groupColumns, personColumns, type DirectoryGroup, type DirectoryPerson } from '../store.ts';
import { groupForm, userForm, usersDefault } from './forms.ts';

/** Graph's: 100 when nothing is said, 999 at most. */
const pageDefault = 100;
const pageMax = 999;

const attribute = (name: string): Property => ({ sql: `p.attributes->>'${name}'`, type: 'string', nullable: true });
const collections = ['businessPhones', 'otherMails', 'proxyAddresses'] as const;
const special = new Set<string>([...collections, 'onPremisesSyncEnabled', 'userType']);
const member: Property = { sql: 'item.value', type: 'string' };

const userProperties: Properties = {
  single: {
    id: { sql: 'p.id::text', type: 'string' },
    displayName: { sql: 'p.display_name', type: 'string' },
    userPrincipalName: { sql: 'p.user_principal_name', type: 'string' },
    mailNickname: { sql: `split_part(p.user_principal_name, '@', 1)`, type: 'string' },
    accountEnabled: { sql: '(p.disabled_at IS NULL)', type: 'boolean' },
    createdDateTime: { sql: 'p.created_at', type: 'datetime' },
    deletedDateTime: { sql: 'p.deleted_at', type: 'datetime', nullable: true },
    userType: { sql: `coalesce(p.attributes->>'userType', 'Member')`, type: 'string' },
    onPremisesSyncEnabled: {
      sql: `(p.attributes->>'onPremisesSyncEnabled')::boolean`,
      type: 'boolean',
      nullable: true,
    },
    ...Object.fromEntries(
      Object.keys(PersonAttributes.shape)
        .filter((name) => !special.has(name))
        .map((name) => [
          name.startsWith('extensionAttribute') ? `onPremisesExtensionAttributes/${name}` : name,
          attribute(name),
        ]),
    ),
  },
  collections: Object.fromEntries(
    collections.map((name) => [
      name,
      { from: `jsonb_array_elements_text(coalesce(p.attributes->'${name}', '[]')) AS item(value)`, item: member },
    ]),
  ),
};

const groupProperties: Properties = {
  single: {
    id: { sql: 'g.id::text', type: 'string' },
    displayName: { sql: 'g.name', type: 'string' },
    description: { sql: 'g.description', type: 'string', nullable: true },
    membershipRule: { sql: 'g.membership_rule', type: 'string', nullable: true },
    createdDateTime: { sql: 'g.created_at', type: 'datetime' },
    securityEnabled: { sql: 'true', type: 'boolean' },
    mailEnabled: { sql: 'false', type: 'boolean' },
  },
  collections: {
    groupTypes: {
      from: `(SELECT 'DynamicMembership' AS value WHERE g.membership_rule IS NOT NULL) AS item`,
      item: member,
    },
  },
};

interface Collected<Row> {
  readonly columns: string;
  readonly from: string;
  readonly properties: Properties;
  readonly key: Property;
  readonly form: (row: Row) => Record<string, unknown>;
  readonly defaults?: readonly string[];
}

const users: Collected<DirectoryPerson> = {
  columns: personColumns,
  from: 'people p WHERE p.deleted_at IS NULL',
  properties: userProperties,
  key: { sql: 'p.id::text', type: 'string' },
  form: userForm,
  defaults: usersDefault,
};
const groups: Collected<DirectoryGroup> = {
  columns: groupColumns,
  from: 'groups g WHERE true',
  properties: groupProperties,
  key: { sql: 'g.id::text', type: 'string' },
  form: groupForm,
};
const typed = <Row>(what: Collected<Row>, type: 'user' | 'group'): Collected<Row> => ({
  ...what,
  form: (row) => ({ '@odata.type': `#microsoft.graph.${type}`, ...what.form(row) }),
});

/** Lists of the directory, and where each begins. `$1` is what the list is of. */
export const lists = {
  users,
  groups,
  deletedUsers: { ...users, from: 'people p WHERE p.deleted_at IS NOT NULL' },
  members: {
    ...typed(users, 'user'),
    from: 'people p JOIN group_members m ON m.person_id = p.id WHERE p.deleted_at IS NULL AND m.group_id = $1',
  },
  memberOf: {
    ...typed(groups, 'group'),
    from: 'groups g JOIN group_members m ON m.group_id = g.id WHERE m.person_id = $1',
  },
  directReports: { ...typed(users, 'user'), from: 'people p WHERE p.deleted_at IS NULL AND p.manager_id = $1' },
} as const;

export interface Asked {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}

/** A page of a list, filtered and sorted as the query says. */
export async function listOf<Row extends object>(
  db: Queryable,
  what: Collected<Row>,
  path: string,
  { query, request }: Asked,
  of?: string,
): Promise<Record<string, unknown>> {
  const options = readListOptions(query, ['$filter', '$orderby', '$top', '$count', '$select', '$skiptoken']);
  const parameters = new Parameters();
  if (of !== undefined) parameters.bind(of);
  const order = { key: what.key, defaultOrder: [{ path: 'displayName', descending: false }] };
  const { rows, next, count } = await queryPage<Row>(db, {
    columns: what.columns,
    from: what.from,
    properties: what.properties,
    order,
    options,
    parameters,
    pageDefault,
    pageMax,
  });
  return pageAnswer(
    request,
    path,
    { ...options, select: options.select ?? what.defaults },
    { value: rows.map(what.form), next, count },
  );
}

/** How many a filter leaves. */
export async function countOf<Row>(db: Queryable, what: Collected<Row>, query: RawQuery): Promise<number> {
  const { filter } = readListOptions(query, ['$filter']);
  const parameters = new Parameters();
  const condition = filter ? filterSql(filter, what.properties, parameters.bind) : 'true';
  const row = await db.first<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${what.from} AND ${condition}`,
    parameters.values,
  );
  return row?.n ?? 0;
}
