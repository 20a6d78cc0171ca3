/** Writes a MaxMind DB (IPv6, 24-bit records), for tests: what `entries` say of networks such as `192.0.2.0/24`. Later ones may not overlap earlier ones. */
export function writeMmdb(entries: readonly (readonly [cidr: string, data: Data])[], type = 'Test'): Buffer {
  const nodes: [Child, Child][] = [[undefined, undefined]];
  const data: Buffer[] = [];
  let size = 0;
  for (const [cidr, value] of entries) {
    const encoded = encode(value);
    insert(nodes, bitsOf(cidr), { data: size });
    data.push(encoded);
    size += encoded.length;
  }
  const number = (child: Child): number =>
    child === undefined ? nodes.length : typeof child === 'number' ? child : nodes.length + 16 + child.data;
  const tree = Buffer.concat(
    nodes.map(([left, right]) => {
      const node = Buffer.alloc(6);
      node.writeUIntBE(number(left), 0, 3);
      node.writeUIntBE(number(right), 3, 3);
      return node;
    }),
  );
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_767_225_600,
    database_type: type,
    ip_version: 6,
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\u00ab\u00cd\u00efMaxMind.com', 'latin1'),
    metadata,
  ]);
}

export type Data = string | number | { readonly [name: string]: Data } | readonly Data[];
type Child = number | { readonly data: number } | undefined;

function insert(nodes: [Child, Child][], bits: readonly (0 | 1)[], leaf: Child): void {
  let node = 0;
  bits.forEach((bit, i) => {
    const here = nodes[node]!;
    if (i === bits.length - 1) {
      here[bit] = leaf;
      return;
    }
    const next = here[bit];
    if (typeof next === 'number') node = next;
    else {
      nodes.push([undefined, undefined]);
      node = here[bit] = nodes.length - 1;
    }
  });
}

/** IPv4 lies in `::/96`. */
function bitsOf(cidr: string): (0 | 1)[] {
  const [address = '', prefix = ''] = cidr.split('/');
  const bytes = address.includes(':')
    ? bytesOf6(address)
    : [...Array<number>(12).fill(0), ...address.split('.').map(Number)];
  const length = Number(prefix) + (address.includes(':') ? 0 : 96);
  return Array.from({ length }, (_, i) => ((bytes[i >> 3]! >> (7 - (i & 7))) & 1) as 0 | 1);
}

function bytesOf6(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16)));
  const [first, last] = [groups(head), groups(tail)];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return all.flatMap((group) => [group >> 8, group & 0xff]);
}

const types = { string: 2, double: 3, uint32: 6, map: 7, array: 11 } as const;

function encode(value: Data): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(types.string, text.length), text]);
  }
  if (typeof value === 'number') {
    const whole = Number.isInteger(value) && value >= 0;
    const bytes = Buffer.alloc(whole ? 4 : 8);
    if (whole) bytes.writeUInt32BE(value);
    else bytes.writeDoubleBE(value);
    return Buffer.concat([control(whole ? types.uint32 : types.double, bytes.length), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(types.array, value.length), ...value.map(encode)]);
  const members = Object.entries(value as { readonly [name: string]: Data });
  return Buffer.concat([control(types.map, members.length), ...members.flatMap(([k, v]) => [encode(k), encode(v)])]);
}

function control(type: number, size: number): Buffer {
  if (size > 284) throw new RangeError('too long for a test');
  const short = Math.min(size, 29);
  const head = type < 8 ? [(type << 5) | short] : [short, type - 7];
  return Buffer.from(size < 29 ? head : [...head, size - 29]);
}
