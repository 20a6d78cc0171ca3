/** Milliseconds of one run. */
export interface Took {
  readonly wall: number;
  readonly cpu: number;
}

const round = (n: number): number => Number(n.toFixed(2));

/** Runs once; processor time is that of the whole process, in which the engines run. */
export async function timed(work: () => unknown): Promise<Took> {
  const started = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: round(performance.now() - started), cpu: round((user + system) / 1000) };
}

const middle = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
export const median = (all: readonly Took[]): Took => ({
  wall: middle(all.map((t) => t.wall)),
  cpu: middle(all.map((t) => t.cpu)),
});

/** How time grows with rows: 1 is in proportion, between the smallest and the largest size. */
export function growthOf(sizes: readonly number[], took: readonly Took[]): { cpuExponent: number } {
  const [first, last] = [took[0]!, took.at(-1)!];
  const exponent = Math.log(last.cpu / first.cpu) / Math.log(sizes.at(-1)! / sizes[0]!);
  return { cpuExponent: round(exponent) };
}

/** A cell in a form that both sides share. */
function plain(cell: unknown): string {
  if (typeof cell === 'string' && /^\d{4}-\d\d-\d\d[ T]/.test(cell))
    return String(Date.parse(`${cell.slice(0, 23).replace(' ', 'T').replace(/Z$/, '')}Z`));
  if (cell instanceof Date) return String(cell.getTime());
  return String(cell);
}

/** Whether two answers have the same rows, in any order. Approximate: as many, give or take a tenth. */
export function same(
  a: readonly (readonly unknown[])[],
  b: readonly (readonly unknown[])[],
  approximate = false,
): boolean {
  if (approximate) return Math.abs(a.length - b.length) <= Math.max(1, Math.max(a.length, b.length) / 10);
  const texts = (rows: readonly (readonly unknown[])[]): string[] =>
    rows.map((row) => row.map(plain).join('\u0001')).toSorted();
  return JSON.stringify(texts(a)) === JSON.stringify(texts(b));
}

/** Queries of growing length; the number makes the text new, so that no cache has it. */
export const lengths = [0, 5, 20, 60, 150].map((steps) => ({
  steps,
  text: (n: number): string =>
    [
      'DeviceProcessEvents',
      `| where TimeGenerated > ago(${n + 1}h) and ActionType == "ProcessCreated"`,
      ...Array.from({ length: steps }, (_, i) =>
        i % 2
          ? `| extend C${i} = strcat(tolower(FileName), "${i}", tostring(split(FolderPath, "\\\\")[${i}]))`
          : `| where not(ProcessCommandLine has_any ("alpha${i}", "beta${i}") and FileName in~ ("a${i}.exe", "b${i}.exe"))`,
      ),
      '| summarize Total = count(), Devices = dcount(DeviceName) by FileName, bin(TimeGenerated, 1h)',
      '| order by Total desc',
    ].join('\n'),
}));
