import { kqlString, SallyportError, type Entity, type ProcessTree } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import type { Queryable } from '../../platform/database/types.ts';
import { askedRows, type Asked } from './ask.ts';
import { childrenOf, linked, walkFrom, type Seed, type StartedProcess } from './process-walk.ts';
import { incidentRow } from './read.ts';

const hostsMax = 200;
const seedsMax = 500;
/** Starts of processes that are looked at. */
const startedMax = 4_000;
/** How long before its alert a process may have started. */
const marginMs = 24 * 3_600_000;
const afterMs = 3_600_000;
const commandCharsMax = 4_096;

/**
 * Processes that started on a device, the nearest to a time. Walking from parent to child in KQL was tried: each step repeats the whole statement in the engine, 11 s of
 * processor for nine processes. So at most some thousand rows come out, and the walk is `process-walk.ts`.
 */
const startedQuery = `declare query_parameters(devices:dynamic, around:dynamic);
_Im_ProcessCreate
| where tolower(coalesce(DvcFQDN, DvcHostname)) in (devices) or (array_length(devices) == 1 and tolower(DvcHostname) in (devices))
| extend Away = abs(datetime_diff('second', TimeGenerated, todatetime(tostring(around[0]))))
| top ${startedMax + 1} by Away asc
| project at = TimeGenerated, pid = tolong(TargetProcessId), guid = TargetProcessGuid, parentPid = tolong(ActingProcessId), parentGuid = ActingProcessGuid, image = TargetProcessName,
    file = tolower(TargetProcessFilename), command = substring(TargetProcessCommandLine, 0, ${commandCharsMax}), account = TargetUsername, level = TargetProcessIntegrityLevel, sha256 = TargetProcessSHA256,
    parentImage = ActingProcessName, parentFile = tolower(ActingProcessFilename), parentCommand = substring(ActingProcessCommandLine, 0, ${commandCharsMax})`;

const Row = z.object({
  at: z.string(),
  pid: z.number().nullable(),
  guid: z.string(),
  parentPid: z.number().nullable(),
  parentGuid: z.string(),
  image: z.string(),
  file: z.string(),
  command: z.string(),
  account: z.string(),
  level: z.string(),
  sha256: z.string(),
  parentImage: z.string(),
  parentFile: z.string(),
  parentCommand: z.string(),
}) satisfies z.ZodType<StartedProcess>;

interface HostRow {
  id: string;
  name: string;
  identifiers: Record<string, string>;
  alerts: number;
}

/** The process tree of one host of an incident; see the route. Throws NotFound for a host that no alert of it has, and as `Queries.run` does. */
export async function readProcesses(
  { database, queries }: { readonly database: Queryable; readonly queries: Queries },
  number: number,
  { host: wanted, parent }: { readonly host?: string | undefined; readonly parent?: string | undefined },
  asked: Asked,
): Promise<ProcessTree> {
  const incident = await incidentRow(database, number);
  const hosts = await database.query<HostRow>(
    `SELECT e.id, e.name, e.identifiers, count(*)::int AS alerts
     FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id
     WHERE a.incident_number = $1 AND e.kind = 'Host' GROUP BY e.id
     ORDER BY bool_or(EXISTS (SELECT 1 FROM alert_entities p JOIN entities x ON x.id = p.entity_id WHERE p.alert_id = a.id AND x.kind = 'Process')) DESC, alerts DESC, e.name, e.id
     LIMIT $2`,
    [number, hostsMax],
  );
  const host = wanted === undefined ? hosts[0] : hosts.find(({ id }) => id === wanted);
  if (wanted !== undefined && !host)
    throw new SallyportError('NotFound', `no alert of incident ${number} is about this host`, { target: 'query.host' });
  const seeds = host ? await seedsOf(database, number, host.id) : [];
  const times = seeds.flatMap(({ since, until }) => [Date.parse(since), Date.parse(until)]);
  const first = Math.min(...(times.length > 0 ? times : [incident.first_activity_at.getTime()]));
  const last = Math.max(...(times.length > 0 ? times : [incident.last_activity_at.getTime()]));
  const timespan = { from: new Date(first - marginMs), to: new Date(last + afterMs) };
  const about = {
    hosts: hosts.map(({ id, name, alerts }) => ({ id, name, alertCount: alerts })),
    hostId: host?.id ?? null,
    from: timespan.from.toISOString(),
    to: timespan.to.toISOString(),
  };
  const devices = host ? devicesOf(host.identifiers) : [];
  if (devices.length === 0) return { ...about, basis: 'alerts', nodes: [], partial: null, query: '' };
  const rows = await askedRows(queries, Row, {
    ...asked,
    query: startedQuery,
    parameters: { devices: JSON.stringify(devices), around: JSON.stringify([new Date(first).toISOString()]) },
    timespan,
    maxRows: startedMax + 1,
  });
  const processes = linked(rows.slice(0, startedMax));
  const walk =
    parent === undefined ? walkFrom(processes, seeds) : { ...childrenOf(processes, parent), basis: 'alerts' as const };
  const notes = [
    ...(rows.length > startedMax
      ? [`More than ${startedMax} processes started: those nearest to the first alert were looked at.`]
      : []),
    ...(walk.cut ? ['There are more processes than are shown.'] : []),
  ];
  return {
    ...about,
    basis: walk.basis,
    nodes: walk.nodes,
    partial: notes.length > 0 ? notes.join(' ') : null,
    query: `_Im_ProcessCreate\n| where tolower(coalesce(DvcFQDN, DvcHostname)) in (${devices.map(kqlString).join(', ')})${
      devices.length === 1 ? ` or tolower(DvcHostname) == ${kqlString(devices[0] ?? '')}` : ''
    }\n| project TimeGenerated, ActorUsername, ActingProcessName, ActingProcessId, TargetProcessName, TargetProcessId, TargetProcessCommandLine\n| order by TimeGenerated asc`,
  };
}

/** The names by which logs may call a host, in lower case: only its bare name when no domain is known. */
function devicesOf(identifiers: Readonly<Record<string, string>>): string[] {
  const name = (identifiers['HostName'] ?? identifiers['NetBiosName'] ?? '').toLowerCase();
  if (name === '') return [];
  const domain = (identifiers['DnsDomain'] ?? '').toLowerCase();
  return domain === '' ? [name] : [name, `${name}.${domain}`];
}

/** What the alerts about a host say of processes: the entities of that kind, and what rules show as details. */
async function seedsOf(db: Queryable, number: number, hostId: string): Promise<Seed[]> {
  const rows = await db.query<{
    id: string;
    start_time: Date;
    end_time: Date;
    custom_details: Record<string, string[]>;
    processes: Entity['identifiers'][];
  }>(
    `SELECT a.id, a.start_time, a.end_time, a.custom_details,
       coalesce((SELECT jsonb_agg(e.identifiers) FROM alert_entities l JOIN entities e ON e.id = l.entity_id WHERE l.alert_id = a.id AND e.kind = 'Process'), '[]') AS processes
     FROM alerts a JOIN alert_entities h ON h.alert_id = a.id AND h.entity_id = $2
     WHERE a.incident_number = $1 ORDER BY a.start_time, a.id LIMIT $3`,
    [number, hostId, seedsMax],
  );
  return rows
    .flatMap((row): Seed[] => {
      const at = { alert: row.id, since: row.start_time.toISOString(), until: row.end_time.toISOString() };
      const named = row.processes.map((process) => ({
        pid: numberOf(process['ProcessId']),
        command: (process['CommandLine'] ?? '').slice(0, commandCharsMax),
      }));
      const detailed = detailNames
        .flatMap((name) => row.custom_details[name] ?? [])
        .map((command) => ({ pid: null, command }));
      const all = [...named, ...detailed].filter(({ pid, command }) => pid !== null || command !== '');
      // An alert that names no process still says when something happened.
      return (all.length > 0 ? all : [{ pid: null, command: '' }]).map((one) => ({ ...at, ...one }));
    })
    .slice(0, seedsMax);
}

const detailNames = ['CommandLine', 'ProcessCommandLine', 'TargetProcessCommandLine'];

const numberOf = (text: string | undefined): number | null => {
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
};
