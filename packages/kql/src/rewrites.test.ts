import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { compile, everyRewrite, type CompileOptions, type KqlCatalogue, type Rewrites } from './index.ts';

/** Random queries give the same rows with each rewrite on and off. */

const catalogue: KqlCatalogue = {
  version: 'rewrites',
  tables: [
    {
      name: 'Events',
      columns: [
        { name: 'TimeGenerated', type: 'datetime' },
        { name: 'User', type: 'string' },
        { name: 'Host', type: 'string' },
        { name: 'N', type: 'long' },
        { name: 'R', type: 'real' },
        { name: 'D', type: 'dynamic' },
      ],
    },
    {
      name: 'Hosts',
      columns: [
        { name: 'TimeGenerated', type: 'datetime' },
        { name: 'Host', type: 'string' },
        { name: 'Owner', type: 'string' },
        { name: 'Weight', type: 'long' },
      ],
    },
  ],
  functions: [],
};

const options: CompileOptions = { now: new Date('2026-01-02T00:00:00Z') };
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
  for (const table of catalogue.tables) engine.create(table);
  const d = (n: number): string =>
    JSON.stringify(
      [
        { a: `x${n % 3}`, b: n % 5, c: { k: 'p/q' }, e: 'é' },
        { a: null, b: `${n}`, e: ['u', 'v/w'] },
        ['l', 'm'],
        'text',
      ][n % 4],
    );
  const values = Array.from({ length: 60 }, (_, n) => {
    const long = n % 7 === 0 ? 'NULL' : String(n % 11);
    const real = n % 9 === 0 ? 'NULL' : `${n % 6}.5`;
    return `('2026-01-01 00:${String(n % 60).padStart(2, '0')}:00', 'user${n % 4}', '${n % 5 ? `host${n % 5}` : ''}', ${long}, ${real}, '${d(n)}')`;
  });
  engine.run(`INSERT INTO Events (TimeGenerated, User, Host, N, R, D) VALUES ${values.join(', ')}`);
  engine.run(
    `INSERT INTO Hosts (TimeGenerated, Host, Owner, Weight) VALUES ('2026-01-01 00:00:00', 'host1', 'user1', 3), ('2026-01-01 00:00:00', 'host2', 'user2', NULL), ('2026-01-01 00:00:00', 'host2', 'user3', 7), ('2026-01-01 00:00:00', '', 'user0', 1)`,
  );
});
afterAll(() => engine.close());

/** Steps that leave User, Host and N there. */
const condition = fc.constantFrom(
  'N > 3', 'isnull(N)', 'N in (1, 2, 3)', 'User != "user1"', 'User in~ ("USER1", "user2")', 'Host has "host1" or N == 2', 'not(Host == "")', 'isnotempty(Host)', 'User contains "3" and N < 9', 'N between (2 .. 8)', 'User in (Groups | where Total > 14 | project User)', 'N > toscalar(Groups | summarize min(Total)) - 12',
); // prettier-ignore
const extended = fc.constantFrom(
  'A = tostring(D.a), B = tostring(D.b), E = tostring(D.e), K = tostring(D.c.k)', 'L = strcat(User, "/", Host)', 'M = N * 2 + 1', 'N = N + 1', 'User = toupper(User)', 'P = tostring(split(Host, "t")[1]), Q = coalesce(N, 0)', 'Z = iff(N > 4, "big", User)', 'X = tolong(D.b)', 'User = tostring(D.a), Host = tostring(D.e), Y = tostring(D.b), W = tostring(D.z)',
); // prettier-ignore
const joinKind = fc.constantFrom('inner', 'leftouter', 'rightouter', 'fullouter', 'leftanti', 'leftsemi', 'rightsemi');
const step = fc.oneof(
  condition.map((c) => `where ${c}`),
  condition.map((c) => `where ${c}`),
  extended.map((e) => `extend ${e}`),
  extended.map((e) => `extend ${e}`),
  fc.constantFrom(
    'summarize N = max(N), Total = count() by User, Host',
    'summarize N = sum(N), Set = array_sort_asc(make_set(Host)) by User, Host = tolower(Host)',
    'summarize arg_max(N, *) by User, Host | project User, Host, N',
    'project User, Host, N, D = dynamic({"a":1,"b":"x/y"})',
    'distinct User, Host, N',
    'project-rename Was = User | extend User = Was',
    'mv-expand J = dynamic(["p", "q"]) | extend Host = strcat(Host, tostring(J))',
    'distinct User, Host, N | order by N asc, User asc, Host asc | extend Row = row_number()',
    'union (Hosts | project User = Owner, Host, N = Weight)',
    'distinct User, Host, N | order by N desc, User asc, Host asc | take 7 | extend Half = N / 2, Long = strcat(User, Host)',
    'distinct User, Host, N | order by User asc, Host asc, N asc | take 9',
    'lookup kind=leftouter (Hosts | summarize Weight = max(Weight) by Host) on Host',
  ),
  joinKind.map(
    (kind) =>
      `join kind=${kind} (Hosts | project Host, Owner, Weight) on Host | extend N = ${kind === 'rightsemi' ? 'Weight' : 'N'}, User = ${kind === 'rightsemi' ? 'Owner' : 'User'}`,
  ),
  fc.constant('join kind=inner (Groups | project User, G = Total) on User'),
);
const query = fc
  .tuple(fc.array(step, { minLength: 1, maxLength: 7 }), fc.boolean())
  .map(
    ([steps, once]) =>
      `let Groups = ${once ? 'materialize(' : ''}Events | summarize Total = count(), Big = max(N) by User${once ? ')' : ''};\nEvents\n${steps
        .map((s) => `| ${s}`)
        .join('\n')}`,
  );

const rowsOf = (kql: string, rewrites: Partial<Rewrites>): string[] | undefined => {
  try {
    const { sql } = compile(kql, catalogue, { ...options, rewrites });
    return engine
      .rows(sql)
      .map((row) => JSON.stringify(row))
      .toSorted();
  } catch (error) {
    if (error instanceof Error && error.name === 'KqlError') return undefined;
    throw new Error(`${kql}\n${String(error)}`, { cause: error });
  }
};

describe('rewrites', () => {
  const names = Object.keys(everyRewrite) as (keyof Rewrites)[];
  const none: Partial<Rewrites> = Object.fromEntries(names.map((n) => [n, false]));
  test('give the same rows on and off', () => {
    let compiled = 0;
    fc.assert(
      fc.property(query, fc.constantFrom(...names), (kql, off) => {
        const plain = rowsOf(kql, none);
        if (!plain) return;
        compiled++;
        for (const some of [{}, { [off]: false }, { ...none, [off]: true }])
          expect([kql, rowsOf(kql, some)]).toEqual([kql, plain]);
      }),
      { numRuns: Number(process.env['REWRITE_RUNS'] ?? 40) },
    );
    expect(compiled).toBeGreaterThan(8);
  });

  test('the order of rows stays', () => {
    const kql = 'Events | summarize Total = count(), N = max(N) by User | where Total > 2 | order by N desc, User asc';
    expect(engine.rows(compile(kql, catalogue, options).sql)).toEqual(
      engine.rows(compile(kql, catalogue, { ...options, rewrites: none }).sql),
    );
  });
  test('a table that is read twice is computed once', () => {
    const kql =
      'let g = Events | summarize r = rand() + count() by User; g | join kind=inner g on User | where r == r1';
    expect(engine.rows(compile(kql, catalogue, options).sql)).toHaveLength(4);
  });
  test('conditions reach the table, through what passes their columns on', () => {
    const kql =
      'Events | extend A = tostring(D.a), U = User | where A != "" and U == "user1" | join kind=inner Hosts on Host | where Weight > 2';
    const reads = compile(kql, catalogue, options).reads.map((r) => r.filteredSql);
    expect(reads[0]).toContain("`User` = 'user1'");
    expect(reads[1]).toContain('`Weight` > 2');
  });
});
