import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../../../test/engine.ts';
import { compile, compileAsking, KqlError, tablesOf, type FunctionDefinition, type KqlCatalogue } from '../../index.ts';

let engine: Engine;
const catalogue: KqlCatalogue = {
  version: 'plugins',
  tables: [
    {
      name: 'Bags',
      columns: [
        { name: 'Id', type: 'string' },
        { name: 'Bag', type: 'dynamic' },
      ],
    },
    {
      name: 'Nothing',
      columns: [
        { name: 'Id', type: 'string' },
        { name: 'Bag', type: 'dynamic' },
      ],
    },
  ],
  functions: [
    { name: 'Unpacked', parameters: '()', body: 'Bags | evaluate bag_unpack(Bag)' },
    { name: 'UnpackedOf', parameters: '(id:string)', body: 'Bags | where Id == id | evaluate bag_unpack(Bag)' },
  ] satisfies FunctionDefinition[],
};
beforeAll(() => {
  engine = openEngine();
  for (const table of catalogue.tables) engine.create(table);
  engine.run(`INSERT INTO Bags (Id, Bag) VALUES
    ('x', '{"n":1,"s":"one","m":1,"o":{"k":[1]}}'), ('y', '{"n":2,"m":"two","r":1.5}'), ('z', '')`);
});
afterAll(() => engine.close());

const now = new Date('2026-01-01T00:00:00Z');
interface Answer {
  readonly columns: string[];
  readonly rows: unknown[][];
  readonly asked: number;
}
async function run(query: string): Promise<Answer> {
  let asked = 0;
  const { sql, columns } = await compileAsking(query, catalogue, { now }, async (question) => {
    asked++;
    return engine.rows(question);
  });
  return { columns: columns.map((c) => `${c.name}:${c.type}`), rows: engine.rows(sql), asked };
}
const rowsOf = async (query: string): Promise<unknown[][]> => (await run(query)).rows;
async function refusal(query: string): Promise<KqlError> {
  const error: unknown = await run(query).then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof KqlError)) throw new Error(`not refused: ${query}`, { cause: error });
  return error;
}

describe('bag_unpack', () => {
  it('asks the data for its columns and their types', async () => {
    const { columns, rows, asked } = await run('Bags | evaluate bag_unpack(Bag) | sort by Id asc');
    expect(asked).toBe(1);
    expect(columns).toEqual(['Id:string', 'm:dynamic', 'n:long', 'o:dynamic', 'r:real', 's:string']);
    expect(rows).toEqual([
      ['x', '1', 1, '{"k":[1]}', null, 'one'],
      ['y', '"two"', 2, '', 1.5, ''],
      ['z', '', null, '', null, ''],
    ]);
  });

  it('is known to what follows, in lets, functions and stored functions', async () => {
    expect(await rowsOf('Bags | evaluate bag_unpack(Bag) | where n > 1 | project n = n + 1, s')).toEqual([[3, '']]);
    expect(await rowsOf('let B = Bags | evaluate bag_unpack(Bag); B | summarize sum(n)')).toEqual([[3]]);
    expect(
      await rowsOf('let f = (T:(Bag:dynamic)) { T | evaluate bag_unpack(Bag) }; f(Bags) | summarize max(r)'),
    ).toEqual([[1.5]]);
    expect(await rowsOf('Unpacked() | where s == "one" | project o.k[0]')).toEqual([['1']]);
    expect(await rowsOf("UnpackedOf('y') | project r")).toEqual([[1.5]]);
  });

  it('is asked again for columns out of columns', async () => {
    const query = "Bags | where Id == 'x' | evaluate bag_unpack(Bag) | evaluate bag_unpack(o) | project k";
    expect(await run(query)).toMatchObject({ asked: 2, rows: [['[1]']] });
  });

  it('takes a prefix, leaves out properties, and settles conflicts', async () => {
    expect(
      (await run("Bags | evaluate bag_unpack(Bag, 'p_', ignoredProperties=dynamic(['o', 'm', 'r']))")).columns,
    ).toEqual(['Id:string', 'p_n:long', 'p_s:string']);
    const clash = 'datatable(Name:string, d:dynamic)["old", dynamic({"Name":"new","Age":1})] | evaluate bag_unpack(d';
    expect(await rowsOf(`${clash}, columnsConflict='replace_source')`)).toEqual([['new', 1]]);
    expect(await rowsOf(`${clash}, columnsConflict='keep_source')`)).toEqual([['old', 1]]);
    expect((await refusal(`${clash})`)).message).toContain('columnsConflict');
    expect(await rowsOf('print d = dynamic({"d":2,"a":1}) | evaluate bag_unpack(d)')).toEqual([[2, 1]]);
  });

  it('asks nothing when its columns are stated', async () => {
    const query = "Bags | evaluate bag_unpack(Bag, 'p_') : (*, p_n:long, p_s:string) | where p_n == 1";
    expect(await run(query)).toMatchObject({ asked: 0, rows: [['x', 1, 'one']] });
  });

  it('refuses a name that the data does not have, as the real engine does, but takes it where there is no data', async () => {
    expect((await refusal('Bags | evaluate bag_unpack(Bag) | where Missing == 1')).code).toBe('KS142');
    expect(await rowsOf('Nothing | evaluate bag_unpack(Bag) | where Missing == 1 | project Missing')).toEqual([]);
  });

  it('compiles without data when it may, and else says what to write', () => {
    const query = 'Bags | evaluate bag_unpack(Bag) | where Anything == 1 | summarize count() by Other';
    expect(() => compile(query, catalogue, { now })).toThrow(/state them/);
    expect(compile(query, catalogue, { now, noData: true }).reads.map((r) => r.table)).toEqual(['Bags']);
    expect(tablesOf(query, catalogue)).toEqual(['Bags']);
  });

  it('refuses a function whose calls give other columns', async () => {
    const error = await refusal("UnpackedOf('x') | join kind=fullouter (UnpackedOf('y')) on n");
    expect(error.message).toContain('state them');
  });
});

describe('pivot', () => {
  const table =
    'datatable(State:string, Event:string, n:long)["OHIO","Wind",1,"IOWA","Hail",2,"OHIO","Wind",3,"IOWA","Wind",4]';
  it('turns values into columns', async () => {
    const counted = await run(`${table} | project State, Event | evaluate pivot(State) | sort by Event asc`);
    expect(counted).toMatchObject({ asked: 1, columns: ['Event:string', 'OHIO:long', 'IOWA:long'] });
    expect(counted.rows).toEqual([
      ['Hail', 0, 1],
      ['Wind', 2, 1],
    ]);
    expect(await rowsOf(`${table} | evaluate pivot(State, sum(n)) | summarize total = sum(OHIO + IOWA)`)).toEqual([
      [10],
    ]);
    expect(await rowsOf(`${table} | evaluate pivot(Event, make_list(n), State) | where State == 'OHIO'`)).toEqual([
      ['OHIO', '[1,3]', '[]'],
    ]);
    expect(
      await rowsOf(`${table} | evaluate pivot(State, max(n)) : (Event:string, IOWA:long) | where Event == 'Hail'`),
    ).toEqual([['Hail', 2]]);
  });
  it.each([
    ['min(n)', 2],
    ['avg(n)', 3],
    ['dcount(n)', 2],
    ['variance(n)', 2],
    ['take_any(w)', 'W'],
    ['make_set(w)', '["W"]'],
  ])('%s', async (aggregate, value) => {
    const rows = await rowsOf(
      `${table} | where State == 'IOWA' | sort by n desc | extend k = 1, w = 'W' | evaluate pivot(State, ${aggregate}, k)`,
    );
    expect(rows).toEqual([[1, value]]);
  });
  it('refuses what cannot be the name of a column', async () => {
    expect((await refusal('datatable(a:string, b:string)["", "x"] | evaluate pivot(a)')).message).toContain(
      'leave its rows out',
    );
  });
});

describe('rows and schemas', () => {
  const ten = 'range x from 1 to 10 step 1';
  it.each([
    [`${ten} | evaluate rows_near(x == 5, 1)`, [[4], [5], [6]]],
    [`${ten} | evaluate rows_near(x == 5, 1, 3)`, [[4], [5], [6], [7], [8]]],
    [
      'print a = 1, b = "x" | evaluate narrow()',
      [
        [0, 'a', '1'],
        [0, 'b', 'x'],
      ],
    ],
    [
      'union (print a = 1, b = "x" | getschema), (print a = 1.5 | getschema) | evaluate schema_merge()',
      [
        ['a', 0, 'System.Double', 'real'],
        ['b', 1, 'System.String', 'string'],
      ],
    ],
  ])('%s', async (query, rows) => {
    expect(await rowsOf(query)).toEqual(rows);
  });
  it('preview gives two tables, at the end alone', async () => {
    const compiled = compile(`${ten} | evaluate preview(2)`, catalogue, { now, several: true });
    expect([compiled, ...(compiled.further ?? [])].map(({ sql }) => engine.rows(sql))).toEqual([[[1], [2]], [[10]]]);
    expect((await refusal(`${ten} | evaluate preview(2) | count`)).message).toContain('end a query');
  });
});

describe('lookups by address', () => {
  const networks = `let L = datatable(network:string, code:string)["10.0.0.0/8","ten","10.1.0.0/16","ten-one","192.168.1.1","host","bad","bad"];`;
  it('finds each network around an address', async () => {
    const query = `${networks} datatable(ip:string)["10.1.2.3","10.2.0.0","192.168.1.1","8.8.8.8","x","10.1.0.0/12"] | evaluate ipv4_lookup(L, ip, network)`;
    expect(
      (await rowsOf(`${query} | sort by ip asc, code asc`)).map(([ip, , code]) => `${String(ip)} ${String(code)}`),
    ).toEqual([
      '10.1.0.0/12 ten',
      '10.1.0.0/12 ten-one',
      '10.1.2.3 ten',
      '10.1.2.3 ten-one',
      '10.2.0.0 ten',
      '192.168.1.1 host',
    ]);
  });
  it('keeps what is not found when asked, and compares other keys', async () => {
    const query = `${networks} datatable(ip:string, code:string)["10.1.2.3","ten-one","8.8.8.8",""] | evaluate ipv4_lookup(L, ip, network, code, return_unmatched = true) | sort by ip asc`;
    expect(await rowsOf(query)).toEqual([
      ['10.1.2.3', 'ten-one', '10.1.0.0/16'],
      ['8.8.8.8', '', ''],
    ]);
  });
  it('knows IPv6, and IPv4 within it', async () => {
    const query =
      'let L = datatable(net:string)["2001:db8::/32","::ffff:1.2.3.0/120"]; datatable(ip:string)["2001:db8:1::5","1.2.3.4","fe80::1"] | evaluate ipv6_lookup(L, ip, net) | sort by ip asc';
    expect(await rowsOf(query)).toEqual([
      ['::ffff:1.2.3.0/120', '1.2.3.4'],
      ['2001:db8::/32', '2001:db8:1::5'],
    ]);
  });
});

describe('who did what when', () => {
  const users = `let U = datatable(t:datetime, us:dynamic)[
    datetime(2019-11-01), dynamic([0,2,3,4]), datetime(2019-11-02), dynamic([0,1,3,4,5]), datetime(2019-11-03), dynamic([0,2,4,5]),
    datetime(2019-11-04), dynamic([0,1,2,3]), datetime(2019-11-05), dynamic([0,1,2,3,4])] | mv-expand u = us to typeof(long) | project t, u;`;
  const from = 'datetime(2019-11-01), datetime(2019-11-05)';
  it.each([
    [
      'new_activity_metrics, as its page shows',
      `${users} U | evaluate new_activity_metrics(u, t, datetime(2019-11-01), datetime(2019-11-07) - 1tick, 1d) | where from_t == datetime(2019-11-02) | project-away from_t, to_t`,
      [
        [2, 2, 0, 1, 0],
        [0, 1, 1, 0.5, 0.5],
        [0, 1, 1, 0.5, 0.5],
        [0, 1, 1, 0.5, 0.5],
        [0, 0, 2, 0, 1],
      ],
    ],
    [
      'activity_metrics',
      `${users} U | evaluate activity_metrics(u, t, ${from}, 1d) | project-away t`,
      [
        [4, 4, 'NaN', 'NaN'],
        [5, 2, 0.75, 0.25],
        [4, 1, 0.6, 0.4],
        [4, 2, 0.5, 0.5],
        [5, 1, 1, 0],
      ],
    ],
    [
      'activity_engagement',
      `${users} U | evaluate activity_engagement(u, t, ${from}, 1d, 2d) | project dcount_activities_inner, dcount_activities_outer`,
      [
        [4, 4],
        [5, 6],
        [4, 6],
        [4, 6],
        [5, 5],
      ],
    ],
    [
      'activity_counts_metrics',
      `${users} U | evaluate activity_counts_metrics(u, t, ${from}, 1d) | project-away t`,
      [
        [4, 4, 4, 4],
        [5, 5, 2, 6],
        [4, 4, 0, 6],
        [4, 4, 0, 6],
        [5, 5, 0, 6],
      ],
    ],
    [
      'active_users_count',
      `${users} U | evaluate active_users_count(u, t, ${from}, 3d, 1d, 3, 1d) | project dcount`,
      [[2], [1], [2]],
    ],
    [
      'sliding_window_counts',
      `${users} U | evaluate sliding_window_counts(u, t, ${from}, 2d, 1d) | project Count, Dcount`,
      [
        [4, 4],
        [9, 6],
        [9, 6],
        [8, 6],
        [9, 5],
      ],
    ],
    [
      'session_count',
      'datatable(t:long, u:string)[1,"a",3,"a",9,"a",2,"b"] | evaluate session_count(u, t, 0, 10, 5, 3)',
      [
        [0, 2],
        [5, 1],
      ],
    ],
    [
      'rolling_percentile',
      'range i from 1 to 6 step 1 | extend day = i / 2 | evaluate rolling_percentile(i, 50, day, 1, 2)',
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 5],
      ],
    ],
    [
      'sequence_detect',
      `datatable(t:long, e:string, d:string)[1,'a','x',2,'b','x',3,'b','x',9,'b','x',2,'b','y'] | evaluate sequence_detect(t, 5, 5, a=(e == 'a'), b=(e == 'b'), d) | sort by b_t asc | project-away Duration`,
      [
        ['x', 1, 2],
        ['x', 1, 3],
      ],
    ],
    [
      'funnel_sequence',
      `datatable(t:long, e:string, u:string)[1,'a','x',2,'b','x',3,'b','x',4,'c','x',1,'b','y'] | evaluate funnel_sequence(u, t, 0, 10, 5, 10, e, dynamic(['b'])) | sort by prev asc | project prev, next, dcount, samples`,
      [
        ['', '', 1, '["y"]'],
        ['a', 'c', 1, '["x"]'],
      ],
    ],
    [
      'funnel_sequence_completion',
      `datatable(t:datetime, e:string, u:string)[datetime(2020-01-01),'a','x',datetime(2020-01-01 02:00),'b','x',datetime(2020-01-01),'a','y']
       | evaluate funnel_sequence_completion(u, t, datetime(2020-01-01), datetime(2020-02-01), 365d, e, dynamic(['a','b']), dynamic([1h, 4h])) | project e, Period, dcount`,
      [
        ['a', '01:00:00', 2],
        ['a', '04:00:00', 2],
        ['b', '04:00:00', 1],
      ],
    ],
  ])('%s', async (_name, query, rows) => {
    expect(await rowsOf(query)).toEqual(rows);
  });
});

describe('dcount_intersect', () => {
  it('counts what the first sets have in common, as its page shows', async () => {
    const query = `range x from 1 to 100 step 1 | summarize a = hll(iif(x % 2 == 0, x, 0)), b = hll(iif(x % 3 == 0, x, 0)), c = hll(iif(x % 5 == 0, x, 0))
      | evaluate dcount_intersect(a, b, c) | project s0 - 1, s1 - 1, s2 - 1`;
    expect(await rowsOf(query)).toEqual([[50, 16, 3]]);
  });
});

describe('patterns', () => {
  const table = `let T = range i from 1 to 1000 step 1
    | project State = case(i % 10 < 4, 'TEXAS', i % 10 < 7, 'OHIO', strcat('S', i)), Event = iff(i % 3 == 0, 'Hail', 'Wind'), Damage = iff(i % 10 < 4, 'NO', 'YES');`;
  it('basket gives what is frequent, with all that follows from it', async () => {
    const rows = await rowsOf(`${table} T | evaluate basket(0.3, '~', '~', '*')`);
    expect(rows).toContainEqual([expect.anything(), 400, 40, 'TEXAS', '*', 'NO']);
    expect(rows).not.toContainEqual([expect.anything(), 400, 40, 'TEXAS', '*', '*']);
    expect(rows.every(([, count]) => Number(count) >= 300)).toBe(true);
  });
  it('autocluster weighs size against detail', async () => {
    expect(await rowsOf(`${table} T | evaluate autocluster(0.5)`)).toContainEqual([
      expect.anything(),
      400,
      40,
      'TEXAS',
      '',
      'NO',
    ]);
  });
  it('diffpatterns tells two sets apart', async () => {
    const rows = await rowsOf(`${table} T | evaluate diffpatterns(Damage, 'NO', 'YES')`);
    expect(rows[0]).toEqual([0, 400, 0, 100, 0, 100, 'TEXAS', '', '']);
  });
  it('diffpatterns_text tells texts apart', async () => {
    const rows = await rowsOf(
      `range i from 1 to 90 step 1 | extend t = iff(i % 3 == 0, strcat('user ', i, ' failed'), strcat('user ', i, ' came')) | evaluate diffpatterns_text(t, i % 3 == 0)`,
    );
    expect(new Set(rows.map((r) => r[4]))).toEqual(new Set(['user * came', 'user * failed']));
  });
});

describe('what does not run', () => {
  it.each([
    'print 1 | evaluate python(typeof(*), "")',
    'print 1 | evaluate r(typeof(*), "")',
    'evaluate sql_request("a", "b")',
    'evaluate infer_storage_schema(dynamic({}))',
    'print t = "x" | evaluate ai_embeddings(t, "c")',
  ])('%s', async (query) => {
    const { code, message } = await refusal(query);
    expect(code).toBe('UnsupportedOperator');
    expect(message).toMatch(/here/);
  });
});
