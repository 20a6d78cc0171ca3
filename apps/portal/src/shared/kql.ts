import { kqlString, type Entity } from '@sallyport/contracts';

export { kqlString } from '@sallyport/contracts';

/** What to look for when hunting an entity: the identifier that rows most likely hold as such. */
const searched = [
  'Address',
  'HostName',
  'Name',
  'Value',
  'Url',
  'DomainName',
  'CommandLine',
  'ResourceId',
  'Recipient',
];

/** Where to look when it is not known which tables hold rows. */
const usual = ['SecurityEvent', 'DeviceProcessEvents', 'SigninLogs', 'Syslog'];
const TABLES_MAX = 20;

/** A query for rows that name this entity anywhere in `tables` (those that hold rows, the newest first). */
export function entityQuery(entity: Pick<Entity, 'name' | 'identifiers'>, tables: readonly string[]): string {
  const key = searched.find((name) => (entity.identifiers[name] ?? '') !== '');
  const text = kqlString(key === undefined ? entity.name : entity.identifiers[key]!);
  const names = (tables.length > 0 ? tables : usual).slice(0, TABLES_MAX).join(', ');
  return `search in (${names}) ${text}\n| take 200`;
}
