import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '../test/engine.ts';
import { compile, type KqlCatalogue } from './index.ts';

const table = {
  name: 'Logs_CL',
  columns: [
    { name: 'TimeGenerated', type: 'datetime' },
    { name: 'Message', type: 'string' },
    { name: 'Type', type: 'string' },
  ],
} as const;
const catalogue: KqlCatalogue = {
  version: 'standard columns',
  tables: [table, { name: 'Signals', columns: table.columns }],
  functions: [{ name: 'Ids', parameters: '()', body: 'Logs_CL | project _ItemId' }],
};
let engine: Engine;
beforeAll(() => {
  engine = openEngine();
  engine.create(table);
  for (const message of ['a', 'b'])
    engine.run(
      `INSERT INTO Logs_CL (TimeGenerated, Message, Type, _IngestedAt) VALUES ('2026-01-01', '${message}', 'own', '2026-01-02')`,
    );
});
afterAll(() => engine.close());
const rows = (kql: string) => engine.rows(compile(kql, catalogue, { now: new Date(0) }).sql);
const columns = (kql: string) => compile(kql, catalogue, { now: new Date(0) }).columns.map((c) => c.name);

describe('standard columns', () => {
  it('are there for a query that names them', () =>
    expect(rows("Logs_CL | where Message == 'a' | project _ResourceId, _TimeReceived, _IsBillable")).toEqual([
      ['', '2026-01-02T00:00:00.0000000Z', 'True'],
    ]));
  it('are not in the answer of one that does not', () =>
    expect(columns('Logs_CL')).toEqual(['TimeGenerated', 'Message', 'Type']));
  it('_ResourceId is a name like others where the table does not store it', () => {
    const query = "Signals | project-rename _ResourceId = Message | where _ResourceId == 'a' | project _ResourceId";
    expect(columns(query)).toEqual(['_ResourceId']);
    expect(() => columns('Logs_CL | project-rename _ResourceId = Message')).toThrow('already declared');
  });
  it('leave a stored column as it is', () => expect(rows('Logs_CL | distinct Type')).toEqual([['own']]));
  it('an _ItemId is the row’s own, and stays', () => {
    const ids = rows('Logs_CL | project Message, _ItemId | sort by Message asc');
    expect(new Set(ids.map((r) => r[1])).size).toBe(2);
    expect(rows('Logs_CL | project Message, _ItemId | sort by Message asc')).toEqual(ids);
  });
  it('an _ItemId is there for a row with nulls', () => {
    engine.run("INSERT INTO Logs_CL (Message, _IngestedAt) VALUES ('no time', '2026-01-03')");
    expect(rows("Logs_CL | where Message == 'no time' | project strlen(_ItemId)")).toEqual([[32]]);
    engine.run("DELETE FROM Logs_CL WHERE Message = 'no time'");
  });
  it('are there for a stored function that names them', () => expect(rows('Ids() | count')).toEqual([[2]]));
});
