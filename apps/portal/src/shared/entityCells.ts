import type { EntityKind } from '@sallyport/contracts';

/** What the cells of columns name, by the names that Microsoft's tables, ASIM and the anomalies have for them. */
const patterns: readonly (readonly [EntityKind, RegExp])[] = [
  [
    'IP',
    /^(?:(?:Client|Caller|Source|Src|Destination|Dst|Remote|Local|Target|Dvc|Computer|Host|Public|Sender|C|S|Actor)?(?:_)?Ip(?:Address|Addr)?(?:V4)?|Address)$/i,
  ],
  [
    'Account',
    /^(?:(?:User|Actor|Account|Initiating\w*Account|Target|Src|Dst|AAD|Caller)?(?:User)?(?:PrincipalName|Principal|Upn)|AccountUpn|InitiatingProcessAccountUpn|(?:Actor|Target|Src|Dst)Username|Caller|Account|TargetAccount|SubjectAccount)$/i,
  ],
  [
    'Host',
    /^(?:Computer|(?:Remote|Source|Destination|Target)?Device(?:Name)?|(?:Dvc|Src|Dst|Target)?(?:Hostname|FQDN)|HostName|WorkstationName|Device)$/i,
  ],
  ['URL', /^(?:\w*Url)$/i],
  ['Mailbox', /^(?:RecipientEmailAddress|MailboxOwnerUPN)$/i],
  ['FileHash', /^(?:\w*(?:SHA256|SHA1|MD5))$/i],
  ['AzureResource', /^(?:_ResourceId|ResourceId)$/i],
];
const address = /^(?:\d{1,3}\.){3}\d{1,3}$|^[0-9a-f]*:[0-9a-f:.]+$/i;
const digest = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** The kind of entity that a cell names; undefined: none that is known. */
export function entityOfCell(column: string, cell: unknown): EntityKind | undefined {
  if (typeof cell !== 'string' || cell === '' || cell === '-' || cell.length > 2_048) return undefined;
  const kind = patterns.find(([, pattern]) => pattern.test(column))?.[0];
  if (kind === 'IP' && !address.test(cell)) return undefined;
  if (kind === 'FileHash' && !digest.test(cell)) return undefined;
  if (kind === 'URL' && !URL.canParse(cell)) return undefined;
  if (kind === 'AzureResource' && !cell.startsWith('/')) return undefined;
  return kind;
}

const algorithms: Readonly<Record<number, string>> = { 32: 'MD5', 40: 'SHA1', 64: 'SHA256' };

/** A name as the identifiers of its kind; the server takes full names apart. */
export function identifiersOf(kind: EntityKind, value: string): Record<string, string> {
  switch (kind) {
    case 'Account':
      return { Name: value };
    case 'Host':
      return { HostName: value };
    case 'IP':
      return { Address: value };
    case 'URL':
      return { Url: value };
    case 'FileHash':
      return { Algorithm: algorithms[value.length] ?? 'SHA256', Value: value };
    case 'Mailbox':
      return { MailboxPrimaryAddress: value };
    case 'AzureResource':
      return { ResourceId: value };
    case 'DNS':
      return { DomainName: value };
    default:
      return { Name: value };
  }
}
