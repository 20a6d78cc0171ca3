import type { Sql } from '../sql.ts';
import type { Block } from './block.ts';

/**
 * Whether steps are written into one SELECT rather than one around the other. The engine's cost of a small query is its analysis:
 * measured, 0.05 ms for each column that a further level passes on, 0.04 ms for a call in the text, and 0.008 ms for each call behind a
 * name of WITH, each time the name is said (the engine puts the expression in its place).
 */

/** Calls that give another value each time, or rows: said twice they would not be the same. */
const volatile = /\b(?:rand\w*|generate\w+|rowNumber\w+|runningAccumulate|neighbor|arrayJoin|blockNumber)\(|\bOVER \(/;

/** Most calls behind one name. */
const largest = 1500;

interface Weight {
  readonly calls: number;
  readonly volatile: boolean;
}

/** Calls in an expression, those behind its names included. */
export function weightOf(expression: Sql, block: Block): Weight {
  const known = new Map<string, Weight>();
  const weigh = (text: string): Weight => {
    let calls = 1;
    for (let at = text.indexOf('('); at >= 0; at = text.indexOf('(', at + 1)) calls++;
    let shaky = volatile.test(text);
    for (const [name] of text.matchAll(/`__v\d+`/g)) {
      const behind = known.get(name);
      calls += behind?.calls ?? 0;
      shaky ||= behind?.volatile ?? false;
    }
    return { calls, volatile: shaky };
  };
  // Names refer to names that stand before them.
  for (const { name, expression: behind } of block.names) known.set(name.text, weigh(behind.text));
  return weigh(expression.text);
}

/** Whether expressions that read these columns so often are better written over them than over a subquery. */
export function worthMerging(block: Block, uses: ReadonlyMap<string, number>): boolean {
  let cost = 0;
  for (const [name, times] of uses) {
    const column = block.columns.get(name);
    if (!column || column.plain) continue;
    const { calls, volatile: shaky } = weightOf(column.sql, block);
    if (shaky || calls > largest) return false;
    cost += calls * times;
  }
  return cost <= 5 * block.columns.size + 60;
}
