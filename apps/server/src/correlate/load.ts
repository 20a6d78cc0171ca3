import type { Severity } from '@sallyport/contracts';
import { Rng } from '../demo/index.ts';
import { resolveEntities, type Incidents, type MappedEntity, type NewAlert } from '../incidents/index.ts';
import type { Platform } from '../platform/types.ts';
import { uuidOf } from './noise.ts';
import { treeCpuSeconds } from './processor.ts';

export interface LoadReport {
  readonly alerts: number;
  readonly incidents: number;
  readonly biggest: number;
  /** Milliseconds of processor an alert, of this process and the database, in each tenth of the alerts. */
  readonly msPerAlert: readonly number[];
  readonly msPerAlertAll: number;
  readonly wallSeconds: number;
}

const dayMs = 86_400_000;
const start = Date.parse('2026-03-02T00:00:00Z');
/** Of one raise. */
const batch = 500;

/**
 * Raises alerts that are spread over 24 hours: a twentieth of them of one noisy rule on one machine, a twentieth of a rule that fires on every machine, the others of 300 rules
 * about 40,000 people and their machines, now and then sharing an attacker's address.
 */
export async function raiseMany(
  { database }: Pick<Platform, 'database'>,
  incidents: Incidents,
  count: number,
  onProgress: (text: string) => void,
): Promise<LoadReport> {
  const rng = new Rng('many alerts');
  const began = performance.now();
  const msPerAlert: number[] = [];
  let before = await treeCpuSeconds();
  const first = before;
  const tenth = Math.ceil(count / 10);
  for (let done = 0; done < count;) {
    const size = Math.min(batch, count - done, tenth - (done % tenth));
    const alerts = Array.from({ length: size }, (_, i) => alertOf(rng, done + i, count));
    await database.transaction((tx) => incidents.raise(alerts, tx));
    done += size;
    if (done % tenth === 0 || done === count) {
      // Rows on their way to the lake are another part's.
      await database.execute('TRUNCATE lake_outbox, lake_outbox_batches');
      const now = await treeCpuSeconds();
      msPerAlert.push(round(((now - before) * 1_000) / tenth));
      before = await treeCpuSeconds();
      onProgress(`${done} alerts, ${msPerAlert.at(-1)} ms of processor each`);
    }
  }
  const row = await database.first<{ n: number; biggest: number }>(
    'SELECT count(*)::int AS n, max(alert_count) AS biggest FROM incidents WHERE redirected_to IS NULL',
  );
  return {
    alerts: count,
    incidents: row?.n ?? 0,
    biggest: row?.biggest ?? 0,
    msPerAlert,
    msPerAlertAll: round(((before - first) * 1_000) / count),
    wallSeconds: Math.round((performance.now() - began) / 1_000),
  };
}

const people = 40_000;
const stages = ['InitialAccess', 'Execution', 'Persistence', 'CredentialAccess', 'LateralMovement', 'Exfiltration'];

function alertOf(rng: Rng, n: number, count: number): NewAlert {
  const at = new Date(start + Math.floor((n / count) * dayMs));
  const draw = rng.int(0, 99);
  const person = rng.int(0, people - 1);
  const host = (name: string): MappedEntity => ({
    kind: 'Host',
    identifiers: { HostName: name, DnsDomain: 'contoso.com' },
  });
  const who: MappedEntity = { kind: 'Account', identifiers: { Name: `user${person}`, UPNSuffix: 'contoso.com' } };
  const address = (ip: string): MappedEntity => ({ kind: 'IP', identifiers: { Address: ip } });
  const rule = rng.int(0, 299);
  const [ruleId, entities]: readonly [string, readonly MappedEntity[]] =
    draw < 5
      ? ['noisy on one machine', [host('web01'), address(`203.0.${rng.int(0, 255)}.${rng.int(0, 255)}`)]]
      : draw < 10
        ? ['noisy on every machine', [host(`pc${person}`)]]
        : draw < 12
          ? [`rule ${rule}`, [who, host(`pc${person}`), address(`192.0.2.${rng.int(0, 255)}`)]]
          : [`rule ${rule}`, [who, host(`pc${person}`)]];
  return {
    id: uuidOf(`alert ${n}`),
    ruleId,
    name: `What ${ruleId} found`,
    description: 'As a rule says it.',
    severity: rng.pick<Severity>(['Low', 'Low', 'Medium', 'High']),
    tactics: [stages[rule % stages.length]!],
    techniques: ['T1059'],
    startTime: at,
    endTime: at,
    entities: resolveEntities(entities),
    customDetails: {},
    query: 'SecurityEvent | where EventID == 4688',
    queryFrom: at,
    queryTo: at,
    createIncident: true,
    grouping: undefined,
    row: undefined,
  };
}

const round = (n: number): number => Math.round(n * 1_000) / 1_000;
