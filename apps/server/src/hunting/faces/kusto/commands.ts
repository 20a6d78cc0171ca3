import { SallyportError } from '@sallyport/contracts';
import type { FunctionDefinition, KqlCatalogue } from '@sallyport/kql';
import type { Lake } from '@sallyport/lake';
import type { Workspace, Workspaces } from '../../../platform/workspaces/index.ts';
import { cslSchema, orderedColumns, schemaJson, schemaScript, schemaTable, splitOuter } from './schema.ts';
import { columnsOf, type Cell, type Table } from './table.ts';

/** The commands that tools ask before and beside queries. All of them only show. https://learn.microsoft.com/kusto/management/ */

export interface CommandServices {
  /** Those that the caller knows of. */
  readonly workspaces: Pick<Workspaces, 'list' | 'find' | 'first' | 'lake'>;
  /** The tables of which the caller sees any row. */
  readonly catalogue: KqlCatalogue;
  /** False: sizes and numbers of rows are not told. */
  readonly seesAll: boolean;
  readonly functions: readonly FunctionDefinition[];
  readonly version: string;
  readonly startedAt: Date;
  /** Ends a running query of the caller, by the id that its client gave it. False when there is none. */
  readonly cancel: (clientRequestId: string) => boolean;
}

interface Asked {
  readonly services: CommandServices;
  readonly lake: Lake;
  readonly catalogue: KqlCatalogue;
  /** What the caller names is this one, or is told to be no other. */
  readonly database: string;
  /** What stood in the command, in the order of its pattern. */
  readonly words: readonly (string | undefined)[];
}
type Show = (asked: Asked) => Table | Promise<Table>;

const notFound = (name: string, kind: string): never => {
  throw new SallyportError('NotFound', `Entity ID '${name.slice(0, 100)}' of kind '${kind}' was not found.`);
};

/** Takes the name out of `['a b']`, `["a"]`, `'a'` or a bare word. */
const unquoted = (word: string): string => /^\[?\s*(["'])(.*)\1\s*\]?$/s.exec(word.trim())?.[2] ?? word.trim();

/** A workspace is a database here. `NetDefaultDB` is what clients say when nothing else was said: the first. */
export function databaseOf(name: string | null | undefined, workspaces: Pick<Workspaces, 'first' | 'find'>): Workspace {
  const plain = unquoted(name ?? '');
  if (plain === '' || /^netdefaultdb$/i.test(plain)) return workspaces.first;
  return workspaces.find(plain) ?? notFound(plain, 'Database');
}

function tableOf({ catalogue }: Asked, word: string | undefined): KqlCatalogue['tables'][number] {
  const name = unquoted(word ?? '');
  return catalogue.tables.find((table) => table.name === name) ?? notFound(name, 'Table');
}

const databaseTable = (all: readonly Workspace[], current: string): Table => ({
  columns: columnsOf(
    'DatabaseName PersistentStorage Version IsCurrent:bool DatabaseAccessMode PrettyName ReservedSlot1:bool DatabaseId:guid InTransitionTo SuspensionState',
  ),
  rows: all.map(({ id, name }) => [name, '', 'v1.0', name === current, 'ReadOnly', name, null, id, '', '']),
});
const databases: Show = ({ services, database }) => databaseTable(services.workspaces.list(), database);

const namesIn = ({ words }: Asked): string[] =>
  splitOuter(words[0] ?? '').map((name) => name.replace(/\s+if_later_than[\s\S]*$/i, ''));

const databasesOf: Show = (asked) => {
  const { services, database } = asked;
  const all = namesIn(asked).map((name) => databaseOf(name, services.workspaces));
  return databaseTable(all.length > 0 ? all : [databaseOf(database, services.workspaces)], database);
};
const named =
  (show: (asked: Asked) => Table): Show =>
  (asked) => {
    // All workspaces have the same tables.
    const [one, ...others] = namesIn(asked).map((name) => databaseOf(name, asked.services.workspaces));
    return show(one && others.length === 0 ? { ...asked, database: one.name } : asked);
  };

const tables = (asked: Asked, names?: readonly string[]): Table => ({
  columns: columnsOf('TableName DatabaseName Folder DocString'),
  rows: (names?.map((name) => tableOf(asked, name)) ?? asked.catalogue.tables).map(({ name }) => [
    name,
    asked.database,
    '',
    '',
  ]),
});

/** Sizes are known of tables that hold rows. */
async function details(asked: Asked, names?: readonly string[]): Promise<Table> {
  const held = new Map((asked.services.seesAll ? await asked.lake.tableInfo() : []).map((info) => [info.name, info]));
  const rows = (names?.map((name) => tableOf(asked, name)) ?? asked.catalogue.tables).map(({ name }): Cell[] => {
    const info = held.get(name);
    const retention = info ? JSON.stringify({ SoftDeletePeriod: `${info.retentionDays}.00:00:00` }) : null;
    return [
      name,
      asked.database,
      '',
      '',
      info?.bytesOnDisk ?? 0,
      info?.bytesOnDisk ?? 0,
      info?.rows ?? 0,
      retention,
      info?.firstRowAt ?? null,
      info?.lastRowAt ?? null,
    ];
  });
  return {
    columns: columnsOf(
      'TableName DatabaseName Folder DocString TotalExtentSize:real TotalOriginalSize:real TotalRowCount:long RetentionPolicy MinExtentsCreationTime:datetime MaxExtentsCreationTime:datetime',
    ),
    rows,
  };
}

const functions = ({ services, words }: Asked): Table => {
  const name = words[0] === undefined ? undefined : unquoted(words[0]);
  const found = services.functions.filter((stored) => name === undefined || stored.name === name);
  if (name !== undefined && found.length === 0) notFound(name, 'Function');
  return {
    columns: columnsOf('Name Parameters Body Folder DocString'),
    rows: found.map((stored) => [stored.name, stored.parameters, `{ ${stored.body} }`, '', '']),
  };
};

const tableSchema = (asked: Asked, schema: (table: KqlCatalogue['tables'][number]) => string): Table => {
  const table = tableOf(asked, asked.words[0]);
  return {
    columns: columnsOf('TableName Schema DatabaseName Folder DocString'),
    rows: [[table.name, schema(table), asked.database, '', '']],
  };
};

async function diagnostics({ services, lake, database }: Asked): Promise<Table> {
  const held = services.seesAll ? await lake.tableInfo() : [];
  const size = held.reduce((sum, { bytesOnDisk }) => sum + bytesOnDisk, 0);
  return {
    columns: columnsOf(
      'IsHealthy:bool IsScaleOutRequired:bool MachinesTotal:long MachinesOffline:long NodeLastRestartedOn:datetime TotalExtentSize:long NumberOfDatabases:int ProductVersion NotHealthyReason IsAttentionRequired:bool AttentionRequiredReason DatabaseName',
    ),
    rows: [
      [
        true,
        false,
        1,
        0,
        services.startedAt.toISOString(),
        size,
        services.workspaces.list().length,
        services.version,
        '',
        false,
        '',
        database,
      ],
    ],
  };
}

const none =
  (columns: string): Show =>
  () => ({ columns: columnsOf(columns), rows: [] });

/** A name: bare, or in brackets or quotes. */
const N = String.raw`(\[\s*(?:"[^"]*"|'[^']*')\s*\]|"[^"]*"|'[^']*'|[\w.-]+)`;
const list = String.raw`\(([\s\S]*?)\)`;
const later = String.raw`(?:\s+if_later_than\s+"[^"]*")?`;
const withOptions = String.raw`(?:\s+with\s*\([\s\S]*\))?`;

/** First one that fits. */
const shows: readonly (readonly [string, Show])[] = [
  [
    'version',
    ({ services }) => ({
      columns: columnsOf('BuildVersion BuildTime:datetime ServiceType ProductVersion ServiceOffering'),
      rows: [
        [
          services.version,
          services.startedAt.toISOString(),
          'Engine',
          `Sallyport ${services.version}`,
          '{"Type":"Sallyport"}',
        ],
      ],
    }),
  ],
  ['databases(?: details| identity)?', databases],
  [
    String.raw`databases(?:\s*${list})?${later} schema(?: details)?`,
    named(({ catalogue, database }) => schemaTable(catalogue, database)),
  ],
  [
    String.raw`databases(?:\s*${list})?${later} schema${later} as json${withOptions}`,
    named(({ catalogue, database }) => json(catalogue, database)),
  ],
  [String.raw`databases\s*${list}(?: details| identity)?`, databasesOf],
  [String.raw`(?:database )?schema as json${withOptions}`, ({ catalogue, database }) => json(catalogue, database)],
  [String.raw`(?:database )?schema(?: details)?`, ({ catalogue, database }) => schemaTable(catalogue, database)],
  [String.raw`(?:database )?schema as (?:csl|kql) script${withOptions}`, ({ catalogue }) => schemaScript(catalogue)],
  [
    String.raw`database ${N} schema${later} as json${withOptions}`,
    named(({ catalogue, database }) => json(catalogue, database)),
  ],
  [
    String.raw`database ${N} schema as (?:csl|kql) script${withOptions}`,
    named(({ catalogue }) => schemaScript(catalogue)),
  ],
  [
    String.raw`database ${N} schema(?: details)?${later}`,
    named(({ catalogue, database }) => schemaTable(catalogue, database)),
  ],
  [String.raw`database(?: ${N})?(?: details| identity)?`, databasesOf],
  [String.raw`tables details`, (asked) => details(asked)],
  [String.raw`tables\s*${list} details`, (asked) => details(asked, splitOuter(asked.words[0] ?? ''))],
  [String.raw`tables\s*${list}`, (asked) => tables(asked, splitOuter(asked.words[0] ?? ''))],
  ['tables', (asked) => tables(asked)],
  [String.raw`table ${N} details`, (asked) => details(asked, [asked.words[0] ?? ''])],
  [String.raw`table ${N} (?:csl|kql)schema`, (asked) => tableSchema(asked, cslSchema)],
  [
    String.raw`table ${N} schema as json`,
    (asked) =>
      tableSchema(asked, (table) => JSON.stringify({ Name: table.name, OrderedColumns: orderedColumns(table) })),
  ],
  [
    String.raw`table ${N}(?: schema)?`,
    (asked) => ({
      columns: columnsOf('AttributeName AttributeType'),
      rows: orderedColumns(tableOf(asked, asked.words[0])).map(({ Name, Type }) => [Name, Type]),
    }),
  ],
  ['functions', functions],
  [String.raw`function ${N}`, functions],
  [
    'cluster',
    ({ services }) => ({
      columns: columnsOf('NodeId Address Name StartTime:datetime IsAdmin:bool EnvironmentDescription'),
      rows: [['sallyport', '', 'Sallyport', services.startedAt.toISOString(), true, '{}']],
    }),
  ],
  ['diagnostics', diagnostics],
  ['capacity', none('Resource Total:long Consumed:long Remaining:long Origin')],
  [
    '(?:running |completed )?operations',
    none('OperationId:guid Operation NodeId StartedOn:datetime LastUpdatedOn:datetime Duration:timespan State Status'),
  ],
  [
    'external tables',
    none('TableName TableType Folder DocString Properties ConnectionStrings:dynamic Partitions:dynamic PathFormat'),
  ],
  [
    'materialized-views',
    none(
      'Name SourceTable Query MaterializedTo:datetime LastRun:datetime LastRunResult IsHealthy:bool IsEnabled:bool Folder DocString',
    ),
  ],
  ['entity_groups', none('Name Entities')],
  ['graph_models', none('Name CreationTime:datetime Id')],
  ['continuous-exports', none('Name ExternalTableName Query IsRunning:bool IsDisabled:bool')],
  ['workload_groups', none('WorkloadGroupName WorkloadGroup')],
];

const json = (catalogue: KqlCatalogue, database: string): Table => ({
  columns: columnsOf('DatabaseSchema'),
  rows: [[schemaJson(catalogue, database)]],
});

const patterns = shows.map(
  ([pattern, show]) =>
    [new RegExp(String.raw`^\.show\s+${pattern.replaceAll(' ', String.raw`\s+`)}$`, 'i'), show] as const,
);

/** Runs one command. Throws SallyportError NotFound for what is not there, Forbidden for what would change something, BadRequest for the rest. */
export async function runCommand(text: string, workspace: Workspace, services: CommandServices): Promise<Table> {
  const command = text.trim().replace(/;\s*$/, '');
  const [, id] = /^\.cancel\s+query\s+["']([^"']{1,256})["']/i.exec(command) ?? [];
  if (id !== undefined)
    return {
      columns: columnsOf('ClientRequestId ReasonPhrase RunningQueryCanceled:bool'),
      rows: [[id, '', services.cancel(id)]],
    };
  if (!/^\.show\b/i.test(command))
    throw new SallyportError(
      'Forbidden',
      'this endpoint only reads: of commands it runs those that begin with .show, and .cancel query',
    );
  for (const [pattern, show] of patterns) {
    const found = pattern.exec(command);
    if (found) {
      const lake = await services.workspaces.lake(workspace);
      return show({
        services,
        lake,
        catalogue: services.catalogue,
        database: workspace.name,
        words: found.slice(1).filter((word) => word !== undefined),
      });
    }
  }
  throw new SallyportError('BadRequest', `the command is not known here: ${command.slice(0, 200)}`);
}
