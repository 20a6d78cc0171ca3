import { compile, KqlError, type KqlCatalogue } from '/work/main/packages/kql/src/index.ts';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
const tables = JSON.parse(readFileSync('/work/shared/reference/tables.json', 'utf8'));
const cat: KqlCatalogue = {
  version: 's',
  functions: [],
  tables: Object.entries(tables).map(([name, cols]) => ({
    name,
    columns: Object.entries(cols as object).map(([n, t]) => ({ name: n, type: t as 'string' })),
  })),
};
const files: string[] = [];
(function walk(d: string) {
  for (const e of readdirSync(d, { withFileTypes: true }))
    e.isDirectory() ? walk(d + '/' + e.name) : /\.ya?ml$/.test(e.name) && files.push(d + '/' + e.name);
})('/work/shared/suites/sentinel/content');
const every = Number(process.argv[2] ?? 1);
const t0 = Date.now();
let ok = 0,
  n = 0;
const g = new Map<string, number>();
const ex = new Map<string, string>();
let bind = 0;
const out: any[] = [];
files.forEach((f, i) => {
  if (i % every) return;
  const y = readFileSync(f, 'utf8');
  const m = /^query:\s*[|>][-+\d]*\s*\n((?:[ \t]+.*\n?|\s*\n)+)/m.exec(y);
  let q: string;
  if (m) {
    const lines = m[1]!.split('\n');
    const ind = Math.min(...lines.filter((l) => l.trim()).map((l) => l.length - l.trimStart().length));
    q = lines.map((l) => l.slice(ind)).join('\n');
  } else {
    const s = /^query:\s*(.+)$/m.exec(y);
    if (!s) return;
    q = s[1]!.replace(/^'(.*)'$/, '$1').replaceAll("''", "'");
  }
  n++;
  try {
    const c = compile(q, cat, { now: new Date() });
    ok++;
    out.push({ f, sql: c.sql });
  } catch (e) {
    const k =
      e instanceof KqlError
        ? e.code.startsWith('KS')
          ? (bind++, 'BIND ' + e.code)
          : e.code + ' ' + e.message.slice(0, 90)
        : 'CRASH ' + (e as Error).message.slice(0, 90);
    g.set(k, (g.get(k) ?? 0) + 1);
    if (!ex.has(k))
      ex.set(
        k,
        f +
          ' :: ' +
          (e as Error).message.slice(0, 120) +
          (k.startsWith('CRASH') ? (e as Error).stack!.slice(0, 300) : ''),
      );
  }
});
console.log(
  'files',
  n,
  'ok',
  ok,
  'binder refused',
  bind,
  'rate of bound',
  (ok / (n - bind)).toFixed(4),
  (Date.now() - t0) / 1000 + 's',
);
for (const [k, v] of [...g].sort((a, b) => b[1] - a[1]).slice(0, 45))
  console.log(v, k, '\n      ', ex.get(k)!.replace('/work/shared/suites/sentinel/content/', ''));
writeFileSync('/tmp/sent.json', JSON.stringify(out));
