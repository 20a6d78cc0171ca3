import { randomUUID } from 'node:crypto';
import { incidentRoutes, Incident } from '@sallyport/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { manualClock } from '../platform/clock.ts';
import { silentLog } from '../platform/log.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createOutbox, type Outbox, type RowObject } from '../platform/outbox/index.ts';
import { startEphemeralDatabase, type EphemeralDatabase } from '../supervisor/ephemeral-database.ts';
import { addComment, changeIncident } from './commands.ts';
import { emptyInventory, resolveEntities } from './entities/index.ts';
import { listIncidents } from './list.ts';
import { mergeIncidents, moveAlerts, previewMerge, splitIncident } from './moves.ts';
import { raise } from './raise.ts';
import { getIncident, listAlerts } from './read.ts';
import { recount } from './tally.ts';
import type { NewAlert } from './types.ts';

const clock = manualClock(new Date('2026-01-01T00:00:00Z'));
const delivered: { table: string; row: RowObject }[] = [];
let ephemeral: EphemeralDatabase;
let platform: { database: EphemeralDatabase['database']; clock: typeof clock; outbox: Outbox };

beforeAll(async () => {
  ephemeral = await startEphemeralDatabase();
  const { database } = ephemeral;
  const target = {
    insertRows: async (table: string, rows: readonly RowObject[]) =>
      void delivered.push(...rows.map((row) => ({ table, row }))),
  };
  platform = {
    database,
    clock,
    outbox: createOutbox({ database, target, clock, log: silentLog, metrics: createMetrics() }),
  };
});
afterAll(() => ephemeral.stop());
beforeEach(async () => {
  await platform.outbox.flush();
  delivered.length = 0;
  await platform.database.execute(
    'TRUNCATE incidents, alerts, entities, alert_entities, incident_keys, incident_activities, alert_comments, incident_rules, incident_entities, alert_rates CASCADE',
  );
});

const alert = (hosts: readonly string[], hours: number, more: Partial<NewAlert> = {}): NewAlert => {
  const at = new Date(Date.UTC(2026, 0, 1, hours));
  const id = more.id ?? randomUUID();
  return {
    id,
    ruleId: 'rule-1',
    name: 'A new service',
    description: 'What it means',
    severity: 'Medium',
    tactics: ['Persistence'],
    techniques: ['T1543.003'],
    startTime: at,
    endTime: at,
    entities: resolveEntities(
      hosts.map((h) => ({ kind: 'Host', identifiers: { HostName: h, DnsDomain: 'contoso.com' } })),
    ),
    customDetails: {},
    query: 'SecurityEvent',
    queryFrom: at,
    queryTo: at,
    createIncident: true,
    grouping: undefined,
    row: { SystemAlertId: id },
    ...more,
  };
};
const raiseAll = (...alerts: NewAlert[]) => platform.database.transaction((tx) => raise(platform, alerts, tx));
const rowsOf = async (table: string) => {
  await platform.outbox.flush();
  return delivered.filter((d) => d.table === table).map((d) => d.row);
};
const list = () => listIncidents(platform.database, incidentRoutes.listIncidents.query.parse({}), clock.now());

describe('raising alerts', () => {
  it('makes an incident with its activity and both rows, and does nothing the second time', async () => {
    const first = alert(['pc01'], 1);
    expect(await raiseAll(first)).toEqual({ alertIds: [first.id], incidents: [1] });
    expect(await raiseAll(first)).toEqual({ alertIds: [], incidents: [] });
    const incident = Incident.parse(await getIncident(platform.database, 1));
    expect(incident).toMatchObject({
      title: 'A new service on pc01.contoso.com',
      severity: 'Medium',
      status: 'New',
      alertCount: 1,
      entityCount: 1,
      tactics: ['Persistence'],
    });
    expect(incident.activities.map((a) => a.text)).toEqual(['Created by alert “A new service”.']);
    expect(await rowsOf('SecurityAlert')).toHaveLength(1);
    expect(await rowsOf('SecurityIncident')).toMatchObject([
      { IncidentNumber: 1, Status: 'New', AlertIds: [first.id] },
    ]);
  });

  it('joins, raises severity, and names the stages', async () => {
    await raiseAll(alert(['pc01'], 1));
    await raiseAll(
      alert(['pc01'], 2, { name: 'LSASS read', severity: 'High', tactics: ['CredentialAccess'], ruleId: 'rule-2' }),
    );
    expect((await list()).incidents).toMatchObject([
      {
        number: 1,
        title: 'Multi-stage incident: persistence to credential access on pc01.contoso.com',
        severity: 'High',
        alertCount: 2,
      },
    ]);
    const { activities } = await getIncident(platform.database, 1);
    expect(activities.at(-1)?.text).toBe('Alert “LSASS read” added: shares host pc01.contoso.com.');
  });

  it('merges two incidents that an alert bridges, and leaves a signpost', async () => {
    await raiseAll(alert(['a'], 1), alert(['b'], 2));
    await changeIncident(platform, 2, { owner: 'anna@contoso.com', status: 'Active' }, 'anna@contoso.com');
    await raiseAll(alert(['a', 'b'], 3));
    expect((await list()).incidents).toMatchObject([
      { number: 1, alertCount: 3, owner: 'anna@contoso.com', status: 'Active' },
    ]);
    const source = await getIncident(platform.database, 2);
    expect(source).toMatchObject({ status: 'Closed', mergedInto: 1, labels: ['Redirected'], alerts: [] });
    await expect(changeIncident(platform, 2, { title: 'x' }, 'anna')).rejects.toMatchObject({ code: 'Conflict' });
    await raiseAll(alert(['b'], 4));
    expect((await list()).incidents).toMatchObject([{ number: 1, alertCount: 4 }]);
    expect((await rowsOf('SecurityIncident')).filter((r) => r['IncidentNumber'] === 2).at(-1)).toMatchObject({
      Status: 'Closed',
    });
  });

  it('does not split a story between runs in parallel', async () => {
    const hosts = ['a', 'b', 'c'];
    await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        raiseAll(alert([hosts[i % 3]!], i % 5), alert([hosts[(i + 1) % 3]!, `h${i}`], i % 7)),
      ),
    );
    const { incidents } = await list();
    expect(incidents.reduce((sum, i) => sum + i.alertCount, 0)).toBe(48);
    // Each of a, b and c in one incident only.
    const split = await platform.database.query(
      `SELECT e.name FROM alert_entities l JOIN entities e ON e.id = l.entity_id JOIN alerts a ON a.id = l.alert_id
       GROUP BY e.name HAVING count(DISTINCT a.incident_number) > 1`,
    );
    expect(split).toEqual([]);
  });

  it('gives numbers without gaps, though one batch merges what it made', async () => {
    await raiseAll(alert(['a'], 1), alert(['b'], 2), alert(['c'], 2), alert(['a', 'b'], 3), alert(['d'], 9));
    expect((await list()).incidents.map((i) => [i.number, i.alertCount]).toSorted(([a = 0], [b = 0]) => a - b)).toEqual(
      [
        [1, 3],
        [2, 1],
        [3, 1],
      ],
    );
  });

  it('keeps an alert without an incident where its rule wants none', async () => {
    const lone = alert(['a'], 1, { createIncident: false });
    expect(await raiseAll(lone)).toEqual({ alertIds: [lone.id], incidents: [] });
    expect((await list()).total).toBe(0);
  });

  it('puts an alert that tells of others into their incident, once, and brings it up to date', async () => {
    const [first, second] = [alert(['a'], 1), alert(['b'], 2)];
    await raiseAll(first, second);
    const teller = (hours: number, more: Partial<NewAlert>) =>
      alert([], hours, {
        ruleId: 'fusion',
        name: 'Attack',
        severity: 'High',
        tactics: ['Execution', 'Impact'],
        ...more,
      });
    const told = teller(1, { tellsOf: [first.id, randomUUID()] });
    // Of two that tell of one incident, the one that tells of more counts.
    expect(await raiseAll(told, teller(1, { tellsOf: [first.id] }))).toEqual({ alertIds: [told.id], incidents: [1] });
    const counts = async () =>
      Object.fromEntries((await list()).incidents.map(({ number, alertCount }) => [number, alertCount]));
    expect(await counts()).toEqual({ 1: 2, 2: 1 });
    // As much as before, which is no news.
    expect(await raiseAll(teller(1, { tellsOf: [first.id] }))).toEqual({ alertIds: [], incidents: [] });
    const more = teller(4, { name: 'Longer attack', tactics: ['Exfiltration'], tellsOf: [first.id] });
    expect(await raiseAll(more)).toEqual({ alertIds: [], incidents: [1] });
    const { alerts } = await getIncident(platform.database, 1);
    expect(alerts.find(({ systemAlertId }) => systemAlertId === told.id)).toMatchObject({
      tactics: ['Execution', 'Exfiltration', 'Impact'],
    });
    expect((await rowsOf('SecurityAlert')).map((row) => row['SystemAlertId'])).toEqual([
      first.id,
      second.id,
      told.id,
      told.id,
    ]);
    // What tells of alerts in two incidents shows that they are one.
    await raiseAll(teller(5, { ruleId: 'fusion-2', tellsOf: [first.id, second.id] }));
    expect(await counts()).toEqual({ 1: 4 });
  });

  it('stores what logs bring, U+0000 too', async () => {
    await raiseAll(alert(['a\0b'], 1, { name: 'x\0y', customDetails: { k: ['\0', '\ud800'] } }));
    expect((await list()).incidents[0]?.title).toContain('xy');
  });
});

describe('what an incident holds', () => {
  it('is counted the same anew', async () => {
    await raiseAll(alert(['a'], 1), alert(['b'], 2), alert(['c', 'a'], 2, { severity: 'High', ruleId: 'rule-2' }));
    await raiseAll(alert(['a', 'b'], 3, { ruleId: 'rule-2', name: 'Z', techniques: ['T1003'] }));
    const tables = async () => [
      await platform.database.query('SELECT * FROM incident_rules ORDER BY incident_number, rule_id'),
      await platform.database.query('SELECT * FROM incident_entities ORDER BY incident_number, entity_id'),
      await platform.database.query(
        'SELECT number, title, severity, alert_count, entity_count FROM incidents ORDER BY 1',
      ),
    ];
    const before = await tables();
    await platform.database.transaction((tx) => recount(tx, [1, 2]));
    expect(await tables()).toEqual(before);
    expect(before[2]).toMatchObject([
      { number: 1, alert_count: 4, entity_count: 3, severity: 'High' },
      { number: 2, alert_count: 0, entity_count: 0 },
    ]);
  });

  it('comes a page at a time, with reasons', async () => {
    await raiseAll(...Array.from({ length: 5 }, (_, i) => alert(['a'], i, { ruleId: `rule-${i % 2}` })));
    const seen: string[] = [];
    for (let cursor: string | undefined, page = 0; page < 5; page++) {
      const { alerts, nextCursor } = await listAlerts(platform.database, 1, { limit: 2, cursor });
      seen.push(...alerts.map((a) => a.startTime));
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    expect(seen).toEqual(Array.from({ length: 5 }, (_, i) => new Date(Date.UTC(2026, 0, 1, i)).toISOString()));
    const { reasons, confidence } = await getIncident(platform.database, 1);
    expect(reasons).toMatchObject({
      severity: 'The highest of its alerts: “A new service” is Medium.',
      links: [{ text: 'shares host a.contoso.com', alerts: 4 }],
    });
    expect(confidence).toBe(30);
  });

  it('of a noisy rule stays one incident more, and stays out of others', async () => {
    const noise = (i: number) => {
      const at = new Date(Date.UTC(2026, 0, 1, 1) + i * 1_000);
      return alert([`n${i}`], 1, { ruleId: 'noisy', startTime: at, endTime: at });
    };
    await raiseAll(...Array.from({ length: 300 }, (_, i) => noise(i)));
    await raiseAll(alert(['n299'], 1), ...Array.from({ length: 300 }, (_, i) => noise(i + 300)));
    const { total, incidents } = await list();
    expect([total, Math.max(...incidents.map((i) => i.alertCount))]).toEqual([202, 400]);
  });
});

describe('people', () => {
  const needs = () => ({ ...platform, inventory: emptyInventory });
  const numberOf = async ({ id }: NewAlert) =>
    (await platform.database.first<{ n: number }>('SELECT incident_number AS n FROM alerts WHERE id = $1', [id]))?.n;

  it('merge up to five incidents by the same rules', async () => {
    await raiseAll(...['a', 'b', 'c', 'd'].map((host, i) => alert([host], i)));
    await changeIncident(platform, 1, { owner: 'anna' }, 'anna');
    await changeIncident(platform, 3, { owner: 'bo' }, 'anna');
    expect(await previewMerge(platform.database, 1, [2, 3])).toEqual({
      target: 1,
      merged: [2],
      refused: [{ number: 3, reason: 'assigned to different people' }],
      owner: 'anna',
      alertCount: 2,
      entityCount: 2,
    });
    await expect(mergeIncidents(needs(), 1, [2, 3], 'anna')).rejects.toMatchObject({ code: 'Conflict' });
    await expect(mergeIncidents(needs(), 1, [2, 3, 4, 5, 6], 'anna')).rejects.toMatchObject({ code: 'BadRequest' });
    await expect(mergeIncidents(needs(), 1, [99], 'anna')).rejects.toMatchObject({ code: 'NotFound' });
    await mergeIncidents(needs(), 4, [1, 2], 'anna');
    expect(await getIncident(platform.database, 4)).toMatchObject({ alertCount: 3, entityCount: 3, owner: 'anna' });
    expect(await getIncident(platform.database, 1)).toMatchObject({ status: 'Closed', mergedInto: 4 });
    const later = alert(['b'], 4);
    await raiseAll(later);
    expect(await numberOf(later)).toBe(4);
  });

  it('split an incident, and the engine leaves it so', async () => {
    const [a, b, bridge] = [alert(['a'], 1), alert(['b'], 1), alert(['a', 'b'], 2)];
    await raiseAll(a, b, bridge);
    await expect(splitIncident(needs(), 1, [a.id, b.id, bridge.id], 'anna')).rejects.toMatchObject({
      code: 'BadRequest',
    });
    expect(await splitIncident(needs(), 1, [b.id], 'anna')).toBe(2);
    expect((await list()).incidents.map((i) => [i.number, i.alertCount, i.entityCount])).toEqual(
      expect.arrayContaining([
        [1, 2, 2],
        [2, 1, 1],
      ]),
    );
    const both = alert(['a', 'b'], 3);
    await raiseAll(both);
    expect([await numberOf(both), (await list()).total]).toEqual([1, 2]);
    expect((await getIncident(platform.database, 1)).activities.at(-1)?.text).toContain('taken apart by hand');
  });

  it('put alerts elsewhere, and later ones follow', async () => {
    const [a, b, lone] = [alert(['a'], 1), alert(['b'], 1), alert(['c'], 1, { createIncident: false })];
    await raiseAll(a, b, lone);
    await moveAlerts(needs(), [lone.id], (await numberOf(b)) ?? null, 'anna');
    const later = alert(['c'], 2);
    await raiseAll(later);
    expect(await numberOf(later)).toBe(await numberOf(b));
    await moveAlerts(needs(), [lone.id, later.id], null, 'anna');
    expect(await numberOf(lone)).toBeNull();
    const latest = alert(['c'], 3);
    await raiseAll(latest);
    expect(await numberOf(latest)).not.toBe(await numberOf(b));
    await expect(moveAlerts(needs(), [randomUUID()], 1, 'anna')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('page through the queue while it changes', async () => {
    for (let i = 0; i < 5; i++) {
      await raiseAll(alert([`q${i}`], i));
      clock.advance(1_000);
    }
    const page = (cursor?: string) =>
      listIncidents(
        platform.database,
        incidentRoutes.listIncidents.query.parse({ limit: 2, ...(cursor === undefined ? {} : { cursor }) }),
        clock.now(),
      );
    const first = await page();
    await raiseAll(alert(['q9'], 9));
    const second = await page(first.nextCursor!);
    const third = await page(second.nextCursor!);
    expect([first, second, third].map(({ incidents }) => incidents.map((i) => i.number))).toEqual([
      [5, 4],
      [3, 2],
      [1],
    ]);
    expect(third.nextCursor).toBeNull();
    await expect(page('nonsense')).rejects.toMatchObject({ code: 'BadRequest' });
  });

  it('must classify to close; closing resolves the alerts; a closed incident takes no more', async () => {
    await raiseAll(alert(['a'], 1));
    await expect(changeIncident(platform, 1, { status: 'Closed' }, 'anna')).rejects.toMatchObject({
      code: 'BadRequest',
      target: 'body.classification',
    });
    await expect(
      changeIncident(platform, 1, { classification: 'TruePositive', classificationReason: 'InaccurateData' }, 'anna'),
    ).rejects.toMatchObject({ target: 'body.classificationReason' });
    clock.advance(60_000);
    await changeIncident(
      platform,
      1,
      {
        status: 'Closed',
        classification: 'FalsePositive',
        classificationReason: 'IncorrectAlertLogic',
        labels: ['x', 'x'],
      },
      'anna',
    );
    expect(await getIncident(platform.database, 1)).toMatchObject({
      status: 'Closed',
      labels: ['x'],
      alerts: [{ status: 'Resolved' }],
    });
    await raiseAll(alert(['a'], 2));
    expect((await list()).total).toBe(2);
    expect((await getIncident(platform.database, 2)).activities[0]?.text).toContain(
      'Related to incident 1, kept apart: closed.',
    );
    expect((await rowsOf('SecurityIncident')).map((r) => [r['IncidentNumber'], r['Status'], r['ModifiedBy']])).toEqual([
      [1, 'New', 'Sallyport'],
      [1, 'Closed', 'anna'],
      [2, 'New', 'Sallyport'],
    ]);
  });

  it('keep their title and severity when alerts come', async () => {
    await raiseAll(alert(['a'], 1));
    await changeIncident(platform, 1, { title: 'Mine', severity: 'Low' }, 'anna');
    await raiseAll(alert(['a'], 2, { severity: 'High' }));
    expect((await list()).incidents).toMatchObject([{ title: 'Mine', severity: 'Low', alertCount: 2 }]);
  });

  it('comment', async () => {
    await raiseAll(alert(['a'], 1));
    await addComment(platform, 1, 'seen', 'anna');
    expect((await getIncident(platform.database, 1)).activities.at(-1)).toMatchObject({
      kind: 'comment',
      by: 'anna',
      text: 'seen',
    });
    expect((await rowsOf('SecurityIncident')).at(-1)).toMatchObject({ Comments: [{ message: 'seen' }] });
    await expect(addComment(platform, 9, 'x', 'anna')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('search and sort the queue', async () => {
    await raiseAll(alert(['web'], 1));
    await raiseAll(alert(['db'], 1, { severity: 'High', name: '100% odd_name' }));
    const ask = async (query: object) =>
      (
        await listIncidents(platform.database, incidentRoutes.listIncidents.query.parse(query), clock.now())
      ).incidents.map((i) => i.number);
    expect(await ask({ sort: 'severity' })).toEqual([2, 1]);
    expect(await ask({ sort: 'number', order: 'asc' })).toEqual([1, 2]);
    expect(await ask({ search: 'WEB.contoso' })).toEqual([1]);
    expect(await ask({ search: '100% odd_' })).toEqual([2]);
    expect(await ask({ search: '#2' })).toEqual([2]);
    expect(await ask({ severity: 'High,Low', status: 'New' })).toEqual([2]);
    expect(await ask({ limit: 1, offset: 1, sort: 'number' })).toEqual([1]);
    await raiseAll(alert(['mail'], 1, { name: 'Rule 2 again' }));
    expect(await ask({ search: '#2' })).toEqual([2]);
    expect(await ask({ search: '2', sort: 'number' })).toEqual([3, 2]);
  });
});
