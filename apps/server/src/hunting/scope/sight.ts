import type { AssignmentScope, GrantedPermission, SeenTable } from '@sallyport/contracts';
import type { Platform } from '../../platform/types.ts';
import { admits, dataScopeOf } from '../../platform/data-scope.ts';
import type { Principal } from '../../platform/principal.ts';
import { dataSourceOf } from './data-sources.ts';
import { seenOf } from './within.ts';

/** What one part of a scope says of a table, in words. */
function wordsOf(part: AssignmentScope, table: string, workspaceId: string): string {
  if (!admits(part.workspaces, workspaceId)) return 'another workspace';
  if (!admits(part.tables, table)) return 'other tables';
  const source = dataSourceOf(table);
  if (source !== undefined && !admits(part.dataSources, source)) return `other data sources than ${source}`;
  const limits = [
    ...part.rows.filter((one) => one.table === table).map(({ where }) => `rows where ${where}`),
    ...(source === undefined && part.dataSources !== 'all' ? [`rows of ${part.dataSources.join(', ')}`] : []),
    ...(part.deviceGroups === 'all'
      ? []
      : [`rows of devices in ${part.deviceGroups.map((one) => one || 'no group').join(', ')}, or of no device`]),
  ];
  return limits.length === 0 ? 'the whole table' : limits.join(' and ');
}
const reasonCharsMax = 2_000;

/** What somebody sees of each table of a workspace, as queries have it, and by which parts of their scopes. Throws SallyportError NotFound. */
export async function sightOf(
  { workspaces }: Pick<Platform, 'workspaces'>,
  principal: Principal,
  workspaceId: string | undefined,
): Promise<readonly SeenTable[]> {
  const workspace = workspaceId === undefined ? workspaces.first : workspaces.get(workspaceId);
  const { id, database } = workspace;
  const { tables } = (await workspaces.lake(workspace)).kqlCatalogue([]);
  const scope = dataScopeOf(principal);
  const nothing = 'no assignment grants securityData.read';
  return tables.map((table): SeenTable => {
    const seen = seenOf(scope, table, { id, database });
    const words = scope.whole
      ? 'an assignment over everything'
      : [...new Set(scope.parts.map((part) => wordsOf(part, table.name, id)))].join('; or ') || nothing;
    return {
      table: table.name,
      sees: seen === 'whole' || seen === 'nothing' ? seen : 'some',
      reason: words.slice(0, reasonCharsMax),
    };
  });
}

/** The tables of which somebody sees every row of every workspace by a permission: whatever is counted over all of them tells of nothing else. */
export async function tablesWhole(
  { workspaces }: Pick<Platform, 'workspaces'>,
  principal: Principal,
  by: GrantedPermission,
): Promise<ReadonlySet<string>> {
  const scope = dataScopeOf(principal, by);
  const { tables } = (await workspaces.lake(workspaces.first)).kqlCatalogue([]);
  const places = workspaces.list();
  return new Set(
    tables.filter((table) => places.every((place) => seenOf(scope, table, place) === 'whole')).map(({ name }) => name),
  );
}
