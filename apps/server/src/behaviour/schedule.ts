import { partQuery, type AnomalyRule } from './query.ts';
import { enabledRules, loadSettings } from './rules.ts';
import { runWindow, type Parts } from './run.ts';
import { progress, type Progress } from './store.ts';
import { dayMs, dueWindows, judgeBackDays, learnBackDays } from './windows.ts';

/** Windows of one run of the job; what is left comes with the next. */
const windowsAtOnce = 48;

/** Learns and judges what is due every five minutes, once among all servers. */
export function scheduleBehaviour(parts: Parts): void {
  parts.platform.jobs.schedule('behaviour', '*/5 * * * *', async () => {
    await catchUp(parts);
  });
}

const startOfDay = (at: number): Date => new Date(Math.floor(at / dayMs) * dayMs);

/**
 * Learns and judges the windows that are due, oldest first. The place is kept after each window, and a window that was cut off is done again, which leaves the
 * same rows. Begins with the first activity that there is. Answers how many windows and anomalies.
 */
export async function catchUp(parts: Parts): Promise<{ windows: number; anomalies: number }> {
  const { clock, database } = parts.platform;
  const place = progress(database);
  const now = clock.now();
  const start = (await place.read()) ?? (await beginning(parts, now));
  if (!start) return { windows: 0, anomalies: 0 };
  const due = dueWindows(start.doneTo, start.judgeFrom, now, windowsAtOnce);
  if (due.length === 0) return { windows: 0, anomalies: 0 };
  const rules = await withRows(parts, enabledRules(await loadSettings(database, parts.content)));
  let anomalies = 0;
  for (const window of due) {
    const before = await place.read();
    anomalies += await runWindow(parts, window, rules);
    // Somebody asked to learn again meanwhile: the next run begins there.
    if ((await place.read())?.doneTo.getTime() !== before?.doneTo.getTime()) break;
    await place.write({ doneTo: window.to, judgeFrom: start.judgeFrom });
  }
  return { windows: due.length, anomalies };
}

/** Where time begins: with the first row of what is learned from, at most 30 days back. Undefined: there is none yet. */
async function beginning({ platform, queries, content }: Parts, now: Date): Promise<Progress | undefined> {
  const from = now.getTime() - learnBackDays * dayMs;
  const { query, parameters } = partQuery(content.learn, { from: new Date(from), to: now });
  const read = new Set(queries.compile(query, { now, parameters, noData: true }).reads.map(({ table }) => table));
  const first = (await platform.lake.tableInfo())
    .filter(({ name, rows }) => rows > 0 && read.has(name))
    .flatMap(({ firstRowAt }) => (firstRowAt === null ? [] : [Date.parse(firstRowAt)]));
  if (first.length === 0) return undefined;
  return {
    doneTo: startOfDay(Math.max(from, Math.min(...first))),
    judgeFrom: startOfDay(now.getTime() - judgeBackDays * dayMs),
  };
}

/** Without rules over tables that hold no row: most companies have half of the sources. */
async function withRows({ platform }: Parts, rules: readonly AnomalyRule[]): Promise<AnomalyRule[]> {
  const filled = new Set((await platform.lake.tableInfo()).filter(({ rows }) => rows > 0).map(({ name }) => name));
  return rules.filter(({ template }) => template.tables.some((name) => filled.has(name)));
}

/**
 * Sets the place back, so that the days since are learned again by the next runs, and the last of them judged again (default: all). Answers where that begins.
 */
export async function learnAgain({ platform }: Parts, days: number, judgedDays = days): Promise<Date> {
  const now = platform.clock.now().getTime();
  const from = startOfDay(now - days * dayMs);
  await progress(platform.database).write({ doneTo: from, judgeFrom: startOfDay(now - judgedDays * dayMs) });
  return from;
}
