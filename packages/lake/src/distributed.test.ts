import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, sql, sqlIdentifier, sqlString, type Sql } from '@sallyport/kql';
import { Catalogue, define } from './catalogue/catalogue.ts';
import { ddl } from './ddl.ts';
import { startEngine, type Engine } from './engine/start.ts';
import { querySettings } from './lake.ts';

/**
 * KQL over Distributed tables of two shards gives what it gives over plain ones. The engine is both of the shards: statements are cut in stages as on a cluster, each shard answers with
 * all rows, and the plain table has them twice. So a join that a shard made of its own rows alone would show; nothing goes over a network.
 */
const twice = (table: string): Sql => sql`remote('127.0.0.1,127.0.0.1', 'main', ${sqlString(table)})`;
const catalogue = new Catalogue([
  define({ name: 'Events', columns: { User: 'string', Host: 'string', N: 'long', D: 'dynamic' } }),
  define({ name: 'Hosts', columns: { Host: 'string', Owner: 'string', Weight: 'long' } }),
]);

let folder: string;
let engine: Engine;
const send = async (text: string, settings: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const headers = { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password };
  const given = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const answer = await fetch(`${engine.url}/?${given}`, { method: 'POST', body: text, headers });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-distributed-'));
  await chmod(folder, 0o711);
  engine = await startEngine({ dataDir: join(folder, 'data'), poolSize: 2 });
  for (const database of ['main', 'whole']) await send(`CREATE DATABASE ${database}`);
  const rows = {
    Events: `SELECT toDateTime64('2026-01-01 00:00:00', 7, 'UTC') + number, concat('user', toString(number % 7)), concat('host', toString(number % 5)), if(number % 9 = 0, NULL, number % 13), concat('{"os":"o', toString(number % 4), '"}') FROM numbers(200)`,
    Hosts: `SELECT toDateTime64('2026-01-01 00:00:00', 7, 'UTC'), concat('host', toString(number % 8)), concat('user', toString(number % 3)), number FROM numbers(12)`,
  };
  const names = { Events: 'User, Host, N, D', Hosts: 'Host, Owner, Weight' };
  for (const table of ['Events', 'Hosts'] as const) {
    for (const database of ['main', 'whole'])
      for (const statement of ddl(catalogue.get(table)!, { database })) await send(statement);
    for (const database of ['main', 'whole', 'whole'])
      await send(`INSERT INTO ${database}.${table} (TimeGenerated, ${names[table]}) ${rows[table]}`);
  }
});
afterAll(async () => {
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const joins = [
  'inner',
  'innerunique',
  'leftouter',
  'rightouter',
  'fullouter',
  'leftanti',
  'leftsemi',
  'rightanti',
  'rightsemi',
];
const questions = [
  ...joins.map((kind) =>
    kind === 'innerunique'
      ? `Events | where N > 2 | distinct Host | join kind=${kind} (Hosts | project Host, Owner) on Host | project Host, Owner`
      : `Events | where N > 2 | join kind=${kind} (Hosts | where Weight in (3, 6, 9) | project Host, Owner, Weight) on Host | project-away TimeGenerated*`,
  ),
  'Events | join kind=rightouter (Hosts) on Host | summarize count(), sum(Weight) by Owner, User',
  'Events | lookup kind=leftouter (Hosts | summarize Weight = max(Weight) by Host) on Host | summarize sum(Weight) by User',
  'Events | where Host in (Hosts | where Weight > 5 | project Host) | summarize count() by Host',
  'Events | where Host !in (Hosts | where Weight > 5 | project Host) and User in~ (Hosts | project toupper(Owner)) | summarize count() by Host, User',
  'Events | where N > toscalar(Hosts | summarize avg(Weight)) | summarize dcount(Host), count() by User',
  'union Events, Hosts | summarize count() by Type, Host',
  'union (Events | where Host in ((Hosts | where Owner == "user1" | project Host))), Hosts | count',
  'Events | summarize arg_max(TimeGenerated, *) by User | project User, Host, N',
  'Events | summarize arg_min(TimeGenerated, Host), make_set(N), percentile(N, 50), stdev(N) by User | extend s = array_sort_asc(set_N) | project-away set_N',
  'Events | summarize Total = count() by User | join kind=inner (Events | summarize Big = max(N) by User) on User | where Total > Big',
  'let g = Events | summarize Total = count() by User; g | join kind=inner g on User | project User, Total',
  'let m = materialize(Events | where N > 4); m | join kind=inner (m | summarize Top = max(N) by Host) on Host | summarize count() by Top, Host',
  'Events | sort by TimeGenerated desc | extend Row = row_number(), Before = prev(N) | where Row < 20 | project Row, User, Before',
  'Events | top 5 by TimeGenerated desc | project User, N',
  'Events | partition by Host (top 2 by TimeGenerated desc | project TimeGenerated, User, Host)',
  'Events | where tostring(D.os) == "o1" | summarize count() by Os = tostring(D.os), Host',
  'Events | make-series count() on TimeGenerated from datetime(2026-01-01) to datetime(2026-01-01 00:05) step 1m by Host',
  'Events | mv-expand K = dynamic(["a", "b"]) | summarize count() by tostring(K), Host',
  'Events | join kind=inner (Hosts | join kind=inner (Events | summarize S = sum(N) by User) on $left.Owner == $right.User) on Host | summarize count(), max(S) by User',
  'search in (Events, Hosts) "host3" | summarize count() by $table',
];

describe('over Distributed tables', () => {
  const now = new Date('2026-01-02T00:00:00Z');
  /** Not by the lake's door, through which nothing names another machine. */
  const run = async (text: string): Promise<string[]> =>
    (await send(`${text} FORMAT JSONCompactEachRow`, querySettings)).trimEnd().split('\n').toSorted();
  const plain = (kql: string): string =>
    compile(kql, catalogue.kql(), { now, source: ({ name }) => sql`whole.${sqlIdentifier(name)}` }).sql;
  const overShards = (kql: string, on: boolean): string => {
    const spread = { ...catalogue.kql(), distributed: true };
    const rewrites = { globalIn: on, globalJoin: on };
    return compile(kql, spread, { now, source: ({ name }) => twice(name), rewrites }).sql;
  };
  test.each(questions)('%s', async (kql) => {
    const expected = await run(plain(kql));
    expect(expected[0]).not.toBe('');
    expect(await run(overShards(kql, true))).toEqual(expected);
    expect(await run(overShards(kql, false))).toEqual(expected);
  });

  test('what stands in `in` is asked for once, and not by each shard of each', async () => {
    const kql = 'Events | where Host in ((Hosts | where Weight > 5 | project Host)) | summarize count() by Host';
    const readsOfHosts = async (globalIn: boolean): Promise<number> => {
      const plan = await send(`EXPLAIN ${overShards(kql, globalIn)}`, querySettings);
      return plan.split('ReadFromMergeTree (main.Hosts)').length - 1;
    };
    // Else the plan has 2 shards' reads for each of 2 shards. What was asked for once is not in the plan any more.
    expect([await readsOfHosts(true), await readsOfHosts(false)]).toEqual([0, 4]);
    expect(plain(kql)).not.toContain('GLOBAL');
  });

  test('a join by rows of one table is made in its shards', async () => {
    const kql =
      'Events | where N > 2 | join kind=inner (Hosts | where Weight > 5) on Host | summarize count() by Owner, User';
    const joins = async (on: boolean): Promise<(string | undefined)[]> => {
      const plan = await send(`EXPLAIN ${overShards(kql, on)}`, querySettings);
      return plan
        .split('⋈')
        .slice(1)
        .map((join) => /Locality: (\w+)/.exec(join)?.[1]);
    };
    expect(await joins(true)).toEqual(['GLOBAL', 'GLOBAL']);
    expect(await joins(false)).toEqual([undefined]);
  });
});
