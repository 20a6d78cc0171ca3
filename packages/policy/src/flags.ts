/** The values of an enumeration with flags, as OData writes them: `a,b`. */
export function flagsOf(text: string | null | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'none');
}

/** A number with one bit for each value that is listed, by its place among all. */
export function bitsOf(listed: readonly string[], all: readonly string[]): number {
  return listed.reduce((bits, value) => bits | (1 << all.indexOf(value)), 0);
}
