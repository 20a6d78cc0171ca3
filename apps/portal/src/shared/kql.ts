import type { Entity } from '@sallyport/contracts';

// oxlint-disable-next-line no-control-regex -- these are what is escaped
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Any text as a KQL string literal. Source: Kusto, "The string data type": backslash escapes inside double quotes. */
export function kqlString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(controls, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}

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
