/** UTF-16 in little or big endian order, with a byte order mark or not. */
export function utf16(text: string, { bigEndian = false, mark = false } = {}): Buffer {
  const bytes = Buffer.from((mark ? '\uFEFF' : '') + text, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
}

/**
 * What base64 makes of the bytes wherever they stand in a longer text: at each of the three places in its groups, without the characters that what
 * stands before and after has a part in.
 */
export function base64Anywhere(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset, ' '), bytes]).toString('base64');
    const start = [0, 2, 3][offset];
    const cut = [0, 3, 2][(bytes.length + offset) % 3]!;
    return encoded.slice(start, encoded.length - cut);
  });
}
