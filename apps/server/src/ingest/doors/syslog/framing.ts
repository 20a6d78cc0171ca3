/** Longest line taken, bytes; a longer one is cut. */
export const lineBytesMax = 1024 * 1024;

/** Takes a line, without its frame. `cut`: it was longer than what may be kept. The bytes are the taker's only until it returns. */
export type LineSink = (line: Uint8Array, cut: boolean) => void;

/** Room for lines of which only a part has come, shared by all connections: a thousand senders that never end a line must not fill the memory. */
export class PartialRoom {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

const [lineFeed, carriageReturn, space, nul, lessThan] = [0x0a, 0x0d, 0x20, 0x00, 0x3c] as const;
const [zero, nine] = [0x30, 0x39] as const;
const isDigit = (byte: number): boolean => byte >= zero && byte <= nine;

/** Digits of a frame's length that are taken for one: 9,999,999,999 bytes. */
const lengthDigitsMax = 10;

/** What each line may have whatever the others hold, so that none is lost whole. */
const ownBytes = 1024;

const none = Buffer.alloc(0);

/** A line that comes in pieces. */
class Partial {
  #bytes = none;
  #taken = 0;
  #length = 0;
  #cut = false;
  readonly #room: PartialRoom;
  readonly #bytesMax: number;

  constructor(room: PartialRoom, bytesMax: number) {
    this.#room = room;
    this.#bytesMax = bytesMax;
  }

  get empty(): boolean {
    return this.#length === 0 && !this.#cut;
  }

  add(piece: Uint8Array): void {
    if (this.#cut || piece.length === 0) return;
    this.#reserve(this.#length + piece.length);
    const kept = piece.subarray(0, Math.min(this.#bytes.length, this.#bytesMax) - this.#length);
    this.#cut = kept.length < piece.length;
    this.#bytes.set(kept, this.#length);
    this.#length += kept.length;
  }

  /** Hands the line over and begins a new one. */
  end(sink: LineSink): void {
    emit(this.#bytes.subarray(0, this.#length), this.#cut, sink);
    this.drop();
  }

  drop(): void {
    this.#room.give(this.#taken);
    this.#bytes = none;
    this.#taken = 0;
    this.#length = 0;
    this.#cut = false;
  }

  /** Makes room for so many bytes, if there is some. */
  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const size = Math.min(this.#bytesMax, Math.max(length, 2 * this.#bytes.length, ownBytes));
    const more = Math.max(0, size - ownBytes) - this.#taken;
    const granted = this.#room.take(more);
    if (granted) this.#taken += more;
    else if (this.#bytes.length >= ownBytes) return;
    const larger = Buffer.allocUnsafe(granted ? size : ownBytes);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Without line ends and NULs behind it, which some senders put inside the frame. */
function emit(bytes: Uint8Array, cut: boolean, sink: LineSink): void {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === lineFeed || bytes[end - 1] === carriageReturn || bytes[end - 1] === nul)) end--;
  if (end > 0) sink(bytes.subarray(0, end), cut);
}

type Part = { readonly kind: 'start' | 'line' } | { readonly kind: 'octets'; left: number };

/**
 * Cuts a TCP stream into lines. RFC 6587: octet counting (`<length> <line>`) where a frame begins so, else up to a line feed, frame by frame,
 * as receivers have always done, since senders don't say which they use. A length is one only when a `<` follows it, or when the frame
 * before it was counted: a line may begin with a number.
 */
export class Framing {
  #part: Part = { kind: 'start' };
  /** The frame before was counted. */
  #counted = false;
  /** What may be the length of a frame, while more is needed to know. */
  #head = Buffer.alloc(0);
  readonly #line: Partial;
  readonly #sink: LineSink;
  readonly #bytesMax: number;

  constructor(sink: LineSink, room: PartialRoom = new PartialRoom(Infinity), bytesMax = lineBytesMax) {
    this.#sink = sink;
    this.#bytesMax = bytesMax;
    this.#line = new Partial(room, bytesMax);
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#head.length > 0) {
      bytes = Buffer.concat([this.#head, chunk]);
      this.#head = Buffer.alloc(0);
    }
    for (let at = 0; at < bytes.length;) {
      if (this.#part.kind === 'octets') at = this.#octets(bytes, at, this.#part);
      else if (this.#part.kind === 'line') at = this.#rest(bytes, at);
      else at = this.#start(bytes, at);
    }
  }

  /** The stream has ended: gives what is left, a line without its end. */
  end(): void {
    this.#line.add(this.#head);
    this.#head = Buffer.alloc(0);
    if (!this.#line.empty) this.#line.end(this.#sink);
    this.#part = { kind: 'start' };
  }

  #start(bytes: Uint8Array, start: number): number {
    let at = start;
    // Between frames: some senders end a counted frame with a line feed that they don't count.
    while (at < bytes.length && (bytes[at] === lineFeed || bytes[at] === carriageReturn || bytes[at] === nul)) at++;
    if (at === bytes.length) return at;
    const head = this.#length(bytes, at);
    if (head === 'more') {
      this.#head = Buffer.from(bytes.subarray(at));
      return bytes.length;
    }
    this.#counted = head !== undefined;
    this.#part = head === undefined ? { kind: 'line' } : { kind: 'octets', left: head.length };
    return head === undefined ? at : head.next;
  }

  /** The length that a counted frame begins with; undefined when this is none. */
  #length(bytes: Uint8Array, start: number): { length: number; next: number } | 'more' | undefined {
    let at = start;
    let length = 0;
    if (bytes[at] === zero) return undefined;
    while (at < bytes.length && isDigit(bytes[at]!)) {
      if (at - start >= lengthDigitsMax) return undefined;
      length = length * 10 + bytes[at++]! - zero;
    }
    if (at === start) return undefined;
    if (at === bytes.length) return 'more';
    if (bytes[at] !== space) return undefined;
    if (at + 1 === bytes.length) return 'more';
    return this.#counted || bytes[at + 1] === lessThan ? { length, next: at + 1 } : undefined;
  }

  #octets(bytes: Uint8Array, at: number, part: { left: number }): number {
    const piece = bytes.subarray(at, at + part.left);
    part.left -= piece.length;
    if (part.left > 0) {
      this.#line.add(piece);
      return at + piece.length;
    }
    this.#finish(piece);
    return at + piece.length;
  }

  #rest(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(lineFeed, at);
    if (end === -1) {
      this.#line.add(bytes.subarray(at));
      return bytes.length;
    }
    this.#finish(bytes.subarray(at, end));
    return end + 1;
  }

  #finish(piece: Uint8Array): void {
    this.#part = { kind: 'start' };
    // A line that lies whole in the chunk, as almost all do, is not copied.
    if (this.#line.empty && piece.length <= this.#bytesMax) return emit(piece, false, this.#sink);
    this.#line.add(piece);
    this.#line.end(this.#sink);
  }
}
