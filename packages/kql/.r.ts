import { Session } from 'chdb';
import { readFileSync, writeFileSync } from 'node:fs';
const tables = JSON.parse(readFileSync('/work/shared/reference/tables.json', 'utf8'));
const T: Record<string, string> = {
  string: 'String',
  bool: 'Nullable(Bool)',
  int: 'Nullable(Int32)',
  long: 'Nullable(Int64)',
  real: 'Nullable(Float64)',
  decimal: 'Nullable(Decimal(38,18))',
  datetime: "Nullable(DateTime64(7,'UTC'))",
  timespan: 'Nullable(Int64)',
  guid: 'Nullable(UUID)',
  dynamic: 'String',
};
const s = new Session();
const made = new Set<string>();
const list = JSON.parse(readFileSync('/tmp/sent.json', 'utf8')) as { f: string; sql: string }[];
let ok = 0;
const g = new Map<string, number>();
const ex = new Map<string, string>();
const t0 = Date.now();
let big = 0;
for (const { f, sql } of list) {
  big = Math.max(big, sql.length);
  for (const m of sql.matchAll(/FROM `([A-Za-z0-9_]+)` AS/g)) {
    const n = m[1]!;
    if (made.has(n) || !tables[n]) continue;
    made.add(n);
    s.query(
      `CREATE TABLE \`${n}\` (${Object.entries(tables[n])
        .map(([c, t]) => `\`${c}\` ${T[t as string]}`)
        .join(',')}, _IngestedAt Nullable(DateTime64(7,'UTC')), _SegmentId String) ENGINE=Memory`,
    );
  }
  try {
    s.query('SELECT count() FROM (' + sql + ')', 'JSONCompactEachRow');
    ok++;
  } catch (e) {
    const m = (e as Error).message;
    const k = m
      .replace(/In scope[\s\S]*/, '')
      .replace(/__[tv]\d+/g, 'T')
      .replace(/`[^`]*`/g, '`x`')
      .slice(0, 150);
    g.set(k, (g.get(k) ?? 0) + 1);
    if (!ex.has(k)) ex.set(k, f + ' :: ' + m.slice(0, 400));
  }
}
console.log(list.length, ok, 'largest sql', big, (Date.now() - t0) / 1000 + 's');
for (const [k, v] of [...g].sort((a, b) => b[1] - a[1]).slice(0, 25))
  console.log(v, k, '\n     ', ex.get(k)!.replace('/work/shared/suites/sentinel/content/', ''));
s.close();
