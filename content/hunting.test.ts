import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createKql, externalWithoutRows, type Kql } from '@sallyport/kql';
import { loadFunctions } from '@sallyport/lake';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

// The hunting queries that ship: each is whole, stands in its tactic's folder, compiles, runs over empty tables, and gives the columns its entities name.

const root = import.meta.dirname + '/hunting';
const HuntingQuery = z.strictObject({
  id: z.uuid(),
  name: z.string().min(1),
  description: z.string().min(40),
  requiredDataConnectors: z.array(z.strictObject({ connectorId: z.string(), dataTypes: z.array(z.string()).min(1) })),
  tactics: z.array(z.string()).min(1),
  relevantTechniques: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).min(1),
  query: z.string().min(1),
  entityMappings: z
    .array(
      z.strictObject({
        entityType: z.string(),
        fieldMappings: z.array(z.strictObject({ identifier: z.string(), columnName: z.string() })).min(1),
      }),
    )
    .min(1),
  version: z.string(),
});

let bench: TestLake;
let kql: Kql;
beforeAll(async () => {
  bench = await startTestLake();
  const catalogue = bench.lake.kqlCatalogue(await loadFunctions());
  kql = createKql(() => catalogue, { lookups: bench.lake.lookups });
}, 120_000);
afterAll(() => bench.stop());

const files = async (): Promise<string[]> =>
  (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.yaml')).toSorted();

it('each hunting query compiles, runs over empty tables and gives its entities’ columns', { timeout: 600_000 }, async () => {
  const now = new Date('2026-01-10T00:00:00Z');
  const ids = new Set<string>();
  const wrong: string[] = [];
  for (const file of await files()) {
    try {
      const query = HuntingQuery.parse(parse(await readFile(join(root, file), 'utf8')));
      if (ids.has(query.id)) wrong.push(`${file}: its id is another’s`);
      ids.add(query.id);
      const folder = query.tactics[0]?.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
      if (folder !== dirname(file)) wrong.push(`${file}: its first tactic is ${query.tactics[0]}`);
      const options = { now, database: bench.lake.workspace, maxRows: 10, external: externalWithoutRows };
      const { sql, columns } = await kql.compileAsking(
        query.query,
        options,
        async (text) => (await bench.lake.query(text, { operation: 'hunting test' })).rows,
      );
      const known = new Set(columns.map(({ name }) => name));
      for (const { columnName } of query.entityMappings.flatMap(({ fieldMappings }) => fieldMappings))
        if (!known.has(columnName)) wrong.push(`${file}: no column ${columnName}`);
      const { rows } = await bench.lake.query(sql, { operation: 'hunting test' });
      if (rows.length > 0) wrong.push(`${file}: rows out of nothing`);
    } catch (error) {
      wrong.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(ids.size).toBeGreaterThanOrEqual(60);
});
