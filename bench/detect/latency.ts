import { readFileSync } from 'node:fs';
import { plansOf } from '../../apps/server/src/detection/plans/index.ts';
import { setEnabled } from '../../apps/server/src/detection/store.ts';
import { withDetection } from '../../apps/server/src/with-detection.ts';

/** Seconds from an event at the spool to its incident in the database, with rules that look at rows as they arrive. */
export interface Latency {
  readonly rules: number;
  readonly events: number;
  /** Of the first event after the start, with nothing planned yet. */
  readonly first: number;
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
  /** Processor seconds of this process and its engines, for each event after the first. */
  readonly cpuPerEvent: number;
  /** The same of an event after a rule was switched off. */
  readonly cpuAfterDisabling: number;
}

const patienceMs = 600_000;
const event = (n: number, at: Date): Buffer =>
  Buffer.from(
    JSON.stringify([
      {
        System: {
          Provider: { Name: 'Microsoft-Windows-Sysmon' },
          EventID: 1,
          TimeCreated: { SystemTime: at.toISOString() },
          EventRecordID: String(n),
          Channel: 'Microsoft-Windows-Sysmon/Operational',
          Computer: `pc${n}.contoso.com`,
        },
        EventData: {
          Image: 'C:\\Windows\\System32\\vssadmin.exe',
          OriginalFileName: 'VSSADMIN.EXE',
          CommandLine: 'vssadmin.exe delete shadows /all /quiet',
          User: 'CONTOSO\\anna',
          ParentImage: 'C:\\Windows\\System32\\cmd.exe',
        },
      },
    ]),
  );

/** Sends `events` of which each makes an incident, one after another. `folders` have the rules. */
export function latency(
  folders: readonly string[],
  events: number,
  onEvent: (n: number, seconds: number, cpu: number) => void = () => undefined,
): Promise<Latency> {
  return withDetection(
    folders,
    async ({ platform, queries, detection, core }) => {
      const { database, clock } = platform;
      await detection.start?.();
      const send = async (n: number): Promise<{ seconds: number; cpu: number }> => {
        const [start, before] = [performance.now(), cpuSeconds()];
        const at = clock.now();
        await core.append('Custom-WindowsEventJson', event(n, at));
        const seen = 'SELECT 1 FROM alerts WHERE start_time >= $1 AND incident_number IS NOT NULL LIMIT 1';
        while ((await database.first(seen, [at])) === undefined) {
          if (performance.now() - start > patienceMs) throw new Error(`event ${n} made no incident`);
          await clock.sleep(50);
        }
        const [seconds, cpu] = [(performance.now() - start) / 1_000, cpuSeconds() - before];
        onEvent(n, seconds, cpu);
        return { seconds, cpu };
      };
      const first = await send(0);
      // A server plans each rule once for as long as its database lives, in its first minutes: that is no part of what an event takes.
      await plansOf(queries, platform).reads.of(detection.rules.rules.map(({ query }) => query));
      const took = [];
      for (let n = 1; n <= events; n++) took.push(await send(n));
      const seconds = took.map((one) => one.seconds).toSorted((a, b) => a - b);
      const live = detection.rules.rules.filter((rule) => rule.kind === 'NRT');
      const unlike = live.find((rule) => !/shadow|vssadmin/i.test(rule.query));
      if (unlike)
        await setEnabled(database, { ruleId: unlike.id, enabled: false, reason: null, by: 'bench', now: clock.now() });
      const after = await send(events + 1);
      const at = (share: number): number => seconds[Math.min(seconds.length - 1, Math.floor(share * seconds.length))]!;
      return {
        rules: live.length,
        events,
        first: round(first.seconds),
        p50: round(at(0.5)),
        p95: round(at(0.95)),
        most: round(seconds.at(-1)!),
        cpuPerEvent: round(took.reduce((sum, { cpu }) => sum + cpu, 0) / events),
        cpuAfterDisabling: round(after.cpu),
      };
    },
    { live: true },
  );
}

/** Of this process and those that it started (Linux). */
function cpuSeconds(): number {
  const own = process.cpuUsage();
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const ticks = children.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return (own.user + own.system) / 1e6 + ticks.reduce((a, b) => a + b, 0) / 100;
}
const round = (value: number): number => Number(value.toFixed(2));
