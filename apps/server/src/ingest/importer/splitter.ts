/** Longest record taken, bytes. A longer one is kept cut off, as a row that could not be parsed. */
export const recordBytesMax = 1024 * 1024;
/** How much of a record that is too long is kept. */
export const brokenBytesKept = 32 * 1024;

/** Takes records: bytes without any newline, and whether they are broken (too long, or cut off) whatever they look like. */
export type RecordSink = (record: Uint8Array, broken: boolean) => void;

export interface Splitter {
  push(chunk: Uint8Array): void;
  /** Gives what is left. */
  end(): void;
}

const [newline, carriageReturn, space, tab] = [0x0a, 0x0d, 0x20, 0x09] as const;
const isBlank = (byte: number): boolean =>
  byte === space || byte === tab || byte === carriageReturn || byte === newline;

/** Gathers a record from pieces, keeping no more than `recordBytesMax` of it. */
class RecordBuffer {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #length = 0;
  #broken = false;

  get empty(): boolean {
    return this.#length === 0;
  }

  add(piece: Uint8Array): void {
    if (this.#broken) return;
    const length = this.#length + piece.length;
    if (length > recordBytesMax) {
      this.#write(piece.subarray(0, Math.max(0, brokenBytesKept - this.#length)));
      this.#length = Math.min(this.#length, brokenBytesKept);
      this.#broken = true;
    } else this.#write(piece);
  }

  #write(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** Gives the record, unless it is blank, and begins a new one. */
  flush(sink: RecordSink, broken = false): void {
    let [from, to] = [0, this.#length];
    while (from < to && isBlank(this.#bytes[from] as number)) from++;
    while (to > from && isBlank(this.#bytes[to - 1] as number)) to--;
    if (to > from) sink(this.#bytes.subarray(from, to), broken || this.#broken);
    this.#length = 0;
    this.#broken = false;
  }
}

/** One record a line; blank lines are none. `\r\n` and `\n` both end a line. */
export function lineSplitter(sink: RecordSink): Splitter {
  const rest = new RecordBuffer();
  return {
    push(chunk) {
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(newline, start);
        rest.add(chunk.subarray(start, end === -1 ? chunk.length : end));
        if (end === -1) return;
        rest.flush(sink);
        start = end + 1;
      }
    },
    end: () => rest.flush(sink),
  };
}

/** A regular expression that tells where a record begins. */
export interface Beginning {
  test(text: string): boolean;
}

/** How much of the line before is looked at to find out where a record begins. */
const lineLengthMax = 4_096;

/**
 * Records of several lines: one begins with a line for which `begins` fits `<line before>\n<line>` (the first line stands alone) and holds the lines up to the next.
 * What stands before the first beginning is one record. One that grows too long is given as broken, in pieces.
 */
export function joinedSplitter(sink: RecordSink, begins: Beginning): Splitter {
  let lines: Uint8Array[] = [];
  let [length, broken] = [0, false];
  let before: string | undefined;
  const flush = (): void => {
    if (lines.length > 0) sink(Buffer.concat(lines), broken);
    [lines, length, broken] = [[], 0, false];
  };
  const split = lineSplitter((bytes, cutOff) => {
    const line = Buffer.from(bytes.subarray(0, lineLengthMax)).toString();
    if (begins.test(before === undefined ? line : `${before}\n${line}`)) flush();
    before = line;
    if (length + bytes.length >= recordBytesMax) {
      broken = true;
      flush();
      broken = true;
    }
    broken ||= cutOff;
    lines.push(...(lines.length > 0 ? [lineFeed] : []), Uint8Array.from(bytes));
    length += bytes.length + 1;
  });
  return {
    push: (chunk) => split.push(chunk),
    end() {
      split.end();
      flush();
    },
  };
}

const lineFeed = Buffer.from('\n');

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = [
  0x22, 0x5c, 0x2c, 0x7b, 0x7d, 0x5b, 0x5d,
] as const;

/**
 * JSON objects, one record each, whether they stand in an array, one after another, or spread over lines; `wrapper` names the
 * property of an outer object whose array holds them (`Records` of CloudTrail): the outer object is then no record.
 * Newlines inside become blanks. What is between objects and is no separator is a broken record, line by line, and a string that holds a raw
 * newline ends its object as broken, so that one missing quote costs one object and not the rest of the file.
 */
export function objectSplitter(sink: RecordSink, wrapper?: string): Splitter {
  const record = new RecordBuffer();
  let [inString, escaped, garbage] = [false, false, false];
  /** Open braces and brackets inside the record; 0 between records. */
  let depth = 0;
  /** In the wrapper: levels outside the records' array, or undefined when there is none or its array is open. */
  let outer = wrapper === undefined ? undefined : createWrapperScanner(wrapper);

  const endRecord = (broken: boolean) => {
    record.flush(sink, broken);
    [inString, escaped, garbage, depth] = [false, false, false, 0];
  };

  /** Consumes the bytes of one object from `start`; answers where it stopped. */
  const inside = (chunk: Uint8Array, start: number): number => {
    let from = start;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === newline || byte === carriageReturn) {
        record.add(chunk.subarray(from, at));
        from = at + 1;
        if (inString && byte === newline) {
          endRecord(true);
          return from;
        }
        record.add(blank);
      } else if (escaped) escaped = false;
      else if (inString) {
        if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) depth++;
      else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) {
        record.add(chunk.subarray(from, at + 1));
        endRecord(false);
        return at + 1;
      }
    }
    record.add(chunk.subarray(from));
    return chunk.length;
  };

  /** Consumes what stands between objects; answers where it stopped. */
  const between = (chunk: Uint8Array, start: number): number => {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (garbage) {
        if (byte === newline) endRecord(true);
        else record.add(chunk.subarray(at, at + 1));
      } else if (byte === openBrace) return at;
      else if (outer !== undefined && byte === closeBracket) {
        outer.close();
        return at + 1;
      } else if (!isBlank(byte) && byte !== comma && byte !== openBracket && byte !== closeBracket) {
        garbage = true;
        record.add(chunk.subarray(at, at + 1));
      }
    }
    return chunk.length;
  };

  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (outer !== undefined && !outer.open) at = outer.scan(chunk, at);
        else if (depth > 0) at = inside(chunk, at);
        else {
          at = between(chunk, at);
          if (at < chunk.length && !garbage && chunk[at] === openBrace && (outer === undefined || outer.open))
            at = inside(chunk, at);
        }
      }
    },
    end() {
      endRecord(true);
      outer = undefined;
    },
  };
}

const blank = Buffer.from(' ');

interface WrapperScanner {
  /** The records' array is open: what follows are records. */
  readonly open: boolean;
  /** Looks for the beginning of the array; answers where it stopped. */
  scan(chunk: Uint8Array, start: number): number;
  /** The array has ended. */
  close(): void;
}

/** Finds `"<name>": [` at the first level of an object. */
function createWrapperScanner(name: string): WrapperScanner {
  let [open, inString, escaped, depth] = [false, false, false, 0];
  /** The string read last at the first level, as long as it may be a property's name. */
  let text = '';
  let named = false;
  return {
    get open() {
      return open;
    },
    close() {
      open = false;
      named = false;
    },
    scan(chunk, start) {
      for (let at = start; at < chunk.length; at++) {
        const byte = chunk[at] as number;
        if (escaped) escaped = false;
        else if (inString) {
          if (byte === backslash) escaped = true;
          else if (byte === quote) {
            inString = false;
            named = depth === 1 && text === name;
          } else if (text.length <= name.length) text += String.fromCharCode(byte);
        } else if (byte === quote) {
          inString = true;
          text = '';
        } else if (byte === openBracket && depth === 1 && named) {
          open = true;
          return at + 1;
        } else if (byte === openBrace || byte === openBracket) {
          depth++;
          named = false;
        } else if (byte === closeBrace || byte === closeBracket) {
          depth = Math.max(0, depth - 1);
          named = false;
        } else if (byte === comma) named = false;
      }
      return chunk.length;
    },
  };
}
