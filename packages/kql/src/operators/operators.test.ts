import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../test/engine.ts';
import {
  compile,
  compileAsking,
  KqlError,
  type Compiled,
  type CompileOptions,
  type ExternalRequest,
  type KqlCatalogue,
} from '../index.ts';
import { sql, type Sql } from '../sql.ts';

const catalogue: KqlCatalogue = {
  version: 'operators-1',
  names: ['soc'],
  tables: [
    {
      name: 'T1',
      columns: [
        { name: 'a', type: 'long' },
        { name: 'b', type: 'string' },
        { name: 't', type: 'datetime' },
      ],
    },
    {
      name: 'T2',
      columns: [
        { name: 'a', type: 'string' },
        { name: 'b', type: 'string' },
        { name: 'c', type: 'real' },
      ],
    },
    {
      name: 'U3',
      columns: [
        { name: 'x', type: 'long' },
        { name: 'b', type: 'string' },
        { name: 'd', type: 'dynamic' },
      ],
    },
    { name: 'Gone', empty: true, columns: [{ name: 'nothing', type: 'string' }] },
  ],
  functions: [{ name: 'F', parameters: '()', body: 'T1 | where a > 1' }],
};
const now = new Date('2024-02-01T00:00:00Z');

let engine: Engine;
beforeAll(() => {
  engine = openEngine();
  for (const table of catalogue.tables) engine.create(table);
  const at = "'2024-01-01 00:00:00', ''";
  engine.run(
    `INSERT INTO T1 VALUES (1, 'x one', '2024-01-01 00:00:00', ${at}), (2, 'y two', '2024-01-02 00:00:00', ${at}), (2, 'x three', NULL, ${at})`,
  );
  engine.run(`INSERT INTO T2 VALUES ('1', 'x one', 1.5, ${at}), ('q', 'zed', 2.5, ${at})`);
  engine.run(`INSERT INTO U3 VALUES (7, 'x u3', '{"k":1}', ${at})`);
});
afterAll(() => engine.close());

const asked = async (kql: string, options: Partial<CompileOptions> = {}): Promise<Compiled> =>
  compileAsking(kql, catalogue, { now, ...options }, (sql) => Promise.resolve(engine.rows(sql)));
/** The rows in an order of their own, so that the engine's does not matter. */
const sorted = (rows: readonly unknown[][]): string[] => rows.map((r) => JSON.stringify(r)).toSorted();
async function rowsOf(kql: string, options: Partial<CompileOptions> = {}): Promise<string[]> {
  return sorted(engine.rows((await asked(kql, options)).sql));
}
const names = (kql: string): string[] => compile(kql, catalogue, { now }).columns.map((c) => c.name);
function refusal(kql: string): { code: string; at: string } {
  try {
    compile(kql, catalogue, { now });
  } catch (error) {
    if (error instanceof KqlError) return { code: error.code, at: kql.slice(error.span.start, error.span.end) };
    throw error;
  }
  throw new Error(`compiled: ${kql}`);
}

describe('union', () => {
  it('keeps columns of one name and several types apart', () => {
    expect(names('union withsource=s T*')).toEqual(['s', 'a_long', 'a_string', 'b', 't', 'c']);
    expect(names('union kind=inner T1, T2')).toEqual(['b']);
  });
  it('says where rows are from beside a column of that name', async () => {
    expect(names('union withsource=b T1, T2')).toEqual(expect.arrayContaining(['b', 'b1']));
    const sources = (await rowsOf('union withsource=b T1, T2 | distinct b')).map((row) => JSON.parse(row) as unknown);
    expect(sources).toEqual([['T1'], ['T2']]);
  });
  it.each<[string, unknown[][]]>([
    [
      'let V1 = view () { print x=1 }; let V2 = view () { print x=toint(2) }; union withsource=s V*',
      [
        ['V1', 1, null],
        ['V2', null, 2],
      ],
    ],
    [
      'let L = T1; union withsource=s L, T2 | summarize count() by s',
      [
        ['T2', 2],
        ['union_arg0', 3],
      ],
    ],
    ['union isfuzzy=true T1, Nope, No*, (Neither | where x > 1) | count', [[3]]],
    [
      'T1 | union withsource=s (T2 | where c > 2) | summarize count() by s',
      [
        ['T1', 3],
        ['T2', 1],
      ],
    ],
  ])('%s', async (kql, rows) => {
    expect(await rowsOf(kql)).toEqual(sorted(rows));
  });
});

describe('a search of all columns', () => {
  it('finds what each column by itself has, whatever the texts', async () => {
    const letters = fc.array(fc.constantFrom('a', 'A', 'b', 'é', '日', '1', ' ', '.', '-', '\n', '\u0001', '_'), {
      maxLength: 5,
    });
    const text = letters.map((all) => all.join(''));
    const quoted = (value: string) => JSON.stringify(value);
    const operator = fc.constantFrom('has', 'has_cs', 'hasprefix', 'hasprefix_cs', 'hassuffix', 'hassuffix_cs', 'contains', 'contains_cs'); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.tuple(text, text, text, text), text, operator, async (cells, needle, op) => {
        const source = `datatable(a: string, b: string, c: string, d: string) [${cells.map(quoted).join(', ')}]`;
        const found = (condition: string) => rowsOf(`${source} | ${condition} | count`);
        const each = ['a', 'b', 'c', 'd'].map((name) => `${name} ${op} ${quoted(needle)}`).join(' or ');
        expect(await found(`search * ${op} ${quoted(needle)}`)).toEqual(await found(`where ${each}`));
      }),
      { numRuns: 150 },
    );
  });
});

describe('search and find', () => {
  it.each<[string, unknown[][]]>([
    [
      'search "x" | project $table, b',
      [
        ['T1', 'x one'],
        ['T1', 'x three'],
        ['T2', 'x one'],
        ['U3', 'x u3'],
      ],
    ],
    ['search a == 1 | project $table', [['T1'], ['T2']]],
    ['search a:"q" | project $table', [['T2']]],
    ['search in (T*) "o*e" | project $table', [['T1'], ['T2']]],
    ['search kind=case_sensitive "X" | count', [[0]]],
    ['search "two" or 7 | project $table', [['T1'], ['U3']]],
    ['search not("x") | project $table', [['T1'], ['T2']]],
    ['let R = view () { range n from 1 to 9 step 1 }; search n == 5 | project $table, n', [['R', 5]]],
    [
      'find in (T1, T2) where a == 1 | project source_, b',
      [
        ['T1', 'x one'],
        ['T2', 'x one'],
      ],
    ],
    // T1 and T2 have `a` in types of their own.
    ['find in (T1, T2) where b has "one" | parse source_ with "T" n:long | project n', [[1], [2]]],
    ['find b == "zed"', [['T2', 'zed', '{"a":"q","c":2.5}']]],
    ['find in (T1, T2) where b == "zed" project b, pack_all()', [['T2', 'zed', '{"a":"q","c":2.5}']]],
    [
      'find withsource=w in (T1, U3) where x == 7 or b == "y two" project b, x',
      [
        ['T1', 'y two', null],
        ['U3', 'x u3', 7],
      ],
    ],
  ])('%s', async (kql, rows) => {
    expect(await rowsOf(kql)).toEqual(sorted(rows));
  });
  it('names the columns of a condition and those that all tables have', () => {
    expect(names('find in (T1, T2) where a == 1')).toEqual(['source_', 'a_long', 'a_string', 'b', 'pack_']);
    expect(refusal('find in (T1, T2) where b == "z" project a').at).toBe('a');
  });
  it('leaves out tables that hold nothing', () => {
    expect(names('search "x"')).not.toContain('nothing');
    expect(names('Gone | take 1')).toEqual(['nothing']);
    expect(compile('search "x"', catalogue, { now }).reads.map((r) => r.table)).toEqual(['T1', 'T2', 'U3']);
  });
});

describe('top-nested, top-hitters and partition', () => {
  const t =
    'datatable(c:string, s:string, v:long)["a","x",10, "a","y",20, "b","x",30, "c","q",1, "c","q",2, "d","z",5]';
  it.each<[string, unknown[][]]>([
    [
      `${t} | top-nested 2 of c with others="C" by T=sum(v), top-nested 1 of s with others="S" by U=sum(v)`,
      [
        ['b', 30, 'x', 30],
        ['a', 30, 'y', 20],
        ['a', 30, 'S', 10],
        ['C', 8, 'S', 8],
      ],
    ],
    [
      `${t} | top-nested 2 of c with others="C" by T=sum(v), top-nested 1 of s by U=sum(v)`,
      [
        ['b', 30, 'x', 30],
        ['a', 30, 'y', 20],
        ['C', 8, '', null],
      ],
    ],
    [
      `${t} | top-nested 2 of c by T=sum(v), top-nested 1 of s with others="S" by U=sum(v)`,
      [
        ['b', 30, 'x', 30],
        ['a', 30, 'y', 20],
        ['a', 30, 'S', 10],
        ['', null, 'S', 8],
      ],
    ],
    [`${t} | top-hitters 1 of c by v`, [['b', 30]]],
    ['T1 | partition by a (top 1 by b | project b)', [['x one'], ['y two']]],
    [
      'T1 | partition by a (as P | extend n = toscalar(P | count) | project b, n)',
      [
        ['x one', 1],
        ['x three', 2],
        ['y two', 2],
      ],
    ],
    ['range x from 1 to 2 step 1 | partition by x { T1 | where a == toscalar(x) | count }', [[1], [2]]],
  ])('%s', async (kql, rows) => {
    expect(await rowsOf(kql)).toEqual(sorted(rows));
  });
});

describe('scan', () => {
  const events =
    'datatable(n:long, e:string)[0,"A", 1,"Start", 2,"B", 3,"D", 4,"Stop", 6,"C", 8,"Start", 11,"E", 12,"Stop"] | sort by n asc';
  const steps = (output: string): string =>
    `${events} | scan with_match_id=m with (step s1: e == "Start"; step s2 ${output}: e != "Start" and e != "Stop" and n - s1.n <= 5; step s3: e == "Stop" and n - s1.n <= 5;)`;
  it.each<[string, unknown[][]]>([
    [
      steps(''),
      [
        [1, 'Start', 0],
        [2, 'B', 0],
        [3, 'D', 0],
        [4, 'Stop', 0],
        [8, 'Start', 1],
        [11, 'E', 1],
        [12, 'Stop', 1],
      ],
    ],
    [
      steps('output=last'),
      [
        [1, 'Start', 0],
        [3, 'D', 0],
        [4, 'Stop', 0],
        [8, 'Start', 1],
        [11, 'E', 1],
        [12, 'Stop', 1],
      ],
    ],
    [
      'range x from 1 to 5 step 1 | scan declare (c:long=0) with (step s: true => c = x + s.c;)',
      [
        [1, 1],
        [2, 3],
        [3, 6],
        [4, 10],
        [5, 15],
      ],
    ],
    ['T1 | where a > 9 | sort by a | scan declare (c:long=0) with (step s: true => c = s.c + 1;)', []],
    [
      'T1 | sort by t asc | scan partition by a declare (c:long=0) with (step s: true => c = s.c + 1;) | project b, c',
      [
        ['x one', 1],
        ['x three', 1],
        ['y two', 2],
      ],
    ],
    [
      'range x from 1 to 2000 step 1 | scan declare (c:long=0) with (step s: true => c = s.c + x;) | summarize max(c)',
      [[2_001_000]],
    ],
  ])('%s', async (kql, rows) => {
    expect(await rowsOf(kql)).toEqual(sorted(rows));
  });
  it('refuses rows without an order, and a step that comes later', () => {
    expect(refusal('T1 | scan with (step s: true;)').code).toBe('InvalidArgument');
    expect(refusal('T1 | sort by a | scan with (step s: z.a > 1; step z: true;)').at).toBe('z.a');
  });
  it('gives what the rules give, whatever the rows', async () => {
    const kql = (values: string): string =>
      `datatable(i:long, v:long)[${values}] | sort by i asc | scan with_match_id=m declare (k:long=-1) with (step p: v % 3 == 0 => k = iff(p.k < 0, 0, p.k + 1); step q: v > p.v => k = q.k * 10 + p.k; step r output=last: v < q.v and v != p.v => k = q.k;)`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 25 }), async (values) => {
        const compiled = await asked(kql(values.map((v, i) => `${i}, ${v}`).join(', ')));
        expect(engine.rows(compiled.sql).map((r) => r.map(Number))).toEqual(model(values));
      }),
      { numRuns: 25 },
    );
  });
});

interface Memory {
  readonly v: number;
  readonly k: number;
}
interface Sequence {
  readonly id: number;
  readonly at: readonly (Memory | undefined)[];
}
/** Kusto's rules for the machine of the test above, row by row. */
function model(values: readonly number[]): number[][] {
  const none = { v: Number.NaN, k: -1 };
  const meets: ((v: number, s: readonly Memory[]) => boolean)[] = [
    (v) => v % 3 === 0,
    (v, [p]) => v > p!.v,
    (v, [p, q]) => v < q!.v && v !== p!.v,
  ];
  const gives: ((s: readonly Memory[]) => number)[] = [
    ([p]) => (p!.k < 0 ? 0 : p!.k + 1),
    ([p, q]) => q!.k * 10 + p!.k,
    ([, q]) => q!.k,
  ];
  const state: (Sequence | undefined)[] = [undefined, undefined, undefined];
  const filled = (s: Sequence | undefined): Memory[] => [0, 1, 2].map((j) => s?.at[j] ?? none);
  const out: { row: number[]; step: number; series: number }[] = [];
  const series = [0, 0, 0];
  let next = 0;
  values.forEach((v, i) => {
    for (let k = 2; k >= 0; k--) {
      const before = k > 0 ? state[k - 1] : undefined;
      const moved = before !== undefined && meets[k]!(v, filled(before));
      const stays = !moved && (k === 0 || state[k] !== undefined) && meets[k]!(v, filled(state[k]));
      if (!moved && !stays) continue;
      const base = moved ? before : state[k];
      if (moved || (k === 0 && !state[0])) series[k]!++;
      const id = base?.id ?? next++;
      const value = gives[k]!(filled(base));
      state[k] = { id, at: [0, 1, 2].map((j) => (j === k ? { v, k: value } : j < k ? base?.at[j] : undefined)) };
      if (moved) state[k - 1] = undefined;
      out.push({ row: [i, v, value, id], step: k, series: series[k]! });
    }
  });
  const isLast = (o: (typeof out)[number], at: number): boolean =>
    !out.slice(at + 1).some((p) => p.step === o.step && p.series === o.series);
  return out.filter((o, at) => o.step !== 2 || isLast(o, at)).map((o) => o.row);
}

describe('statements', () => {
  it('gives several tables to a caller who takes several', async () => {
    const several = { several: true };
    expect(refusal('T1 | count; T2 | count').code).toBe('SeveralTables');
    const both = await asked('T1 | count; T2 | count', several);
    expect([both, ...(both.further ?? [])].map((c) => engine.rows(c.sql))).toEqual([[[3]], [[2]]]);
    const forked = await asked('T1 | fork (where a > 1) q=(count)', several);
    expect(forked.further?.map((c) => c.name)).toEqual(['q']);
    const facets = await asked('T1 | facet by a with (take 0)', several);
    expect(facets.further?.map((c) => sorted(engine.rows(c.sql)))).toEqual([
      sorted([
        [1, 1],
        [2, 2],
      ]),
    ]);
    expect(refusal('T1 | fork (count) (take 1) | count').code).not.toBe('');
  });
  it.each<[string, unknown[][]]>([
    ['set query_now=datetime(2020-01-01); print ago(1d)', [['2019-12-31T00:00:00.0000000Z']]],
    ["set query_datetimescope_column='t'; set query_datetimescope_from=datetime(2024-01-02); T1 | count", [[1]]],
    ['restrict access to (T1); union * | count', [[3]]],
    ['let L = view () { T1 | where a > 1 }; restrict access to (L); L | count', [[2]]],
    ['restrict access to (F); F | count', [[2]]],
    ['alias database d = database("soc"); database("d").T1 | count', [[3]]],
    ['workspace("SOC").T1 | count', [[3]]],
    [
      'declare pattern p = (n:string)[s:string] { ("a").["b"] = { print x=1 }; ("a").["c"] = { print x=2 }; }; p("a").c',
      [[2]],
    ],
    [
      'macro-expand entity_group [database("lake")] as X (X.T1 | where a > 1 | extend w = X.$current_database | project w)',
      [['soc'], ['soc']],
    ],
    ['declare query_parameters(n:long=2, s:string="x"); T1 | where a == n | count', [[2]]],
    [
      'range x from 3 to 1 step -1 | extend r = row_number()',
      [
        [3, 1],
        [2, 2],
        [1, 3],
      ],
    ],
    ['range x from 1 to 10 step 1 | project s = strcat("foo", "Z", tostring(x)) | reduce by s', [['others', 10, '']]],
    [
      'range x from 1 to 10 step 1 | project s = strcat("foo", "Z", tostring(x)) | reduce by s with characters="Z"',
      [['foo*', 10, 'fooZ1']],
    ],
    ['T1 | assert-schema (a:long, b:string, t:datetime) | count', [[3]]],
    ['T1 | consume', []],
  ])('%s', async (kql, rows) => {
    expect(await rowsOf(kql)).toEqual(sorted(rows));
  });
  it('takes the values of parameters from the caller', async () => {
    const kql = 'declare query_parameters(n:long, s:string="x"); T1 | where a == n and b has s | count';
    expect(await rowsOf(kql, { parameters: { n: '2', s: "'three'" } })).toEqual(['[1]']);
    await expect(asked(kql)).rejects.toThrow('has no value');
    await expect(asked(kql, { parameters: { n: '1); drop' } })).rejects.toThrow('is no long');
  });
  it('reads for externaldata what its caller gives', async () => {
    const kql =
      "externaldata(n:long, w:string)['https://example.org/x.csv'] with (format='csv', ignoreFirstRecord=true) | where n > 1";
    const asks: ExternalRequest[] = [];
    const external = (request: ExternalRequest): Sql => {
      asks.push(request);
      return sql`(SELECT toInt64(number) AS n, 'a' AS w FROM numbers(4))`;
    };
    expect(await rowsOf(kql, { external })).toEqual(['[2,"a"]', '[3,"a"]']);
    expect(asks[0]).toMatchObject({
      addresses: ['https://example.org/x.csv'],
      format: 'csv',
      properties: { ignorefirstrecord: 'true' },
    });
  });
  it.each([
    'cluster("x").database("lake").T1',
    'workspace("other").T1',
    'database("other").T1',
    'restrict access to (T1); T2',
    'restrict access to (T1); F',
    'let L = view () { T2 }; restrict access to (L); T2',
    'let f = (n:long) { f(n - 1) }; f(1)',
    'declare pattern p; p("a").b',
    'externaldata(a:string)["https://example.org/x.csv"]',
    'evaluate http_request("https://example.org")',
    'T1 | assert-schema (a:string)',
  ])('%s is refused', (kql) => {
    expect(refusal(kql).code).not.toBe('');
  });
});
