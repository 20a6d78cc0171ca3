import { AssignmentScope } from '@sallyport/contracts';
import { sql, type FunctionDefinition } from '@sallyport/kql';
import { Catalogue, define, type Lake, type TableDefinition } from '@sallyport/lake';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { z } from 'zod';
import type { Principal } from '../../platform/principal.ts';
import { workspaceGuid } from '../../platform/workspaces/index.ts';
import { createExternal } from '../external/index.ts';
import { createQueries, type KnownWatchlists, type Queries } from '../queries.ts';
import { dataSourceOf, dataSourceOfProduct } from './data-sources.ts';

/** Rows of two workspaces, each with a word of its own in every text and dynamic, and who sees which of them. */

export const start = Date.UTC(2026, 10, 1, 12);
export const otherId = workspaceGuid('other');
const mainId = workspaceGuid('main');

/** Of Microsoft's tables as many columns as the queries name, so that many lakes are soon filled. */
const shippedTables: Readonly<Record<string, string>> = {
  Syslog: 'Computer SyslogMessage Facility HostName ProcessName ProcessID TenantId SourceSystem _ResourceId',
  SecurityEvent: 'Computer Account Activity CommandLine DeviceId EventID TenantId',
  DeviceProcessEvents: 'DeviceName FileName ProcessCommandLine MachineGroup DeviceId AdditionalFields',
  DeviceInfo: '*',
  DeviceNetworkInfo: '*',
  IdentityInfo: '*',
  SecurityAlert: 'AlertName Entities ProductName Description SystemAlertId',
  AlertInfo: 'Title Category ServiceSource AlertId',
  AlertEvidence: 'Title EntityType ServiceSource AlertId DeviceId DeviceName',
  BehaviorInfo: 'ActionType Description ServiceSource BehaviorId DeviceId',
  BehaviorEntities: 'EntityType FileName ServiceSource BehaviorId DeviceId DeviceName',
  SecurityIncident: 'Title Status AlertIds AdditionalData',
  EmailEvents: 'Subject SenderFromAddress RecipientEmailAddress AuthenticationDetails',
  CommonSecurityLog: 'Computer Message DeviceVendor DeviceName SourceIP',
  SigninLogs: 'UserPrincipalName AppDisplayName IPAddress DeviceDetail LocationDetails',
  Watchlist: '*',
};
export const filledTables = [
  ...Object.keys(shippedTables).filter((name) => !/Watchlist|NetworkInfo/.test(name)),
  'App_CL',
];
const rowsEach = { main: 9, other: 4 } as const;

export interface EstateRow {
  readonly table: string;
  readonly workspace: 'main' | 'other';
  readonly token: string;
  /** Whoever sees one of these groups sees it, or all of them where `every`; undefined: it is of no device. */
  readonly groups: readonly string[] | undefined;
  readonly every?: boolean;
  readonly cells: Readonly<Record<string, unknown>>;
}

const devices = [
  { name: 'in1', id: 'dev-in1', group: 'A' },
  { name: 'out1', id: 'dev-out1', group: 'B' },
  undefined,
] as const;
const productsOf = ['Sallyport', 'Microsoft Defender for Endpoint', 'Microsoft Defender for Office 365'];

const deviceOf = (index: number) => devices[index % devices.length];
/** Alerts and behaviors 0 to 4 have evidence, one or two rows each; later ones have none. */
const toldOf = (table: string, index: number): string => `told${/Evidence|Entities/.test(table) ? index % 5 : index}`;
const evidenceOf = (workspace: EstateRow['workspace'], told: string): readonly number[] =>
  Array.from({ length: rowsEach[workspace] }, (_, index) => index).filter(
    (index) => toldOf('AlertEvidence', index) === told,
  );
/** Of an incident: one alert, or two of different devices. */
const alertsOf = (index: number): readonly number[] => (index % 2 === 0 ? [index] : [index, index - 1]);

function groupsOf({ name }: TableDefinition, workspace: EstateRow['workspace'], index: number, ofDevice: boolean) {
  const own = ofDevice ? [deviceOf(index)?.group ?? ''] : undefined;
  if (/^(?:Alert|Behavior)(?:Info|Evidence|Entities)$/.test(name)) {
    if (own) return own;
    const evidence = evidenceOf(workspace, toldOf(name, index));
    const groups = evidence.flatMap((one) => deviceOf(one)?.group ?? []);
    return evidence.length > 0 && groups.length === 0 ? undefined : groups;
  }
  return name === 'SecurityAlert' ? (deviceOf(index) ? own : undefined) : own;
}

function cellsOf(
  table: TableDefinition,
  workspace: EstateRow['workspace'],
  index: number,
  token: string,
): Record<string, unknown> {
  const device = deviceOf(index);
  const at = new Date(start - index * 60_000).toISOString();
  const product = productsOf[index % productsOf.length];
  const special: Record<string, unknown> = {
    TimeGenerated: at,
    Computer: device?.name ?? '',
    DeviceName: table.name === 'DeviceInfo' ? (device?.name ?? `lonely${index}`) : (device?.name ?? ''),
    DeviceId: table.name === 'SecurityEvent' ? token : (device?.id ?? ''),
    MachineGroup: table.name === 'DeviceInfo' || index % 2 === 0 ? (device?.group ?? '') : '',
    ProductName: product,
    ServiceSource: product,
    AlertId: toldOf(table.name, index),
    BehaviorId: toldOf(table.name, index),
    SystemAlertId: `alert-${workspace}-${index}`,
    AlertIds: alertsOf(index).map((one) => `alert-${workspace}-${one}`),
    AdditionalData: { alertProductNames: [product], [`k${token}`]: token },
    TenantId: '',
    Type: table.name,
    Facility: `f${index % 2}`,
    Entities: JSON.stringify([
      ...(device ? [{ Type: 'host', HostName: device.name }] : []),
      { Type: 'url', Url: token },
    ]),
  };
  return Object.fromEntries(
    table.columns.flatMap(({ name, type }): [string, unknown][] => {
      if (Object.hasOwn(special, name)) return [[name, special[name]]];
      if (type === 'string') return [[name, `${token} word${index % 3}`]];
      if (type === 'dynamic') return [[name, { [`k${token}`]: token, common: index }]];
      if (type === 'int' || type === 'long') return [[name, index]];
      return [];
    }),
  );
}

export function rowsOf(tables: readonly TableDefinition[]): EstateRow[] {
  let number = 0;
  return tables.flatMap((table) =>
    (['main', 'other'] as const).flatMap((workspace) =>
      Array.from({ length: rowsEach[workspace] }, (_, index): EstateRow => {
        const token = `zq${(number++).toString(36).padStart(3, '0')}q`;
        const cells = cellsOf(table, workspace, index, token);
        const names = table.columns.map(({ name }) => name);
        const ofDevice = ['Computer', 'DeviceId', 'DeviceName', 'MachineGroup'].some(
          (name) => names.includes(name) && cells[name] !== '' && cells[name] !== undefined,
        );
        const groups = groupsOf(table, workspace, index, ofDevice || table.name === 'SecurityAlert');
        const row = { table: table.name, workspace, token, cells };
        if (table.name !== 'SecurityIncident') return { ...row, groups };
        // An alert of no device is seen by whoever is bound to groups.
        return { ...row, groups: alertsOf(index).flatMap((one) => deviceOf(one)?.group ?? []), every: true };
      }),
    ),
  );
}

/** Someone, with the same said once more in plain code. */
export interface Someone {
  readonly name: string;
  readonly scopes: readonly AssignmentScope[];
  readonly sees: (row: EstateRow) => boolean;
}
type Part = Partial<AssignmentScope>;
const someone = (name: string, scopes: readonly Part[], sees: Someone['sees']): Someone => ({
  name,
  scopes: scopes.map((scope) => AssignmentScope.parse(scope)),
  sees,
});
const Told = z.object({ alertProductNames: z.array(z.string()) });
const productOf = ({ cells, table }: EstateRow): string => {
  const product = cells['ProductName'] ?? cells['ServiceSource'];
  if (typeof product === 'string') return product;
  const told = cells['AdditionalData'];
  return table === 'SecurityIncident' ? (Told.parse(told).alertProductNames[0] ?? '') : '';
};
const sourceOf = (row: EstateRow) => dataSourceOf(row.table) ?? dataSourceOfProduct(productOf(row));
const inGroups = ({ groups: own, every }: EstateRow, ...groups: string[]): boolean =>
  own === undefined || (every ? own.every((one) => groups.includes(one)) : own.some((one) => groups.includes(one)));

export const people: readonly Someone[] = [
  someone('tables', [{ tables: ['Syslog', 'SecurityEvent'] }], ({ table }) =>
    ['Syslog', 'SecurityEvent'].includes(table),
  ),
  someone(
    'rows',
    [
      {
        tables: ['Syslog', 'App_CL', 'SigninLogs'],
        rows: [
          { table: 'Syslog', where: "Facility == 'f0'" },
          { table: 'App_CL', where: 'toint(Props.common) > 3 and Message has "word1"' },
          { table: 'SigninLogs', where: 'nothing == here' },
        ],
      },
    ],
    ({ table, cells }) =>
      table === 'Syslog'
        ? cells['Facility'] === 'f0'
        : table === 'App_CL' && String(cells['Message']).includes('word1') && Number(cells['Count']) > 3,
  ),
  someone('group', [{ deviceGroups: ['A'] }], (row) => inGroups(row, 'A')),
  someone('source', [{ dataSources: ['Sentinel'] }], (row) => sourceOf(row) === 'Sentinel'),
  someone('workspace', [{ workspaces: [otherId] }], ({ workspace }) => workspace === 'other'),
  someone(
    'several',
    [
      { tables: ['EmailEvents'], workspaces: [mainId] },
      { tables: ['SecurityEvent', 'SecurityAlert'], deviceGroups: ['B'] },
      { tables: ['Syslog'], rows: [{ table: 'Syslog', where: 'SyslogMessage has "word2"' }] },
    ],
    (row) =>
      (row.table === 'EmailEvents' && row.workspace === 'main') ||
      (['SecurityEvent', 'SecurityAlert'].includes(row.table) && inGroups(row, 'B')) ||
      (row.table === 'Syslog' && String(row.cells['SyslogMessage']).includes('word2')),
  ),
  someone(
    'workloads',
    [{ dataSources: ['Endpoint', 'Office365'], deviceGroups: ['A', ''] }],
    (row) => ['Endpoint', 'Office365'].includes(sourceOf(row)) && inGroups(row, 'A', ''),
  ),
];

export const principalOf = ({ name, scopes }: Pick<Someone, 'name' | 'scopes'>): Principal => ({
  name,
  grants: scopes.map((scope) => ({ permissions: new Set(['securityData.read' as const]), scope })),
});

const functions: readonly FunctionDefinition[] = [
  { name: 'AllSyslog', parameters: '()', body: 'Syslog' },
  {
    name: 'EverySource',
    parameters: '()',
    body: 'union isfuzzy=true Syslog, SecurityEvent, DeviceProcessEvents, EmailEvents',
  },
  {
    name: '_Im_Process',
    parameters: "(host:string='*')",
    body: "DeviceProcessEvents | where host == '*' or DeviceName == host",
  },
  { name: 'AnyTable', parameters: '()', body: 'union withsource=From *' },
  {
    name: '_GetWatchlist',
    parameters: '(watchlistAlias:string)',
    body: 'Watchlist | where WatchlistAlias == watchlistAlias | extend Note = WatchlistItem',
  },
  { name: 'Elsewhere', parameters: '()', body: "workspace('other').Syslog" },
];

const listToken = 'zqlistq';
const known = (): KnownWatchlists => ({
  version: '1',
  watchlists: [
    {
      alias: 'secret',
      name: '_wl_secret',
      columns: [
        { name: 'SearchKey', type: 'string' },
        { name: 'Note', type: 'string' },
      ],
      from: sql`(SELECT 'in1' AS SearchKey, 'zqlistq' AS Note)`,
    },
  ],
});

export interface Estate {
  readonly bench: TestLake;
  readonly rows: readonly EstateRow[];
  readonly tables: readonly TableDefinition[];
  /** Over everything there is. */
  readonly queries: Queries;
  /** Over a lake that holds the rows that somebody sees, and no others. */
  readonly reference: (who: Someone) => Queries;
  /** Whom the reference is asked as: a table that is made because a query reads it is as little there as one that is not. */
  readonly referenceAs: (who: Someone) => Principal;
  /** The words of what somebody must not see. */
  readonly hidden: (who: Someone) => readonly string[];
}

async function fill(lake: Lake, rows: readonly EstateRow[]): Promise<void> {
  for (const [table, some] of Map.groupBy(rows, (row) => row.table))
    await lake.insertRows(
      table,
      some.map(({ cells }) => cells),
    );
  // A query that reads it would make it, and wildcards go over what is made.
  await lake.query('SELECT 1', { tables: ['Watchlist'] });
  await lake.refreshEntities();
  await lake.reloadTables();
}

export async function startEstate(): Promise<Estate> {
  const shipped = await Catalogue.load();
  const custom = define({
    name: 'App_CL',
    columns: { TimeGenerated: 'datetime', Message: 'string', Computer: 'string', Props: 'dynamic', Count: 'long' },
  });
  const cut = Object.entries(shippedTables).map(([name, wanted]) => {
    const columns = shipped.get(name)?.columns ?? [];
    const kept = columns.filter(
      (column) => wanted === '*' || ['TimeGenerated', 'Type', ...wanted.split(' ')].includes(column.name),
    );
    return define({ name, columns: Object.fromEntries(kept.map((column) => [column.name, column.type])) });
  });
  const catalogue = new Catalogue([...cut, custom]);
  const bench = await startTestLake({ catalogue });
  const tables = filledTables.flatMap((name) => catalogue.get(name) ?? []);
  const rows = rowsOf(tables);
  const queriesOver = (lake: Lake, other: string | undefined, lists: boolean): Queries => {
    const others = other === undefined ? [] : [{ names: ['other', otherId], database: other, tenantId: otherId }];
    const place = { names: () => ['main', mainId], tenantId: mainId, others: () => others };
    return createQueries(lake, functions, createExternal(), lists ? known : undefined, place);
  };
  const lakeOf = async (database: string, some: readonly EstateRow[]): Promise<Lake> => {
    const lake = await bench.lake.beside(database);
    await fill(lake, some);
    return lake;
  };
  const of = (workspace: EstateRow['workspace'], some: readonly EstateRow[]): readonly EstateRow[] =>
    some.filter((row) => row.workspace === workspace);
  await fill(bench.lake, of('main', rows));
  const lakes: Lake[] = [await lakeOf('other', of('other', rows))];
  const references = new Map<string, Queries>();
  await Promise.all(
    people.map(async (who) => {
      const seen = rows.filter((row) => who.sees(row));
      const elsewhere = of('other', seen);
      const knowsOther = who.scopes.some(({ workspaces }) => workspaces === 'all' || workspaces.includes(otherId));
      lakes.push(await lakeOf(`${who.name}_main`, of('main', seen)));
      if (knowsOther) lakes.push(await lakeOf(`${who.name}_other`, elsewhere));
      references.set(
        who.name,
        queriesOver(
          lakes.find(({ workspace }) => workspace === `${who.name}_main`)!,
          knowsOther ? `${who.name}_other` : undefined,
          seesLists(who),
        ),
      );
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(lakes.map((lake) => lake.close()));
    await bench.stop();
  };
  return {
    bench: { ...bench, stop },
    rows,
    tables,
    queries: queriesOver(bench.lake, 'other', true),
    reference: (who) => references.get(who.name)!,
    referenceAs: (who) => {
      const seen = new Set(rows.filter((row) => who.sees(row)).map(({ table }) => table));
      const everywhere = who.scopes.some(({ workspaces }) => workspaces === 'all' || workspaces.includes(mainId));
      const lists = seesLists(who) ? ['Watchlist'] : [];
      const scope = { tables: [...seen, ...lists], ...(everywhere ? {} : { workspaces: [otherId] }) };
      return principalOf({ name: 'reference', scopes: [AssignmentScope.parse(scope)] });
    },
    hidden: (who) => [
      ...rows.filter((row) => !who.sees(row)).map(({ token }) => token),
      ...(seesLists(who) ? [] : [listToken]),
    ],
  };
}

/** Lists are of Sentinel, in the first workspace, whole or not at all. */
const seesLists = ({ scopes }: Someone): boolean =>
  scopes.some(
    ({ tables, dataSources, workspaces }) =>
      (tables === 'all' || tables.includes('Watchlist')) &&
      (dataSources === 'all' || dataSources.includes('Sentinel')) &&
      (workspaces === 'all' || workspaces.includes(mainId)),
  );
