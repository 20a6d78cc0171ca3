import fc from 'fast-check';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, everyRewrite, sqlIdentifier, type CompileOptions } from '@sallyport/kql';
import { startEngine, type Engine } from '../engine/start.ts';
import { Lake } from '../lake.ts';
import { Catalogue, define } from './catalogue.ts';
import { promotedPath } from './promoted.ts';

const paths = ['D.a', 'D.b.c', 'D.list[1]', 'D.list[0].c', 'D["a b"]', 'D[0]', 'D[1].a'];
const columns = { D: 'dynamic', Other: 'dynamic', Name: 'string', N: 'long' } as const;
const T = { name: 'T', columns, sortKey: ['Name'] };
const catalogue = new Catalogue([define(T), define({ ...T, name: 'U' })]);

let folder: string;
let engine: Engine;
let lake: Lake;
const connect = (known: Catalogue): Promise<Lake> => {
  const { url, username, password } = engine;
  return Lake.connect({ url, username, password, workspace: 'main', catalogue: known });
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-promoted-'));
  await chmod(folder, 0o711);
  engine = await startEngine({ dataDir: join(folder, 'data'), poolSize: 2 });
  lake = await connect(catalogue);
});
afterAll(async () => {
  await lake.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const text = fc.constantFrom('x', '', 'a/b', 'q"q', '\\', 'é\n', '{', '[1]', 'null', '7', '\u0000');
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(text, fc.constantFrom(null, true, false, 0, -3, 1.5, 1e21, 12345678901234)),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'list', 'a b', 'other'), tie('any'), { maxKeys: 4 }),
  ),
})).any;
const rowsOf = fc.array(fc.record({ D: value, Name: fc.constantFrom('p', 'q', 'r'), N: fc.nat(5) }), {
  minLength: 30,
  maxLength: 60,
});

const options: CompileOptions = { now: new Date('2026-01-02T00:00:00Z') };
const sqlOf = (kql: string, promotePaths: boolean, more: Partial<CompileOptions> = {}): string =>
  compile(kql, lake.kqlCatalogue(), { ...options, ...more, rewrites: { promotePaths } }).sql;
const answer = async (sql: string): Promise<string[]> =>
  (await lake.query(sql)).rows.map((row) => JSON.stringify(row)).toSorted();
const everyText = (of: string): string => paths.map((p, i) => `P${i} = tostring(${p.replace(/^D/, of)})`).join(', ');
const questions = [
  `T | project ${everyText('D')}`,
  `T | project E = D, N | where N > 0 | project ${everyText('E')}`,
  'T | where D.a == "x" or D.b.c has "a" or D.list[1] != "" | summarize count() by tostring(D.a), Name',
  `union T, U | where tostring(D.a) != "" | project ${everyText('D')}`,
  `T | join kind=fullouter (U | where tostring(D.b.c) != "") on N | project A = tostring(D.a), B = tostring(D1.a), C = tostring(D1.b.c)`,
  `T | where Name in ((U | where tostring(D.a) == "x" | project Name)) | distinct tostring(D["a b"])`,
  `let t = materialize(T | where N > 1); t | join kind=inner (t | summarize N = max(N) by Name) on Name, N | project A = tostring(D.a), X = D.a`,
  `T | extend D = Other | project A = tostring(D.a)`,
  `T | mv-expand e = D.list | project e, A = tostring(D.a), C = tostring(e.c)`,
  `T | sort by N asc | serialize R = row_number(), A = tostring(D.a) | summarize max(R) by A`,
];

describe('promoted members', () => {
  test('are known where they are stored, added to a table that has rows, and hidden', async () => {
    await lake.insertRows('T', [{ D: { a: 'old' }, Name: 'p', N: 1 }]);
    const before = lake.kqlCatalogue().version;
    await lake.promote('T', paths);
    await lake.promote('U', paths.slice(0, 3));
    expect(lake.kqlCatalogue().version).not.toBe(before);
    expect(sqlOf('T | project tostring(D.a)', true)).toContain('`_path/D/a`');
    expect(sqlOf('T | project tostring(D.a)', false)).not.toContain('_path');
    expect(await answer(sqlOf('T | project tostring(D.a)', true))).toEqual(['["old"]']);
    const shown = compile('T', lake.kqlCatalogue(), options).columns.map((c) => c.name);
    expect(shown).not.toContain('_path/D/a');
    const all = await lake.query('SELECT * FROM T');
    expect(all.columns.map((c) => c.name)).not.toContain('_path/D/a');
    // What stands in the table's place has none of them.
    const from = { source: () => sqlIdentifier('rows') };
    expect(sqlOf('T | project tostring(D.a)', true, from)).not.toContain('_path');
    const again = await connect(catalogue);
    expect(again.kqlCatalogue().tables[0]?.promoted).toHaveLength(paths.length);
    await again.close();
    await expect(lake.promote('T', ['Name.a'])).rejects.toThrow('is no member of a dynamic column');
  });

  test('give the same rows as the JSON, in new parts, old ones and merged ones', async () => {
    const everything = Object.fromEntries(Object.keys(everyRewrite).map((name) => [name, false]));
    await fc.assert(
      fc.asyncProperty(rowsOf, rowsOf, fc.boolean(), async (t, u, merge) => {
        await lake.purge('T', 'true');
        await lake.purge('U', 'true');
        for (const [table, rows] of [['T', t], ['U', u]] as const) await lake.insertRows(table, rows); // prettier-ignore
        if (merge) {
          const headers = { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password };
          await fetch(engine.url, { method: 'POST', body: 'OPTIMIZE TABLE main.T FINAL', headers });
        }
        for (const kql of questions) {
          const plain = compile(kql, lake.kqlCatalogue(), { ...options, rewrites: everything }).sql;
          const expected = [kql, await answer(plain)];
          expect([kql, await answer(sqlOf(kql, false))]).toEqual(expected);
          expect([kql, await answer(sqlOf(kql, true))]).toEqual(expected);
        }
      }),
      { numRuns: Number(process.env['PROMOTED_RUNS'] ?? 4) },
    );
  }, 300_000);

  test('reach through the steps that pass their column on', () => {
    const reached = questions.map((kql) => sqlOf(kql, true).includes('_path/'));
    expect(reached).toEqual([true, true, true, true, true, true, true, false, true, true]);
  });

  test.each(['D', 'D.', 'D.a b', 'D[x]', 'D.a; DROP', 'D["a"b"]', '.a', 'D[-1]'])('%s is no path', (path) => {
    expect(promotedPath(path)).toBeUndefined();
  });
});
