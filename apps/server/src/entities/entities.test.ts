import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Client, EntityKind, InventoryEntity } from '@sallyport/contracts';
import { kqlText } from './content/kql.ts';
import { boundQuery } from './content/bind.ts';
import { subjectOf } from './content/subject.ts';
import { resolveEntities } from '../incidents/index.ts';
import { makeAdministrator, startTestServer, type TestServer } from '../testing.ts';
import { observeQuery } from './inventory/observe.ts';
import type { Entities } from './index.ts';
import type { KnownEntity } from './store.ts';
import { activitiesQuery } from './timeline.ts';
import { systemPrincipal } from '../platform/principal.ts';

vi.setConfig({ testTimeout: 240_000 });

let test: TestServer;
let entities: Entities;
let admin: Client;
const minute = 60_000;
const now = Date.now();
const at = (minutesAgo: number): string => new Date(now - minutesAgo * minute).toISOString();
/** A log line may call somebody this. */
const hostile = `x'; drop table inventory; -- <img src=x onerror=alert(1)> \\' | union *`;

beforeAll(async () => {
  test = await startTestServer({ settings: { collectHost: 'off' } });
  ({ entities } = test.server.domains);
  admin = test.browser();
  await makeAdministrator(test, admin);
}, 240_000);
afterAll(() => test.stop());

const put = (table: string, rows: Record<string, unknown>[]): Promise<void> =>
  test.platform.lake.insertRows(table, rows);
/** Rows count as arrived once they have settled. */
const passes = async (): Promise<void> => {
  vi.useFakeTimers({ now: Date.now() + 15_000, toFake: ['Date'] });
  try {
    await entities.refresh();
  } finally {
    vi.useRealTimers();
  }
  await test.platform.outbox.flush();
};
const list = async (
  query: NonNullable<Parameters<Client['listEntities']>[0]>['query'] = {},
): Promise<InventoryEntity[]> => (await admin.listEntities({ query })).entities;
const named = async (name: string): Promise<InventoryEntity> => {
  const found = (await list({ search: name })).find((one) => one.name === name);
  if (!found) throw new Error(`no entity ${name}`);
  return found;
};
const known = (kind: EntityKind, identifiers: Record<string, string>, keys: string[]): KnownEntity => ({
  row: {
    id: 'x',
    kind,
    name: Object.values(identifiers)[0] ?? 'x',
    strong: true,
    identifiers,
    properties: {},
    sources: [],
    events: 0,
    first_seen: new Date(0),
    last_seen: new Date(0),
    criticality: 0,
    criticality_concluded: 0,
    criticality_reason: '',
    criticality_set_by: null,
    risk_score: 0,
    risk_reasons: [],
    owner: null,
    tags: [],
  },
  keys: keys.map((key) => ({ key, alias: key })),
});
describe('what ships', () => {
  const names = `${hostile}@contoso.com`;
  const subjects: Partial<Record<EntityKind, KnownEntity>> = {
    Account: known('Account', { Name: names, UPNSuffix: 'contoso.com', Sid: 'S-1-5-21-1-2-3-4' }, [
      `account-upn:${names}|contoso.com`,
      'account-sid:s-1-5-21-1-2-3-4',
    ]),
    Host: known('Host', { HostName: hostile, DnsDomain: 'contoso.com' }, [`host-dns:${hostile}|contoso.com`]),
    IP: known('IP', { Address: '203.0.113.9' }, ['ip:203.0.113.9']),
    FileHash: known('FileHash', { Algorithm: 'SHA256', Value: 'a'.repeat(64) }, []),
    URL: known('URL', { Url: `https://x/${hostile}` }, []),
    Mailbox: known('Mailbox', { MailboxPrimaryAddress: names }, []),
    MailMessage: known('MailMessage', { NetworkMessageId: hostile, Recipient: names }, []),
    CloudApplication: known('CloudApplication', { Name: hostile, AppId: 'a' }, []),
    AzureResource: known('AzureResource', { ResourceId: `/subscriptions/${hostile}` }, []),
  };
  const span = { from: new Date(now - 7 * 24 * 60 * minute), to: new Date(now) };
  const run = async (what: string, query: string): Promise<string[]> => {
    try {
      const { rows } = await test.server.domains.hunting.queries.run({
        query,
        now: span.to,
        maxRows: 10,
        as: systemPrincipal('test'),
        operation: 'rule',
      });
      return rows.length > 0 ? [`${what}: rows out of nothing`] : [];
    } catch (error) {
      return [`${what}: ${error instanceof Error ? error.message : String(error)}`];
    }
  };

  it('has enough, and runs over nothing, whatever an entity is called', async () => {
    const { insights, activities, observed } = entities.content;
    const of = (kind: EntityKind): number => insights.filter(({ inputEntityType }) => inputEntityType === kind).length;
    expect(of('Account')).toBeGreaterThanOrEqual(8);
    expect(of('Host')).toBeGreaterThanOrEqual(6);
    expect(of('IP')).toBeGreaterThanOrEqual(5);
    expect(activities.length).toBeGreaterThanOrEqual(15);
    const wrong: string[] = [];
    for (const insight of insights) {
      const subject = subjects[insight.inputEntityType];
      wrong.push(
        ...(subject
          ? await run(insight.name, boundQuery(insight.query, subjectOf(subject), span))
          : [`${insight.name}: no subject`]),
      );
    }
    for (const [kind, subject] of Object.entries(subjects)) {
      const own = activities.filter(({ inputEntityType }) => inputEntityType === kind);
      if (own.length > 0)
        wrong.push(...(await run(`activities of ${kind}`, activitiesQuery(own, subjectOf(subject), span, 10))));
    }
    for (const one of observed) {
      const query = observeQuery(one, new Set(Object.keys(one.tables)), span);
      wrong.push(...(await run(`observed ${one.kind}`, `${query}\n| where array_length(Rows) > 0`)));
    }
    expect(wrong).toEqual([]);
  });

  it('knows accounts, hosts and addresses by the keys of alerts’ entities', async () => {
    const accounts = ['Anna@Contoso.com', 'CONTOSO\\Bob', 'carl', 'a@b@contoso.com', 'A\\B\\dora', '\\eve'];
    const hosts = ['PC01.contoso.com', 'CONTOSO\\PC02', 'pc03', 'pc04.', '\\\\pc05.sub.contoso.com'];
    const addresses = [
      '203.0.113.7',
      '::ffff:198.51.100.4',
      '10.0.0.4',
      '[2001:DB8::1]',
      'fd00::1',
      '172.20.1.1',
      '100.100.1.1',
    ];
    const ask = async (query: string): Promise<string[]> =>
      (
        await test.server.domains.hunting.queries.run({
          query,
          now: new Date(now),
          as: systemPrincipal('test'),
          operation: 'rule',
        })
      ).rows.map(([keys]) => String(keys));
    const texts = (values: readonly string[]): string => values.map((value, n) => `${n}, ${kqlText(value)}`).join(', ');
    const keysOf = (kind: EntityKind, identifier: string, value: string): string => {
      const [entity] = resolveEntities([{ kind, identifiers: { [identifier]: value } }]);
      const weak = JSON.stringify(
        Object.entries(entity?.identifiers ?? {}).map(([name, text]) => [name, text.toLowerCase()]),
      );
      return JSON.stringify(entity?.strong ? entity.keys : [weak]);
    };
    expect(
      await ask(
        `datatable(N:int, Account:string)[${texts(accounts)}] | extend AadUserId = '', Sid = '', ObjectGuid = '', HostName = '', HostKey = '' | invoke _AccountIdentity() | sort by N asc | project tostring(Keys)`,
      ),
    ).toEqual(accounts.map((name) => keysOf('Account', 'Name', name)));
    expect(
      await ask(
        `datatable(N:int, Host:string)[${texts(hosts)}] | extend AzureID = '', AgentID = '' | invoke _HostIdentity() | sort by N asc | project tostring(Keys)`,
      ),
    ).toEqual(hosts.map((name) => keysOf('Host', 'HostName', name)));
    expect(
      await ask(
        `datatable(N:int, Address:string)[${texts(addresses)}] | invoke _AddressIdentity() | sort by N asc | project tostring(Keys)`,
      ),
    ).toEqual(addresses.map((name) => keysOf('IP', 'Address', name)));
    expect(
      await ask(
        `datatable(Address:string)['127.0.0.1', '0.0.0.0', '169.254.1.1', 'fe80::1', 'LOCAL', '-'] | invoke _AddressIdentity() | project tostring(Keys)`,
      ),
    ).toEqual([]);
  });
});

describe('the inventory', () => {
  it('knows one person by what each source calls them, however often rows come', async () => {
    const logon = (Computer: string, minutesAgo: number) => ({
      TimeGenerated: at(minutesAgo),
      EventID: 4624,
      Computer,
      LogonType: 2,
      TargetUserName: 'anna',
      TargetDomainName: 'CONTOSO',
      TargetUserSid: 'S-1-5-21-1-2-3-1001',
      IpAddress: '10.0.0.4',
    });
    await put('SigninLogs', [
      {
        TimeGenerated: at(60),
        UserPrincipalName: 'anna@contoso.com',
        UserId: 'aaaaaaaa-0000-4000-8000-000000000001',
        UserDisplayName: 'Anna A',
        ResultType: '0',
        IPAddress: '198.51.100.7',
        AppDisplayName: 'Mail',
        Location: 'NL',
      },
      {
        TimeGenerated: at(50),
        UserPrincipalName: hostile,
        UserId: 'aaaaaaaa-0000-4000-8000-000000000002',
        ResultType: '0',
        IPAddress: 'not an address',
      },
    ]);
    await put('SecurityEvent', [logon('pc01.contoso.com', 40), logon('pc01.contoso.com', 30)]);
    await put('Syslog', [{ TimeGenerated: at(20), Computer: 'pc01', SyslogMessage: 'x' }]);
    await passes();
    // Nobody says yet that both are one.
    expect((await list({ kind: ['Account'], search: 'anna' })).map(({ name }) => name).toSorted()).toEqual([
      'CONTOSO\\anna',
      'anna@contoso.com',
    ]);
    await put('IdentityInfo', [
      {
        TimeGenerated: at(10),
        AccountUPN: 'anna@contoso.com',
        AccountObjectId: 'aaaaaaaa-0000-4000-8000-000000000001',
        AccountSID: 'S-1-5-21-1-2-3-1001',
        AccountName: 'anna',
        AccountDomain: 'contoso.com',
        AccountDisplayName: 'Anna A',
        Department: 'Finance',
        AssignedRoles: ['Global Administrator'],
      },
    ]);
    await put('EmailEvents', [
      {
        TimeGenerated: at(10),
        NetworkMessageId: 'aaaaaaaa-0000-4000-8000-00000000000a',
        RecipientEmailAddress: 'anna@contoso.com',
        Subject: 'Invoice',
        ThreatTypes: 'Phish',
      },
    ]);
    await passes();
    await named('anna@contoso.com');
    expect(await list({ kind: ['Account'], search: 'anna' })).toHaveLength(1);
  });

  it('makes one piece of evidence of what an incident’s alerts name differently', async () => {
    const Sid = 'S-1-5-21-1-2-3-1001';
    const mail = {
      kind: 'MailMessage' as const,
      identifiers: { NetworkMessageId: 'aaaaaaaa-0000-4000-8000-00000000000a', Recipient: 'anna@contoso.com' },
    };
    const callings = [
      { Name: 'anna', UPNSuffix: 'contoso.com' },
      { Name: 'anna', NTDomain: 'CONTOSO' },
      { Sid },
      { AadUserId: 'aaaaaaaa-0000-4000-8000-000000000001' },
    ];
    const { incidents } = test.server.domains;
    const number = await incidents.addFindings(
      callings.map((identifiers, n) => ({
        id: `bbbbbbbb-0000-4000-8000-00000000000${n}`,
        name: `Found ${n}`,
        description: '',
        tactics: [],
        techniques: [],
        at: new Date(now - n * minute),
        entities: [{ kind: 'Account' as const, identifiers }, mail],
        query: 'print 1',
        queryFrom: new Date(now - 60 * minute),
        queryTo: new Date(now),
      })),
      { title: 'One person', severity: 'Medium' },
      'test',
    );
    const params = { number };
    const { evidence, alerts } = await admin.getIncidentStory({ params });
    expect(evidence.map(({ entity }) => entity.name).toSorted()).toEqual([
      'anna@contoso.com',
      '“Invoice” to anna@contoso.com',
    ]);
    const [person] = evidence.filter(({ entity }) => entity.kind === 'Account');
    expect(person).toMatchObject({ alertCount: 4, entity: { identifiers: { Sid, UPNSuffix: 'contoso.com' } } });
    expect(person?.aliases).toHaveLength(3);
    expect(alerts.every(({ entityIds }) => entityIds.includes(person?.entity.id ?? ''))).toBe(true);
    expect((await admin.getIncident({ params })).entities).toHaveLength(2);
    // A verdict is of the person, whatever the name by which it was given.
    const entityId = person?.aliases[0]?.id ?? '';
    const set = await admin.setEvidenceVerdict({ params: { number, entityId }, body: { verdict: 'Malicious' } });
    expect(set).toMatchObject({
      entity: { id: person?.entity.id },
      verdict: 'Malicious',
      verdictBy: 'anna@contoso.com',
    });
  });

  it('writes what it knows as rows, of devices that logs alone show too', async () => {
    await entities.keepDevices();
    const ask = async (query: string) =>
      (
        await test.server.domains.hunting.queries.run({
          query,
          now: new Date(Date.now() + 60_000),
          as: systemPrincipal('test'),
          operation: 'rule',
        })
      ).rows;
    expect(await ask('DeviceInfo | project DeviceName, OnboardingStatus')).toEqual([
      ['pc01.contoso.com', 'Seen in logs'],
    ]);
    expect(await ask("_EntityKeys | where Key startswith 'account-upn:anna' | project Kind, Key")).toEqual([
      ['Account', 'account-upn:anna|contoso.com'],
    ]);
    await entities.keepDevices();
    expect(await ask('DeviceInfo | count')).toEqual([[1]]);
  });
});
