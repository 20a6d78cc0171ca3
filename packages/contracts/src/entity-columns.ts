import type { Cell, Column } from './routes/hunting.ts';
import type { EntityKind } from './routes/incidents.ts';

/** What a column's value is of an entity. */
export interface ColumnEntity {
  readonly kind: EntityKind;
  readonly identifier: string;
}

/**
 * Columns as Microsoft's tables name them, and what they hold; the first that fits counts. Entities and identifiers:
 * https://learn.microsoft.com/azure/sentinel/entities-reference
 */
const patterns: readonly (readonly [RegExp, EntityKind, string])[] = [
  [
    /^(account|initiatingprocessaccount|user|target|actor|subject|from|to)?sid$|accountsid$|usersid$/i,
    'Account',
    'Sid',
  ],
  [/(account|user)objectid$|^aaduserid$|^userid_guid$/i, 'Account', 'AadUserId'],
  [
    /upn$|userprincipalname$|^(account|username|user|userid|identity|actor|caller|accountname|targetusername|actorusername|recipientemailaddress|senderfromaddress)$|accountname$|username$/i,
    'Account',
    'FullName',
  ],
  [
    /^(devicename|computer|computername|hostname|host|dvc|dvchostname|dvcfqdn|srchostname|dsthostname|remotedevicename|workstationname|sourcehostname|destinationhostname)$/i,
    'Host',
    'FullName',
  ],
  // Ip as a word of its own: no column of a relationship is an address.
  [/(?:IP|Ip|(?<![A-Za-z])ip)$|[Ii][Pp]_?[Aa]ddr(?:ess)?$|^[Ss]enderIPv[46]$/, 'IP', 'Address'],
  [/sha256$|sha1$|md5$|filehash$/i, 'FileHash', 'Value'],
  [/url$|^uri$/i, 'URL', 'Url'],
  [/^(domain|dnsquery|domainname|queryname|remotedomain)$/i, 'DNS', 'DomainName'],
  [/commandline$/i, 'Process', 'CommandLine'],
  [/^(filename|targetfilename)$/i, 'File', 'Name'],
  [/^registrykey$/i, 'RegistryKey', 'Key'],
  [/^(resourceid|_resourceid)$/i, 'AzureResource', 'ResourceId'],
];

/** What a column of this name holds of an entity; undefined when its name doesn't say. Only text says who or what something is. */
export function entityOfColumn({ name, type }: Column): ColumnEntity | undefined {
  if (type !== 'string' && type !== 'guid') return undefined;
  const found = patterns.find(([pattern]) => pattern.test(name));
  return found && { kind: found[1], identifier: found[2] };
}

const algorithms: readonly (readonly [number, string])[] = [
  [64, 'SHA256'],
  [40, 'SHA1'],
  [32, 'MD5'],
];

/** The identifiers of an entity whose value is this text; undefined when the text says nothing. */
export function identifiersOf({ kind, identifier }: ColumnEntity, value: string): Record<string, string> | undefined {
  const text = value.trim();
  if (text === '' || text === '-') return undefined;
  if (kind !== 'FileHash') return { [identifier]: text };
  const algorithm = algorithms.find(([length]) => length === text.length)?.[1];
  return algorithm === undefined ? undefined : { Value: text, Algorithm: algorithm };
}

/** Entities that a row names, as its columns' names tell; each once, at most `most`. */
export function entitiesOfRow(
  columns: readonly Column[],
  row: readonly Cell[],
  most = 10,
): { kind: EntityKind; identifiers: Record<string, string> }[] {
  const found = new Map<string, { kind: EntityKind; identifiers: Record<string, string> }>();
  columns.forEach((column, index) => {
    const entity = entityOfColumn(column);
    const cell = row[index];
    const identifiers = entity && typeof cell === 'string' ? identifiersOf(entity, cell) : undefined;
    if (entity && identifiers)
      found.set(JSON.stringify([entity.kind, identifiers]), { kind: entity.kind, identifiers });
  });
  return [...found.values()].slice(0, most);
}

/** Entity mappings of a rule over these columns, in Sentinel's form: at most ten, a kind once. */
export function proposedMappings(
  columns: readonly Column[],
): { entityType: EntityKind; fieldMappings: { identifier: string; columnName: string }[] }[] {
  const kinds = new Map<EntityKind, { identifier: string; columnName: string }[]>();
  for (const column of columns) {
    const entity = entityOfColumn(column);
    // A hash is mapped with its algorithm, which no column says.
    if (!entity || entity.kind === 'FileHash' || kinds.has(entity.kind)) continue;
    kinds.set(entity.kind, [{ identifier: entity.identifier, columnName: column.name }]);
  }
  return [...kinds].slice(0, 10).map(([entityType, fieldMappings]) => ({ entityType, fieldMappings }));
}
