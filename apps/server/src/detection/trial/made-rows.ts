import type { Column, TableDefinition } from '@sallyport/lake';
import type { Comparison, Path, Scalar } from './literals.ts';

export interface MadeRowsOptions {
  /** The time that the rows are of: most of them at its end, within `recent`. */
  readonly from: Date;
  readonly to: Date;
  readonly recentMs: number;
  readonly count: number;
}

type Json = Scalar | { [name: string]: Json } | Json[];

/**
 * Rows of a table as a rule might wait for: values by the column's type and name, and those that the rule's query compares them with. Each sixth row has none of the
 * latter. The same arguments give the same rows.
 */
export function madeRows(
  table: Pick<TableDefinition, 'columns'>,
  comparisons: readonly Comparison[],
  options: MadeRowsOptions,
): readonly Readonly<Record<string, unknown>>[] {
  const asked = Map.groupBy(comparisons, ({ path }) => String(path[0]));
  return Array.from({ length: options.count }, (_, i) => {
    const at = timeOf(i, options);
    return Object.fromEntries(
      table.columns.flatMap((column): [string, unknown][] => {
        if (column.name === 'TimeGenerated' || column.name === 'Timestamp') return [[column.name, at.toISOString()]];
        if (column.name.startsWith('_') || ['Type', 'TenantId'].includes(column.name)) return [];
        const of = i % 6 === 5 ? [] : (asked.get(column.name) ?? []);
        const value = valueOf(column, of, i, at);
        return value === undefined ? [] : [[column.name, value]];
      }),
    );
  });
}

/** Two of three rows are recent; the others lie in what a rule looks back on. */
function timeOf(i: number, { from, to, recentMs, count }: MadeRowsOptions): Date {
  const whole = to.getTime() - from.getTime();
  const reach = i % 3 === 2 ? whole : Math.min(recentMs, whole);
  return new Date(to.getTime() - Math.max(1, Math.floor((reach * (i + 1)) / (count + 2))));
}

function valueOf(column: Column, asked: readonly Comparison[], i: number, at: Date): unknown {
  const own = asked.filter(({ path }) => path.length === 1);
  const members = asked.filter(({ path }) => path.length > 1);
  const wanted = scalarOf(own, i);
  switch (column.type) {
    case 'string': {
      if (wanted !== undefined) return String(wanted);
      return members.length > 0 ? JSON.stringify(objectOf(members, [], i)) : textOf(column.name, i);
    }
    case 'dynamic':
      return objectOf(members, wanted === undefined ? [] : [wanted], i);
    case 'bool':
      return wanted === undefined
        ? i % 2 === 0
        : wanted === true || String(wanted).toLowerCase() === 'true' || wanted === 1;
    case 'datetime':
      return new Date(at.getTime() - 1_000).toISOString();
    case 'guid':
      return /^[\da-f-]{36}$/i.test(String(wanted)) ? wanted : guidOf(column.name, i);
    case 'timespan':
      return undefined;
    case 'int':
    case 'long':
    case 'real':
    case 'decimal': {
      const number = Number(wanted ?? numberOf(column.name, i));
      return Number.isFinite(number)
        ? column.type === 'real' || column.type === 'decimal'
          ? number
          : Math.trunc(number)
        : i;
    }
  }
}

/** A value that meets some of what is asked, another for each row. */
function scalarOf(asked: readonly Comparison[], i: number): Scalar | undefined {
  const of = (how: Comparison['how']) => [
    ...new Set(asked.filter((one) => one.how === how).flatMap((one) => one.values)),
  ];
  const [equal, part, above, below] = [of('equal'), of('part'), of('above'), of('below')];
  if (equal.length > 0 && (part.length === 0 || i % 3 !== 2)) return equal[i % equal.length];
  if (part.length > 0) return i % 2 === 0 ? part[(i / 2) % part.length] : part.slice(0, 8).join(' ');
  const number =
    above.length > 0
      ? Number(above[i % above.length]) + 1
      : below.length > 0
        ? Number(below[i % below.length]) - 1
        : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** An object with the members that are asked for; a list where they are asked for by place. */
function objectOf(members: readonly Comparison[], texts: readonly Scalar[], i: number): Json {
  const byPath = Map.groupBy(members, ({ path }) => JSON.stringify(path));
  let made: Json = typeof members[0]?.path[1] === 'number' ? [] : {};
  for (const own of byPath.values()) {
    const value = scalarOf(own, i);
    if (value !== undefined) made = withMember(made, own[0]!.path.slice(1), value);
  }
  return texts.length === 0 ? made : withMember(made, Array.isArray(made) ? [0, 'value'] : ['value'], texts[0]!);
}

function withMember(into: Json | undefined, path: Path, value: Scalar): Json {
  const [key, ...rest] = path;
  if (key === undefined) return into !== undefined && typeof into === 'object' ? into : value;
  if (typeof key === 'number') {
    const list = Array.isArray(into) ? [...into] : [];
    const at = Math.min(key, 4);
    while (list.length < at) list.push('');
    list[at] = withMember(list[at], rest, value);
    return list;
  }
  if (Array.isArray(into)) return [withMember(into[0], path, value), ...into.slice(1)];
  const object = typeof into === 'object' ? into : {};
  const before = Object.hasOwn(object, key) ? object[key] : undefined;
  return Object.fromEntries([...Object.entries(object), [key, withMember(before, rest, value)]]);
}

const hex = (text: string): string => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);
function guidOf(name: string, i: number): string {
  const digits = hex(`${name}${i % 3}`);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-8${digits.slice(15, 18)}-${digits.slice(18, 30)}`;
}

const numberOf = (name: string, i: number): number =>
  /port/i.test(name)
    ? [443, 22, 3389][i % 3]!
    : /bytes|size/i.test(name)
      ? 1_000 * (i + 1)
      : /eventid/i.test(name)
        ? [4624, 4625, 4688][i % 3]!
        : (i % 5) + 1;

/** What columns of such names hold, three different ones in turn so that rows share them. */
const texts: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:.*ip|.*ip_?addr(?:ess)?|.*ipv4|.*ipaddress)$/i, ['203.0.113.7', '198.51.100.23', '10.0.0.5']],
  [/upn|userprincipal|mail|sender|recipient/i, ['alice@contoso.com', 'bob@contoso.com', 'carol@contoso.com']],
  [/commandline/i, ['cmd.exe /c whoami', 'powershell.exe -File a.ps1', 'svchost.exe -k netsvcs']],
  [/useragent/i, ['Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 'curl/8.5.0', 'python-requests/2.31']],
  [/sha256/i, [hex('a'), hex('b'), hex('c')]],
  [/sha1/i, [hex('a').slice(0, 40), hex('b').slice(0, 40), hex('c').slice(0, 40)]],
  [/md5|hash/i, [hex('a').slice(0, 32), hex('b').slice(0, 32), hex('c').slice(0, 32)]],
  [/url|uri/i, ['https://example.test/a?b=1', 'https://www.contoso.com/', 'http://198.51.100.23/x']],
  [/path|file|image|process/i, ['C:\\Windows\\System32\\cmd.exe', 'C:\\Temp\\a.exe', '/usr/bin/bash']],
  [/user|account|actor|caller|initiat|subject/i, ['alice', 'bob', 'carol']],
  [/computer|host|device|machine|dvc/i, ['srv1.contoso.com', 'ws2.contoso.com', 'dc01.contoso.com']],
  [/domain|query|dns/i, ['contoso.com', 'example.test', 'fabrikam.example']],
  [/country|location|region/i, ['US', 'DE', 'NL']],
  [/severity/i, ['High', 'Medium', 'Low']],
  [/result|status|outcome/i, ['Success', 'Failure', '0']],
];
function textOf(name: string, i: number): string {
  const of = texts.find(([pattern]) => pattern.test(name))?.[1];
  if (of) return of[i % of.length]!;
  return /id$/i.test(name) ? guidOf(name, i) : `${name} ${i % 3}`;
}
