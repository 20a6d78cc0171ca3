import { z } from 'zod';
import { inZone, isEmpty, same } from './compare.ts';
import { ecsToAsim, renamed, type Comparison } from './ecs.ts';
import type { ViewRow } from './view.ts';

/**
 * Where a field was found: in ASIM, in the raw table alone, or under the name that `renamed` says; `missing`: we have nothing there; `wrong`: something else;
 * `untold`: the line does not hold it.
 */
export type Verdict = 'asim' | 'raw' | 'renamed' | 'missing' | 'wrong' | 'untold';

export interface ComparedField {
  readonly field: string;
  readonly verdict: Verdict;
  /** What was expected, and what we have when it is wrong. */
  readonly example: string;
}

const short = (value: unknown): string => JSON.stringify(value)?.slice(0, 120) ?? '';

/** What ASIM would say where ECS means the same by another word: a connection that was denied is ECS's success (of the firewall) and ASIM's failure. */
function wantedOf(ecs: string, expected: Readonly<Record<string, unknown>>): unknown {
  const value = expected[ecs];
  if (ecs !== 'event.outcome') return value;
  return value === 'success' && [expected['event.type']].flat().includes('denied') ? [value, 'failure'] : value;
}

/** A bag as the engine gives it: the text of a JSON object. */
const Bag = z.preprocess(
  (value) => (typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value),
  z.record(z.string(), z.unknown()),
);

/** A column's value, or that of a member of a bag: `AdditionalFields.Name`. */
function cellOf(cells: Readonly<Record<string, unknown>>, name: string): unknown {
  const [column = '', member] = name.split('.');
  if (member === undefined) return cells[column];
  return Bag.safeParse(cells[column]).data?.[member];
}

const valuesOf = (rows: readonly ViewRow[], columns: readonly string[]): unknown[] =>
  columns.flatMap((column) => rows.map(({ cells }) => cellOf(cells, column))).filter((value) => !isEmpty(value));

/** Some agents name hosts by a table of their own, such as the names of known devices by serial number: nobody can read these from the line. */
const isUntold = (ecs: string, as: Comparison, wanted: unknown, text: string): boolean =>
  as === 'host' && ecs.startsWith('host.') && !containsOne([wanted].flat(), text.toLowerCase());

const containsOne = (values: readonly unknown[], text: string): boolean =>
  values.some((value) => text.includes(String(value as string).toLowerCase()));

/** Compares the expected fields of one record with our rows of it. `zone`: in which the other product read its time, where the line has none. `text`: the line. */
export function compareRecord(
  set: string,
  expected: Readonly<Record<string, unknown>>,
  rows: readonly ViewRow[],
  zone: string | undefined,
  text: string,
): ComparedField[] {
  const fields: ComparedField[] = [];
  const [inAsim, inTable] = [rows.filter((r) => r.asim), rows.filter((r) => !r.asim)];
  for (const { ecs, asim, as } of ecsToAsim) {
    const wanted = wantedOf(ecs, expected);
    if (isEmpty(wanted)) continue;
    const accepted = acceptedOf(as, wanted, zone);
    const has = (values: readonly unknown[]): boolean =>
      accepted.some((one) => values.some((value) => same(as, one, value)));
    const other = renamed.find((r) => r.set === set && r.ecs === ecs);
    const ours = valuesOf(rows, asim);
    const verdict = has(valuesOf(inAsim, asim))
      ? 'asim'
      : has(valuesOf(inTable, asim))
        ? 'raw'
        : other !== undefined && has(valuesOf(inAsim, other.asim))
          ? 'renamed'
          : isUntold(ecs, as, wanted, text)
            ? 'untold'
            : ours.length === 0
              ? 'missing'
              : 'wrong';
    const example = verdict === 'wrong' ? `${short(wanted)}, ours ${short([...new Set(ours)])}` : short(wanted);
    fields.push({ field: ecs, verdict, example });
  }
  return fields;
}

function acceptedOf(as: Comparison, wanted: unknown, zone: string | undefined): unknown[] {
  const zoned = as === 'time' && zone !== undefined && Number.isFinite(Date.parse(String(wanted as string)));
  return zoned ? [wanted, inZone(wanted, zone)] : [wanted];
}
