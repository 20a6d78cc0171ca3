/**
 * A number as the real engine writes it into JSON: with as few digits as tell it from its neighbours, and of the texts that short the
 * greatest one (0.1 + 0.2 is 0.30000000000000007). Whole numbers keep their point.
 */
export function realText(value: number): string {
  const text = String(value);
  if (Number.isInteger(value) && !text.includes('e')) return `${Object.is(value, -0) ? '-0' : text}.0`;
  const found = /^(-?)(\d+)\.(\d+)$/.exec(text);
  // Shorter texts have no second one of their length that means the same.
  if (!found || text.length < 16) return text;
  const [, minus = '', whole = '', fraction = ''] = found;
  let digits = BigInt(whole + fraction);
  const write = (n: bigint): string => {
    const padded = n.toString().padStart(whole.length + fraction.length, '0');
    return `${minus}${padded.slice(0, padded.length - fraction.length)}.${padded.slice(padded.length - fraction.length)}`;
  };
  for (let i = 0; i < 9 && Number(write(digits + 1n)) === value; i++) digits++;
  return write(digits);
}
