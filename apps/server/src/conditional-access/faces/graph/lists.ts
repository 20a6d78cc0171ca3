import type { FastifyRequest } from 'fastify';
import type { Queryable } from '../../../platform/database/index.ts';
import {
  pageAnswer,
  pageSql,
  Parameters,
  readListOptions,
  type ListOptions,
  type Properties,
  type Property,
  type RawQuery,
} from '../../../platform/odata/index.ts';
import { builtInRows, graphForm } from '../../forms.ts';
import type { Kind } from '../../kinds.ts';
import { objectColumns, objects, type ObjectRow } from '../../store.ts';

/** Rows of a page, whatever `$top` says. All that a tenant may have of a kind are fewer. */
const pageMax = 999;
const key: Property = { sql: 'o.id', type: 'string' };
const text = (name: string): Property => ({ sql: `o.body->>'${name}'`, type: 'string', nullable: true });
const common = {
  id: key,
  displayName: text('displayName'),
  description: text('description'),
  createdDateTime: { sql: 'o.created_at', type: 'datetime' },
  modifiedDateTime: { sql: 'o.modified_at', type: 'datetime', nullable: true },
} as const satisfies Record<string, Property>;

const typeName = 'odata type';
const properties: Readonly<Record<Kind, Properties>> = {
  policy: {
    single: {
      ...common,
      templateId: text('templateId'),
      state: {
        sql: `o.body->>'state'`,
        type: 'string',
        values: ['enabled', 'disabled', 'enabledForReportingButNotEnforced'],
      },
    },
  },
  namedLocation: {
    single: {
      ...common,
      isTrusted: { sql: `(o.body->>'isTrusted')::boolean`, type: 'boolean', nullable: true },
      [typeName]: text('@odata.type'),
    },
  },
  authenticationContext: {
    single: {
      ...common,
      isAvailable: { sql: `(o.body->>'isAvailable')::boolean`, type: 'boolean' },
    },
  },
  authenticationStrength: {
    single: {
      ...common,
      policyType: { sql: `o.body->>'policyType'`, type: 'string', values: ['builtIn', 'custom'] },
      requirementsSatisfied: { sql: `o.body->>'requirementsSatisfied'`, type: 'string', values: ['none', 'mfa'] },
    },
  },
};

/** `isof('microsoft.graph.ipNamedLocation')` alone: how clients ask for locations of one type. */
const typeFilter = /^\s*isof\(\s*'(microsoft\.graph\.\w{1,64})'\s*\)\s*$/;

function optionsOf(kind: Kind, query: RawQuery): ListOptions {
  const filter = Object.entries(query).find(([name]) => name.toLowerCase() === '$filter');
  const type = typeof filter?.[1] === 'string' ? typeFilter.exec(filter[1])?.[1] : undefined;
  if (kind !== 'namedLocation' || !filter || type === undefined) return readListOptions(query);
  const { [filter[0]]: _, ...rest } = query;
  return {
    ...readListOptions(rest),
    filter: {
      kind: 'compare',
      comparison: 'eq',
      operand: { path: [typeName] },
      literal: { type: 'string', value: `#${type}` },
    },
  };
}

const rowsFrom = (
  builtIn: string,
): string => `(SELECT id, kind, body, created_at, modified_at FROM conditional_access_objects
  UNION ALL SELECT b->>'id', b->>'kind', b->'body', (b->>'createdAt')::timestamptz, (b->>'modifiedAt')::timestamptz FROM jsonb_array_elements(${builtIn}::jsonb) b) o`;

/** A page of one kind, filtered and sorted; built-in strengths are among the others. */
export async function listOf(db: Queryable, kind: Kind, path: string, query: RawQuery, request: FastifyRequest) {
  const options = optionsOf(kind, query);
  const parameters = new Parameters();
  const from = `${rowsFrom(parameters.bind(JSON.stringify(builtInRows)))} WHERE o.kind = ${parameters.bind(kind)}`;
  const order = { key, defaultOrder: [{ path: 'createdDateTime', descending: false }] };
  const page = pageSql(options, properties[kind], order, parameters);
  const filterValues = parameters.values.slice(0, page.filterParameters);
  const size = Math.min(options.top ?? pageMax, pageMax);
  const rows = await db.query<ObjectRow & { cursor: string[] }>(
    `SELECT ${objectColumns}, ${page.cursor} AS cursor FROM ${from} AND ${page.where} ORDER BY ${page.orderBy}
     LIMIT ${parameters.bind(size + 1)} OFFSET ${parameters.bind(options.skip)}`,
    parameters.values,
  );
  const counted = options.count
    ? (await db.first<{ n: number }>(`SELECT count(*)::int AS n FROM ${from} AND ${page.filter}`, filterValues))?.n
    : undefined;
  const strengths = await strengthsFor(db, kind);
  return pageAnswer(request, path, options, {
    value: rows.slice(0, size).map((row) => graphForm(row, strengths)),
    next: rows.length > size ? rows[size - 1]?.cursor : undefined,
    count: counted,
  });
}

/** One object, built-in ones too. Throws NotFound. */
export async function oneOf(db: Queryable, kind: Kind, id: string): Promise<Record<string, unknown>> {
  const builtIn = builtInRows.find((row) => row.kind === kind && row.id === id);
  return graphForm(builtIn ?? (await objects.byId(db, kind, id)), await strengthsFor(db, kind));
}

/** Strengths that policies name. */
export const strengthsFor = async (db: Queryable, kind: Kind): Promise<readonly ObjectRow[]> =>
  kind === 'policy' ? [...builtInRows, ...(await objects.ofKind(db, 'authenticationStrength'))] : [];
