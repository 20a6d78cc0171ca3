/** Damaged or hostile bytes. The message says what and where. */
export class EvtxError extends Error {
  override readonly name = 'EvtxError';
}

/** Reads little-endian fields of a part of a chunk; every read is checked against the part's end. */
export class Reader {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;

  constructor(bytes: Buffer, at: number, end: number) {
    if (at < 0 || end > bytes.length || at > end) throw new EvtxError(`nothing can be read at ${at} up to ${end}`);
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Moves past so many bytes; answers where they begin. */
  take(count: number): number {
    const start = this.at;
    if (count < 0 || count > this.end - start) throw new EvtxError(`${count} bytes at ${start} reach past ${this.end}`);
    this.at = start + count;
    return start;
  }

  u8(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.take(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  /** So many characters of UTF-16. */
  text(characters: number): string {
    const start = this.take(characters * 2);
    return this.bytes.toString('utf16le', start, this.at).toWellFormed();
  }
}
