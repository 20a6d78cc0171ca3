import type { TableFile } from './file.ts';

const plainKey = /^[A-Za-z_]\w*$/;
/** Words that YAML would not read as text. */
const special = /^(y|n|yes|no|on|off|true|false|null)$/i;

const key = (name: string): string => (plainKey.test(name) && !special.test(name) ? name : JSON.stringify(name));

/** A table file's text: same table, same bytes. */
export function writeTableFile(table: TableFile): string {
  const lines = [`name: ${table.name}`];
  if (table.description !== undefined) lines.push(`description: ${JSON.stringify(table.description)}`);
  if (table.sortKey !== undefined) lines.push(`sortKey: [${table.sortKey.map(key).join(', ')}]`);
  if (table.partitionBy !== undefined) lines.push(`partitionBy: ${table.partitionBy}`);
  if (table.retentionDays !== undefined) lines.push(`retentionDays: ${table.retentionDays}`);
  if (table.promoted !== undefined)
    lines.push(`promoted: [${table.promoted.map((p) => JSON.stringify(p)).join(', ')}]`);
  const names = Object.keys(table.columns).toSorted((a, b) => (a < b ? -1 : 1));
  lines.push(names.length === 0 ? 'columns: {}' : 'columns:');
  for (const name of names) lines.push(`  ${key(name)}: ${table.columns[name]}`);
  return `${lines.join('\n')}\n`;
}
