import { compile, type KqlCatalogue } from '@sallyport/kql';
import { Catalogue, loadAsim, loadFunctions, type AsimSchema, type ShippedFunction } from '@sallyport/lake';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const schemas = await loadAsim();
const functions = await loadFunctions();
const tables = await Catalogue.load();
let lake: TestLake;
let catalogue: KqlCatalogue;
beforeAll(async () => {
  lake = await startTestLake();
  catalogue = lake.lake.kqlCatalogue(functions);
});
afterAll(() => lake.stop());

const options = { now: new Date('2026-01-01T00:00:00Z') };
const parsers = (schema: AsimSchema): ShippedFunction[] => functions.filter((f) => f.name.startsWith(`vim${schema.schema}`));

/** What every schema has and a table may lack: https://learn.microsoft.com/azure/sentinel/normalization-common-fields */
const common = new Map([['EventUid', 'string']]);

describe.each(schemas)('ASIM $schema', (schema) => {
  it('parsers give columns of the schema, of its types', () => {
    const own = new Map(tables.get(schema.table)?.columns.map((c) => [c.name, c.type]));
    for (const { name } of parsers(schema)) {
      const { columns } = compile(`${name}()`, catalogue, options);
      const names = columns.map((c) => c.name);
      for (const { name: column, type } of columns)
        expect(`${name}: ${column} ${type}`).toBe(`${name}: ${column} ${own.get(column) ?? common.get(column)}`);
      expect([name, ...names]).toEqual(
        expect.arrayContaining([name, 'TimeGenerated', 'EventUid', 'EventVendor', 'EventProduct']),
      );
    }
  });

  it('its functions run, with a filter and without', { timeout: 120_000 }, async () => {
    for (const name of [...schema.filtering, ...schema.variants.flatMap((v) => v.filtering)].slice(0, 2)) {
      const from = 'starttime = datetime(2026-01-01), endtime = datetime(2026-01-02)';
      for (const call of [`${name}(${from})`, name]) {
        const { sql } = compile(`${call} | project TimeGenerated, EventUid, EventSchema, Dvc`, catalogue, options);
        expect((await lake.lake.query(sql)).rows).toEqual([]);
      }
    }
    for (const name of schema.plain) compile(`${name} | count`, catalogue, options);
  });
});

it('a row of a native table and one of another are seen as one schema', async () => {
  await lake.lake.insertRows('SigninLogs', [
    { TimeGenerated: '2026-01-01T10:00:00Z', UserPrincipalName: 'anna@contoso.com', ResultType: '50126', IPAddress: '10.0.0.1' },
  ]);
  await lake.lake.insertRows('ASimAuthenticationEventLogs', [
    { TimeGenerated: '2026-01-01T11:00:00Z', TargetUsername: 'bob', EventResult: 'Failure', EventType: 'Logon' },
  ]);
  const query = `_Im_Authentication(eventresult='Failure', eventtype_in=dynamic(['logon'])) | project User, SrcIpAddr, EventResultDetails | sort by User asc`;
  const { sql } = compile(query, catalogue, options);
  expect((await lake.lake.query(sql)).rows).toEqual([
    ['anna@contoso.com', '10.0.0.1', 'Incorrect password'],
    ['bob', '', ''],
  ]);
});
