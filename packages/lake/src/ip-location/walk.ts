import { MmdbError, type Mmdb } from './mmdb.ts';

/** A network in which each of the databases says one thing, or nothing. */
export interface Network {
  readonly cidr: string;
  /** The first address, as text. */
  readonly address: string;
  /** By database: its record of data, which names equal data; undefined where it has none. */
  readonly records: readonly (number | undefined)[];
}

/**
 * The networks of several databases laid over each other, in order: where one is finer than the other, the finer ones. Networks without any data are left
 * out, and so are the ranges of IPv6 that repeat IPv4. A tree that is none (its nodes lead back) throws MmdbError.
 */
export function* networks(databases: readonly Mmdb[]): Generator<Network> {
  // In a tree each node is met once. `nothing` of one database may be the number of a node of another, hence a step a node of any of them.
  const budget = { left: databases.reduce((sum, { nodeCount }) => sum + nodeCount, 0), databases };
  yield* walk(databases, 4, budget);
  yield* walk(databases, 6, budget);
}

interface Budget {
  left: number;
  readonly databases: readonly Mmdb[];
}

interface Place {
  readonly depth: number;
  readonly at: readonly number[];
  readonly address: Uint8Array;
}

/** Depth first and left first, so that the stack is never deeper than the address is long. */
function* walk(databases: readonly Mmdb[], version: 4 | 6, budget: Budget): Generator<Network> {
  const bits = version === 4 ? 32 : 128;
  const roots = databases.map(({ root4, root6 }) => (version === 4 ? root4 : root6));
  const stack: Place[] = [{ depth: 0, at: roots, address: new Uint8Array(bits / 8) }];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const { depth, at, address } = place;
    const inner = at.some((node, i) => node < databases[i]!.nodeCount);
    if (!inner) {
      const found = network(databases, place, version);
      if (found) yield found;
      continue;
    }
    if (depth === bits || budget.left-- <= 0) throw endless(databases, at);
    for (const right of [true, false]) {
      const next = at.map((node, i) => step(databases[i]!, node, right, version));
      stack.push({ depth: depth + 1, at: next, address: right ? withBit(address, depth) : address });
    }
  }
}

/** Where a walk of IPv6 meets the tree of IPv4 (`::/96`, and ranges that map to it), the same networks would come once more. */
function step(database: Mmdb, node: number, right: boolean, version: 4 | 6): number {
  if (node >= database.nodeCount) return node;
  const next = database.child(node, right);
  const again = version === 6 && next === database.root4 && next < database.nodeCount;
  return again ? database.nodeCount : next;
}

function endless(databases: readonly Mmdb[], at: readonly number[]): MmdbError {
  const names = databases.filter(({ nodeCount }, i) => at[i]! < nodeCount).map(({ name }) => `\`${name}\``);
  return new MmdbError(`${names.join(', ')} is not a database of IP locations: its nodes lead back to each other`);
}

function network(databases: readonly Mmdb[], { depth, at, address }: Place, version: 4 | 6): Network | undefined {
  const records = at.map((node, i) => (node > databases[i]!.nodeCount ? node : undefined));
  if (records.every((record) => record === undefined)) return undefined;
  // The engine reads text that is no address as `::`, which nobody has.
  if (version === 6 && address.every((byte) => byte === 0)) return undefined;
  const first = version === 4 ? address.join('.') : groups(address);
  return { cidr: `${first}/${depth}`, address: first, records };
}

function withBit(address: Uint8Array, bit: number): Uint8Array {
  const copy = address.slice();
  copy[bit >> 3]! |= 0x80 >> (bit & 7);
  return copy;
}

function groups(address: Uint8Array): string {
  let last = 16;
  while (last > 0 && address[last - 1] === 0 && address[last - 2] === 0) last -= 2;
  const parts: string[] = [];
  for (let i = 0; i < last; i += 2) parts.push(((address[i]! << 8) | address[i + 1]!).toString(16));
  return last === 16 ? parts.join(':') : `${parts.join(':')}::`;
}
