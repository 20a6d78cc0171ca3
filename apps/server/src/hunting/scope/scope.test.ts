import { SallyportError } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../platform/principal.ts';
import type { Queries } from '../queries.ts';
import { Attacker, type Generated } from './generated.ts';
import { people, principalOf, start, startEstate, type Estate, type Someone } from './testing.ts';

/** All of them with ALL_QUERIES=1. */
const queriesEach = Math.ceil((process.env['ALL_QUERIES'] === '1' ? 10_000 : 420) / people.length);
const atOnce = 6;

let estate: Estate;
beforeAll(async () => {
  estate = await startEstate();
}, 120_000);
afterAll(() => estate.bench.stop());

interface Outcome {
  readonly text: string;
  /** Sorted rows, or the code of an error. */
  readonly rows: readonly string[] | string;
}

async function outcome(queries: Queries, as: Principal, query: string): Promise<Outcome> {
  try {
    const answer = await queries.run({ query, now: new Date(start + 3_600_000), as, operation: 'hunting' });
    const { columns, rows, statistics, partial } = answer;
    return {
      text: JSON.stringify({ columns, rows, partial, read: [statistics.rowsRead, statistics.bytesRead] }),
      rows: rows.map((row) => JSON.stringify(row)).toSorted(),
    };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { text: JSON.stringify([error.code, error.message, error.details, error.target]), rows: error.code };
  }
}

/** What of an answer tells of what somebody must not see. A word that the query itself says is no news. */
const told = ({ text }: Outcome, { text: query }: Generated, hidden: readonly string[]): string[] =>
  (text.match(/zq[0-9a-z]+q/g) ?? []).filter((word) => !query.includes(word) && hidden.includes(word));

it('devices are asked of the column that the engine keeps of them', () => {
  const { tables } = estate.bench.lake.kqlCatalogue();
  const keyOf = (name: string) => tables.find((table) => table.name === name)?.deviceKey;
  expect(keyOf('SecurityEvent')).toBe('_device/Computer/DeviceId');
  expect(keyOf('DeviceProcessEvents')).toBe('_device/DeviceId/DeviceName/MachineGroup');
  expect(keyOf('EmailEvents')).toBeUndefined();
});

describe.each(people)('$name', (who: Someone) => {
  it('gets what a lake without the other rows gives', { timeout: 600_000 }, async () => {
    const attacker = new Attacker(people.indexOf(who) + 1, estate.rows);
    const hidden = estate.hidden(who);
    const as = principalOf(who);
    const reference = estate.reference(who);
    const counts = { asked: 0, compared: 0, answered: 0, withRows: 0 };
    const faults: unknown[] = [];
    const one = async (): Promise<void> => {
      const query = attacker.next();
      const got = await outcome(estate.queries, as, query.text);
      counts.asked++;
      if (typeof got.rows !== 'string') counts.answered++;
      if (typeof got.rows !== 'string' && got.rows.length > 0) counts.withRows++;
      const leaked = told(got, query, hidden);
      if (leaked.length > 0) faults.push({ query: query.text, leaked, got: got.text.slice(0, 500) });
      if (!query.exact) return;
      counts.compared++;
      const expected = await outcome(reference, estate.referenceAs(who), query.text);
      if (JSON.stringify(got.rows) !== JSON.stringify(expected.rows))
        faults.push({ query: query.text, got: got.text.slice(0, 600), expected: expected.text.slice(0, 600) });
    };
    const worker = async (): Promise<void> => {
      while (counts.asked < queriesEach && faults.length < 5) await one();
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    expect(faults).toEqual([]);
    // A generator whose queries all fail proves nothing.
    expect(counts.answered / counts.asked).toBeGreaterThan(0.6);
    expect(counts.withRows / counts.asked).toBeGreaterThan(0.15);
    if (process.env['ALL_QUERIES'] === '1') console.log(who.name, JSON.stringify(counts));
  });
});
