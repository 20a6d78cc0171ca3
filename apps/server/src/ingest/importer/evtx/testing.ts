/** Writes event logs, for tests. */

export type TestNode =
  | string
  | { readonly value: number; readonly optional?: boolean }
  | { readonly entity: string }
  | TestElement;

export interface TestElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, TestNode>>;
  readonly children?: readonly TestNode[];
}

export interface TestValue {
  readonly type: number;
  readonly bytes: Buffer;
}

export const text = (value: string): TestValue => ({ type: 0x01, bytes: Buffer.from(value, 'utf16le') });
export const missing: TestValue = { type: 0x00, bytes: Buffer.alloc(0) };

const chunkBytes = 65_536;
const headBytes = 512;

/** A chunk with an event for each list of values, all of one template, which the first holds and the others refer to. */
export class TestChunk {
  readonly bytes = Buffer.alloc(chunkBytes);
  /** Where each record begins. */
  readonly records: number[] = [];
  #at = headBytes;
  #template: number | undefined;

  add(id: number, root: TestElement, values: readonly TestValue[]): this {
    const start = this.#at;
    this.records.push(start);
    this.#u32(0x00002a2a);
    this.#u32(0);
    this.bytes.writeBigUInt64LE(BigInt(id), this.#take(8));
    this.#take(8);
    this.#fragment();
    this.#u8(0x0c);
    this.#u8(1);
    this.#u32(1);
    if (this.#template === undefined) this.#define(root);
    else this.#u32(this.#template);
    this.#values(values);
    this.#u8(0);
    const size = this.#at + 4 - start;
    this.#u32(size);
    this.bytes.writeUInt32LE(size, start + 4);
    this.bytes.write('ElfChnk\0', 0, 'latin1');
    this.bytes.writeUInt32LE(this.#at, 48);
    return this;
  }

  /** Binary XML of an element as a value; its names stand in the value, so it must be the last that is made before it is written. */
  valueAt(root: TestElement, at: number): TestValue {
    const kept = this.#at;
    this.#at = at;
    this.#fragment();
    this.#element(root, false);
    this.#u8(0);
    const bytes = Buffer.from(this.bytes.subarray(at, this.#at));
    this.bytes.fill(0, at, this.#at);
    this.#at = kept;
    return { type: 0x21, bytes };
  }

  #define(root: TestElement): void {
    this.#u32((this.#template = this.#at + 4));
    this.#take(20);
    const size = this.#take(4);
    this.#fragment();
    this.#element(root, true);
    this.#u8(0);
    this.bytes.writeUInt32LE(this.#at - size - 4, size);
  }

  #values(values: readonly TestValue[]): void {
    this.#u32(values.length);
    for (const { type, bytes } of values) {
      this.#u16(bytes.length);
      this.#u16(type);
    }
    for (const { bytes } of values) bytes.copy(this.bytes, this.#take(bytes.length));
  }

  #element({ name, attributes = {}, children = [] }: TestElement, dependencies: boolean): void {
    const own = Object.entries(attributes);
    this.#u8(own.length > 0 ? 0x41 : 0x01);
    if (dependencies) this.#u16(0xffff);
    const size = this.#take(4);
    this.#name(name);
    if (own.length > 0) this.#take(4);
    for (const [attribute, value] of own) {
      this.#u8(0x06);
      this.#name(attribute);
      this.#node(value, dependencies);
    }
    this.#u8(children.length > 0 ? 0x02 : 0x03);
    for (const child of children) this.#node(child, dependencies);
    if (children.length > 0) this.#u8(0x04);
    this.bytes.writeUInt32LE(this.#at - size - 4, size);
  }

  #node(node: TestNode, dependencies: boolean): void {
    if (typeof node === 'string') {
      this.#u8(0x05);
      this.#u8(0x01);
      this.#characters(node);
    } else if ('entity' in node) {
      this.#u8(0x09);
      this.#name(node.entity);
    } else if ('value' in node) {
      this.#u8(node.optional === true ? 0x0e : 0x0d);
      this.#u16(node.value);
      this.#u8(0x01);
    } else this.#element(node, dependencies);
  }

  #name(name: string): void {
    this.#u32(this.#at + 4);
    this.#u32(0);
    this.#u16(0);
    this.#characters(name);
    this.#u16(0);
  }

  #characters(value: string): void {
    this.#u16(value.length);
    this.bytes.write(value, this.#take(value.length * 2), 'utf16le');
  }

  #fragment(): void {
    this.#u8(0x0f);
    this.#take(3);
  }

  #take(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #u8(value: number): void {
    this.bytes.writeUInt8(value, this.#take(1));
  }

  #u16(value: number): void {
    this.bytes.writeUInt16LE(value, this.#take(2));
  }

  #u32(value: number): void {
    this.bytes.writeUInt32LE(value, this.#take(4));
  }
}

/** A file of these chunks. */
export function testLog(...chunks: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(4_096);
  header.write('ElfFile\0', 'latin1');
  return Buffer.concat([header, ...chunks]);
}
