/** Lines of one text that are compared; longer texts are shown whole. */
const linesMax = 3_000;
const around = 3;

/** What changed from one text to another, by lines: `- ` went, `+ ` came, two spaces stayed. Runs of lines that stayed are cut to three at their ends. */
export function differenceOf(before: string, after: string): string {
  const a = before === '' ? [] : before.split('\n');
  const b = after === '' ? [] : after.split('\n');
  if (a.length > linesMax || b.length > linesMax) return after;
  const marked = marks(a, b);
  const near = marked.map((_, i) =>
    marked.slice(Math.max(0, i - around), i + around + 1).some(([sign]) => sign !== ' '),
  );
  const shown = marked.flatMap(([sign, line], i) =>
    near[i] ? [`${sign} ${line}`] : i === 0 || near[i - 1] ? ['  …'] : [],
  );
  return marked.every(([sign]) => sign === ' ') ? 'Nothing changed' : shown.join('\n');
}

/** The longest common subsequence, walked from the start. */
function marks(a: readonly string[], b: readonly string[]): [sign: ' ' | '-' | '+', line: string][] {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const result: [' ' | '-' | '+', string][] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      result.push([' ', a[i]!]);
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      result.push(['-', a[i++]!]);
    else result.push(['+', b[j++]!]);
  }
  return result;
}
