import { EvtxError, Reader } from './bytes.ts';

/** Binary XML as it is parsed, before values are put in: [MS-EVEN6] 2.2.12. */
export type Node =
  | string
  | { readonly kind: 'element'; readonly element: ElementNode }
  | { readonly kind: 'substitution'; readonly index: number; readonly optional: boolean }
  | { readonly kind: 'instance'; readonly template: readonly Node[]; readonly values: readonly Value[] };

export interface ElementNode {
  readonly name: string;
  readonly attributes: readonly { readonly name: string; readonly parts: readonly Node[] }[];
  readonly children: readonly Node[];
}

/** A value of a template's instance, where it stands in the chunk. */
export interface Value {
  readonly type: number;
  readonly start: number;
  readonly size: number;
}

const tokens = {
  end: 0x00,
  openElement: 0x01,
  closeStart: 0x02,
  closeEmpty: 0x03,
  endElement: 0x04,
  value: 0x05,
  attribute: 0x06,
  cdata: 0x07,
  character: 0x08,
  entity: 0x09,
  instructionTarget: 0x0a,
  instructionData: 0x0b,
  instance: 0x0c,
  substitution: 0x0d,
  optionalSubstitution: 0x0e,
  fragment: 0x0f,
} as const;

/** Set on a token that is followed by more of its kind. */
const moreFlag = 0x40;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Deepest nesting of elements and templates; Windows writes some five. */
export const depthMax = 64;
/** Most nodes and characters that one chunk may be parsed into. It has 64 KiB, but parts may be referred to from many places. */
const nodesMax = 200_000;
const charactersMax = 4 * 1024 * 1024;
/** Longest name of an element or attribute. */
const nameLengthMax = 1_024;

const unicodeString = 0x01;
const nameHeadBytes = 8;
const templateHeadBytes = 24;

/** Parses the binary XML of one chunk. Names and templates are written once in a chunk, and referred to from anywhere in it. */
export class BinaryXml {
  readonly #chunk: Buffer;
  readonly #names = new Map<number, string>();
  readonly #templates = new Map<number, readonly Node[] | EvtxError>();
  #nodes = 0;
  #characters = 0;

  constructor(chunk: Buffer) {
    this.#chunk = chunk;
  }

  /** The bytes of a value. */
  bytesOf({ start, size }: Value): Buffer {
    return this.#chunk.subarray(start, start + size);
  }

  /**
   * Parses what stands between two offsets of the chunk. Elements have a field more (the dependency) in templates than in values; where it is
   * not as said, the other way is tried.
   */
  parse(start: number, end: number, dependencies: boolean): Node[] {
    try {
      return this.#content(new Reader(this.#chunk, start, end), dependencies, 0);
    } catch (error) {
      if (!(error instanceof EvtxError)) throw error;
      try {
        return this.#content(new Reader(this.#chunk, start, end), !dependencies, 0);
      } catch {
        throw error;
      }
    }
  }

  /** Nodes up to the token that ends them. */
  #content(reader: Reader, dependencies: boolean, depth: number): Node[] {
    if (depth > depthMax) throw new EvtxError(`nested more than ${depthMax} deep`);
    const nodes: Node[] = [];
    while (reader.left > 0) {
      const token = reader.u8();
      const kind = token & ~moreFlag;
      if (kind === tokens.end || kind === tokens.endElement) return nodes;
      this.#count(1);
      if (kind === tokens.fragment) reader.take(3);
      else if (kind === tokens.openElement)
        nodes.push({ kind: 'element', element: this.#element(reader, token !== kind, dependencies, depth) });
      else if (kind === tokens.instance) nodes.push(this.#instance(reader, depth));
      else if (kind === tokens.instructionTarget) this.#name(reader);
      else if (kind === tokens.instructionData) reader.take(reader.u16() * 2);
      else nodes.push(this.#inline(reader, kind));
    }
    return nodes;
  }

  #element(reader: Reader, hasAttributes: boolean, dependencies: boolean, depth: number): ElementNode {
    if (dependencies) reader.u16();
    const size = reader.u32();
    if (size > reader.left) throw new EvtxError(`an element of ${size} bytes at ${reader.at}`);
    const name = this.#name(reader);
    if (hasAttributes) reader.u32();
    const attributes: { name: string; parts: Node[] }[] = [];
    for (;;) {
      const kind = reader.u8() & ~moreFlag;
      this.#count(1);
      if (kind === tokens.closeEmpty) return { name, attributes, children: [] };
      if (kind === tokens.closeStart)
        return { name, attributes, children: this.#content(reader, dependencies, depth + 1) };
      if (kind === tokens.attribute) attributes.push({ name: this.#name(reader), parts: [] });
      else {
        const last = attributes.at(-1);
        if (last === undefined) throw new EvtxError(`token ${kind} at ${reader.at - 1} in an element's start`);
        last.parts.push(this.#inline(reader, kind));
      }
    }
  }

  /** What may stand in an attribute as in an element. */
  #inline(reader: Reader, kind: number): Node {
    switch (kind) {
      case tokens.value: {
        const type = reader.u8();
        if (type !== unicodeString) throw new EvtxError(`a value of type ${type} at ${reader.at - 1}`);
        return this.#text(reader);
      }
      case tokens.cdata:
        return this.#text(reader);
      case tokens.character:
        return String.fromCharCode(reader.u16()).toWellFormed();
      case tokens.entity: {
        const name = this.#name(reader);
        return entities[name] ?? `&${name};`;
      }
      case tokens.substitution:
      case tokens.optionalSubstitution: {
        const index = reader.u16();
        reader.u8();
        return { kind: 'substitution', index, optional: kind === tokens.optionalSubstitution };
      }
      default:
        throw new EvtxError(`token ${kind} at ${reader.at - 1}`);
    }
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > nodesMax) throw new EvtxError('a chunk with too many nodes');
  }

  #text(reader: Reader): string {
    const length = reader.u16();
    this.#characters += length;
    if (this.#characters > charactersMax) throw new EvtxError('a chunk with too much text');
    return reader.text(length);
  }

  /** A name: here, when its offset is this place, or where it was written first. */
  #name(reader: Reader): string {
    const offset = reader.u32();
    if (offset === reader.at) {
      const known = this.#nameAt(offset);
      reader.take(nameHeadBytes + known.length * 2 + 2);
      return known;
    }
    return this.#nameAt(offset);
  }

  #nameAt(offset: number): string {
    const known = this.#names.get(offset);
    if (known !== undefined) return known;
    const reader = new Reader(this.#chunk, offset, this.#chunk.length);
    // Where the next name with this hash is, and the hash.
    reader.take(nameHeadBytes - 2);
    const length = reader.u16();
    if (length > nameLengthMax) throw new EvtxError(`a name of ${length} characters at ${offset}`);
    const name = reader.text(length);
    this.#names.set(offset, name);
    return name;
  }

  #instance(reader: Reader, depth: number): Node {
    reader.u8();
    reader.u32();
    const offset = reader.u32();
    const template = this.#template(offset, depth);
    if (offset === reader.at) {
      reader.take(templateHeadBytes - 4);
      reader.take(reader.u32());
    }
    const count = reader.u32();
    if (count * 4 > reader.left) throw new EvtxError(`${count} values at ${reader.at - 4}`);
    this.#count(count);
    const heads = Array.from({ length: count }, () => {
      const size = reader.u16();
      const type = reader.u8();
      reader.u8();
      return { size, type };
    });
    return {
      kind: 'instance',
      template,
      values: heads.map(({ size, type }) => ({ type, size, start: reader.take(size) })),
    };
  }

  #template(offset: number, depth: number): readonly Node[] {
    const known = this.#templates.get(offset);
    if (known instanceof EvtxError) throw known;
    if (known !== undefined) return known;
    // Also ends templates that hold themselves.
    this.#templates.set(offset, new EvtxError(`the template at ${offset} is damaged`));
    const head = new Reader(this.#chunk, offset, this.#chunk.length);
    head.take(templateHeadBytes - 4);
    const size = head.u32();
    const nodes = this.#content(new Reader(this.#chunk, head.at, head.at + size), true, depth + 1);
    this.#templates.set(offset, nodes);
    return nodes;
  }
}
