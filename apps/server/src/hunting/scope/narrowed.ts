import { checkWorkbook, parseWorkbook, type Client } from '@sallyport/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errorOf } from '../../testing.ts';
import { alertOf, askerOf, type Served } from './served.ts';

/** What is kept of queries, and pages beside queries, as people who see a part get them. Part of faces.test.ts, which has the server. */

const everything = 'union Syslog, SecurityEvent, DeviceProcessEvents, EmailEvents, AlertInfo, AlertEvidence';
const all = process.env['ALL_QUERIES'] === '1';

export function describeKept(served: () => Served): void {
  describe('what is kept of queries', () => {
    it('the same text gives each their own rows, one after the other and at once', async () => {
      const { karl, nora, admin, toldOf, test } = served();
      const url = `/v1/workspaces/${test.platform.workspaces.first.id}/query`;
      const query =
        'Syslog | summarize Rows = count() by Computer | where isnotempty(Computer) | order by Computer asc';
      const of = async (one: typeof karl) => (await one.client.runQuery({ body: { query } })).rows;
      const before = (await admin.runQuery({ body: { query } })).rows;
      for (let turn = 0; turn < 2; turn++) {
        expect(await of(karl)).toEqual([['in1', 3]]);
        expect(await of(nora)).toEqual([['out1', 3]]);
      }
      const some = await Promise.all([karl, nora, karl, nora].map(of));
      expect(some).toEqual([[['in1', 3]], [['out1', 3]], [['in1', 3]], [['out1', 3]]]);
      expect((await admin.runQuery({ body: { query } })).rows).toEqual(before);
      for (const [name, one] of [
        ['group', karl],
        ['nora', nora],
      ] as const)
        for (const [method, to, body] of [
          ['POST', '/api/query/rows', { query: everything }],
          ['POST', url, { query: everything }],
          ['POST', '/v1.0/security/runHuntingQuery', { Query: everything, Timespan: 'P400D' }],
          ['POST', '/v2/rest/query', { db: 'main', csl: everything }],
        ] as const) {
          const { status, text } = await one.call(method, to, body);
          expect(status).toBe(200);
          expect(toldOf(name, text)).toEqual([]);
          expect(text).toMatch(/zq[0-9a-z]+q/);
        }
    });

    it('a search job’s table, a saved function and a notebook’s cells', { timeout: 120_000 }, async () => {
      const { karl, nora, admin, toldOf, test, rows } = served();
      const table = 'Found_SRCH';
      // As a search job of somebody who sees everything leaves it.
      const columns = ['Host', 'Said'].map((name) => ({ name, type: 'string' as const }));
      await test.platform.lake.createTable({ name: table, columns });
      const everybodys = rows
        .filter((row) => row.table === 'Syslog')
        .map(({ token }) => ({ TimeGenerated: new Date().toISOString(), Host: 'out1', Said: token }));
      await test.platform.lake.insertRows(table, everybodys);
      const found = await admin.runQuery({ body: { query: `${table} | where Said contains "zq" | count` } });
      expect(Number(found.rows[0]?.[0])).toBeGreaterThan(0);
      const saved = { description: '', folder: '', tactics: [], techniques: [] };
      await admin.createSavedQuery({
        body: {
          ...saved,
          name: 'AllHosts',
          shared: true,
          functionName: 'AllHosts',
          functionParameters: '',
          query: `union isfuzzy=true Syslog, ${table}`,
        },
      });
      const cells = [{ id: crypto.randomUUID(), kind: 'query' as const, text: 'AllHosts() | take 100', range: '' }];
      const { id } = await admin.createNotebook({
        body: { name: 'Hosts', description: '', range: '', shared: true, cells },
      });
      for (const [name, one] of [
        ['group', karl],
        ['nora', nora],
      ] as const) {
        const { client } = one;
        const notebook = await client.getNotebook({ params: { id } });
        expect((await client.runQuery({ body: { query: table } })).rows).toEqual([]);
        const searched = [`union Found*, Syslog`, `search in (${table}, Syslog) "word1"`];
        for (const query of [...searched, ...notebook.cells.map(({ text }) => text)]) {
          const answer = await client.runQuery({ body: { query } });
          expect({ query, told: toldOf(name, JSON.stringify(answer)) }).toEqual({ query, told: [] });
        }
        const own = await client.runQuery({
          body: { query: 'AllHosts() | where isnotempty(Computer) | distinct Computer' },
        });
        expect(own.rows).toEqual([[name === 'group' ? 'in1' : 'out1']]);
      }
    });

    it('workbooks, those that ship too', { timeout: all ? 1_200_000 : 120_000 }, async () => {
      const { karl, admin, toldOf } = served();
      const texts = [
        everything,
        'SecurityEvent | summarize count() by Account',
        'search "zq" | summarize make_set(Computer)',
      ];
      const items = texts.map((query) => ({ type: 3, content: { version: 'KqlItem/1.0', query, queryType: 0 } }));
      const document = JSON.stringify({ version: 'Notebook/1.0', items });
      await admin.createWorkbook({ body: { name: 'Everything', document, shared: true } });
      const { workbooks } = await karl.client.listWorkbooks();
      const wanted = workbooks.filter(
        ({ kind, tables }) => kind === 'shared' || tables.some((name) => everything.includes(name)),
      );
      let answered = 0;
      let queries = 0;
      for (const { id } of wanted) {
        const book = await karl.client.getWorkbook({ params: { id } });
        const checked = checkWorkbook(parseWorkbook(book.document).document, new Date());
        for (const { query } of checked.queries) {
          if (!all && queries >= 40) break;
          queries++;
          const { status, text } = await karl.call('POST', '/api/query', { query });
          const told = toldOf('group', text, query);
          expect({ query, failed: status >= 500, told }).toEqual({ query, failed: false, told: [] });
          if (status === 200) answered++;
        }
      }
      expect(answered).toBeGreaterThan(10);
    });
  });
}

export function describeNarrowed(served: () => Served): void {
  describe('pages for those who see a part', () => {
    it('alerts of devices are told by their evidence', async () => {
      const { karl, rows, numbers, test } = served();
      for (const table of ['AlertInfo', 'AlertEvidence']) {
        const answer = await karl.client.runQuery({ body: { query: `${table} | project Title` } });
        const own = rows.filter(
          (row) => row.table === table && row.workspace === 'main' && (!row.groups || row.groups.includes('A')),
        );
        expect(answer.rows.map(([title]) => String(title).slice(0, 6)).toSorted()).toEqual(
          own.map(({ token }) => token).toSorted(),
        );
        expect(own.length).toBeGreaterThan(0);
      }
      await test.platform.outbox.flush();
      const alerts = await karl.client.runQuery({
        body: { query: 'SecurityAlert | distinct AlertName | order by AlertName asc' },
      });
      expect(alerts.rows).toEqual([['inside'], ['joint']]);
      // Of the joint one the row from before it was joined with what is outside.
      const query = 'SecurityIncident | summarize Titles = make_set(Title) by IncidentNumber';
      const incidents = await karl.client.runQuery({ body: { query } });
      expect(new Set(incidents.rows.map(([number]) => number))).toEqual(new Set([numbers.inside, numbers.both]));
      expect(JSON.stringify(incidents.rows)).not.toMatch(/zqincidentq|zqsharedq/);
    });

    it('entities are hosts of the groups, and what alerts within name', async () => {
      const { karl, admin, numbers, toldOf } = served();
      const { entities, total, kinds } = await karl.client.listEntities({ query: {} });
      expect(new Set(entities.map(({ name }) => name))).toEqual(new Set(['in1', 'in2']));
      expect([total, kinds]).toEqual([entities.length, { Host: entities.length }]);
      expect(toldOf('group', JSON.stringify(entities))).toEqual([]);
      expect((await karl.client.listEntities({ query: { search: 'out' } })).total).toBe(0);
      const everybodys = (await admin.listEntities({ query: { search: 'out1' } })).entities;
      expect(everybodys.length).toBeGreaterThan(0);
      for (const { id } of everybodys)
        for (const refused of [
          () => karl.client.getEntity({ params: { id } }),
          () => karl.client.getEntityTimeline({ params: { id }, query: {} }),
          () => karl.client.getEntityInsights({ params: { id }, query: {} }),
          () => karl.client.getEntityIncidents({ params: { id } }),
        ])
          expect(await errorOf(refused())).toMatchObject({ code: 'NotFound' });
      const host = { kind: 'Host' as const, identifiers: { HostName: 'in1' } };
      const { id } = await karl.client.resolveEntity({ body: host });
      expect(
        await errorOf(karl.client.resolveEntity({ body: { ...host, identifiers: { HostName: 'out1' } } })),
      ).toMatchObject({ code: 'NotFound' });
      expect(await karl.client.getEntity({ params: { id } })).toMatchObject({
        name: 'in1',
        alerts: 1,
        openIncidents: 1,
      });
      const from = '2026-10-01T00:00:00Z';
      const pages = [
        await karl.client.getEntityTimeline({ params: { id }, query: { from } }),
        await karl.client.getEntityInsights({ params: { id }, query: { from } }),
        await karl.client.getEntityIncidents({ params: { id } }),
      ];
      expect(JSON.stringify(pages)).toContain('inside');
      expect(served().toldOf('group', JSON.stringify(pages))).toEqual([]);
      expect(JSON.stringify(pages)).not.toMatch(/out[12]|zqincidentq|zqsharedq/);
      const joint = (await karl.client.listIncidentAlerts({ params: { number: numbers.both }, query: {} })).alerts;
      expect(joint).toHaveLength(1);
    });

    it('bookmarks whose row is theirs, and hunts with these', async () => {
      const { karl, nora, admin } = served();
      const text = {
        hypothesis: '',
        description: '',
        status: 'Active' as const,
        hypothesisStatus: 'Unknown' as const,
        owner: null,
        labels: [],
        tactics: [],
        techniques: [],
      };
      const hunt = await admin.createHunt({ body: { ...text, name: 'hosts' } });
      const query = 'Syslog | project TimeGenerated, Computer, SyslogMessage';
      const { columns, rows } = await admin.runQuery({ body: { query } });
      const rowOf = (computer: string) =>
        Object.fromEntries(columns.map(({ name }, i) => [name, rows.find((row) => row[1] === computer)?.[i] ?? null]));
      const mark = (name: string, asked: string, row: ReturnType<typeof rowOf>) => ({
        name,
        notes: '',
        labels: [],
        tactics: [],
        techniques: [],
        query: asked,
        queryFrom: null,
        queryTo: null,
        row,
        entities: [],
        huntId: hunt.id,
      });
      const count = 'Syslog | summarize Rows = count()';
      const counted = (await admin.runQuery({ body: { query: count } })).rows[0]?.[0] ?? null;
      await admin.createBookmarks({
        body: {
          bookmarks: [
            mark('of A', query, rowOf('in1')),
            mark('of B', query, rowOf('out1')),
            mark('of all', count, { Rows: counted }),
          ],
        },
      });
      await admin.addHuntComment({ params: { id: hunt.id }, body: { text: 'zqcommentq' } });
      for (const [one, own] of [
        [karl, 'of A'],
        [nora, 'of B'],
      ] as const) {
        const listed = await one.client.listBookmarks({ query: {} });
        expect([listed.total, ...listed.bookmarks.map(({ name }) => name)]).toEqual([1, own]);
        const shown = await one.client.getHunt({ params: { id: hunt.id } });
        expect([shown.bookmarkCount, shown.commentCount, ...shown.bookmarks.map(({ name }) => name)]).toEqual([
          1,
          0,
          own,
        ]);
        expect(JSON.stringify(shown)).not.toContain('zqcommentq');
        const other = (await admin.listBookmarks({ query: {} })).bookmarks.find(({ name }) => name !== own)!;
        expect(await errorOf(one.client.getBookmark({ params: { id: other.id } }))).toMatchObject({ code: 'NotFound' });
      }
      expect((await karl.client.listHunts()).hunts[0]).toMatchObject({ name: 'hosts', bookmarkCount: 0 });
    });

    it('cases, tasks and investigations of incidents that they see whole', async () => {
      const { karl, admin, numbers } = served();
      const caseOf = (title: string, incidents: number[]) => admin.createCase({ body: { title, incidents } });
      const inside = await caseOf('about A', [numbers.inside]);
      const mixed = await caseOf('zqmixedq', [numbers.inside, numbers.both]);
      expect((await karl.client.listCases({ query: {} })).cases.map(({ title }) => title)).toEqual(['about A']);
      expect(await karl.client.getCase({ params: { number: inside.number } })).toMatchObject({ title: 'about A' });
      expect(await errorOf(karl.client.getCase({ params: { number: mixed.number } }))).toMatchObject({
        code: 'NotFound',
      });
      for (const number of Object.values(numbers))
        await admin.createTask({ body: { parent: { kind: 'incident', number }, title: `look at ${number}` } });
      const { tasks } = await karl.client.listTasks({ query: {} });
      expect(tasks.map(({ title }) => title)).toEqual([`look at ${numbers.inside}`]);
      const parent = { kind: 'incident', number: numbers.both } as const;
      expect(await errorOf(karl.client.createTask({ body: { parent, title: 'x' } }))).toMatchObject({
        code: 'NotFound',
      });
      expect(await errorOf(karl.client.listAttachments({ query: parent }))).toMatchObject({ code: 'NotFound' });
      for (const number of [numbers.inside, numbers.outside])
        await admin.startInvestigation({ params: { number }, body: {} });
      const { investigations } = await karl.client.listInvestigations({ query: {} });
      expect(investigations.map(({ incidentNumber }) => incidentNumber)).toEqual([numbers.inside]);
      const { id } = investigations[0]!;
      expect(await karl.client.getInvestigation({ params: { id } })).toMatchObject({ id, log: [] });
      expect(await errorOf(karl.client.getIncidentInvestigation({ params: { number: numbers.both } }))).toMatchObject({
        code: 'Forbidden',
      });
    });

    it('tables that they see, with their rows counted; rules without what all rows tell', async () => {
      const { karl, admin } = served();
      const { tables } = await karl.client.listTables();
      const { rows } = await karl.client.runQuery({ body: { query: 'Syslog | count' } });
      expect(tables.find(({ name }) => name === 'Syslog')).toMatchObject({
        rows: Number(rows[0]?.[0]),
        bytesOnDisk: 0,
      });
      expect(tables.find(({ name }) => name === 'Found_SRCH')).toBeUndefined();
      const whole = (await admin.listTables()).tables.find(({ name }) => name === 'Syslog');
      expect(whole?.rows).toBeGreaterThan(Number(rows[0]?.[0]));
      const { rules, cost } = await karl.client.listRules();
      expect(rules.length).toBeGreaterThan(10);
      expect(cost).toMatchObject({ cpuSeconds: 0, rowsRead: 0 });
      expect(await karl.client.getRule({ params: { id: rules[0]!.id } })).toMatchObject({ runs: [], costs: [] });
    });

    it('hand-overs of what they see, and notes of those who see the same', async () => {
      const { karl, nora, admin, numbers } = served();
      const since = new Date(Date.now() - 86_400_000).toISOString();
      for (const number of Object.values(numbers)) {
        await admin.updateIncident({ params: { number }, body: { status: 'Active' } });
        const dueAt = new Date(Date.now() + 60_000).toISOString();
        await admin.createTask({ body: { parent: { kind: 'incident', number }, title: `zqdueq ${number}`, dueAt } });
      }
      const everybodys = await admin.getHandoverFacts({ query: { since } });
      expect(everybodys.counts.open).toBe(3);
      const facts = await karl.client.getHandoverFacts({ query: { since } });
      expect(facts.counts).toEqual({ open: 2, unassigned: 2, opened: 2, closed: 0, breached: 0 });
      expect(new Set(facts.open.map(({ number }) => number))).toEqual(new Set([numbers.inside, numbers.both]));
      const of = (number: number) => facts.open.find((one) => one.number === number);
      expect(of(numbers.inside)?.changes.map(({ text }) => text)).toContain('Status: New → Active');
      expect(of(numbers.both)).toMatchObject({ changes: [], title: 'joint', alertCount: 1 });
      expect(facts.tasks.map(({ title }) => title)).toEqual([`zqdueq ${numbers.inside}`]);
      expect(JSON.stringify(facts)).not.toMatch(/out[12]|zqincidentq|zqsharedq/);

      const note = (text: string) => ({ body: { since, to: ['nora@contoso.com'], text } });
      await admin.createHandover(note('zqeverythingq'));
      await karl.client.createHandover(note('of A'));
      const notes = async (client: Client) => (await client.listHandovers()).handovers.map(({ text }) => text);
      expect(await notes(karl.client)).toEqual(['of A']);
      expect(await notes(nora.client)).toEqual([]);
      expect(new Set(await notes(admin))).toEqual(new Set(['of A', 'zqeverythingq']));
      const kate = await askerOf(served().test, 'kate', { deviceGroups: ['A'] });
      expect(await notes(kate.client)).toEqual(['of A']);
    });

    it('similar incidents among those that they see whole, alike as if there were no others', async () => {
      const { karl, admin, numbers, test } = served();
      // What lies days apart is not joined.
      const raise = (name: string, hosts: readonly string[], daysAgo = 0) => {
        const at = new Date(Date.now() - daysAgo * 86_400_000);
        const alert = alertOf(name, hosts, { ruleId: 'rule-inside', startTime: at, endTime: at });
        return test.platform.database.transaction((tx) => test.server.domains.incidents.raise([alert], tx));
      };
      // About no device, and so within; hosts would join it to what there is.
      await raise('inside again', []);
      await raise('the same host', ['in1'], 40);
      const similar = async (client: Client, number: number) =>
        (await client.listSimilarIncidents({ params: { number } })).incidents;
      const before = await similar(karl.client, numbers.inside);
      expect(before.map(({ title }) => title)).toEqual(['the same host on in1', 'inside again']);
      await raise('zqelsewhereq', ['out1']);
      // Had it a part in how much it counts that both have the host, this would be told.
      await raise('joint too', ['in1'], 80);
      await raise('zqjointtooq', ['out1'], 120);
      const open = (await admin.listIncidents({ query: {} })).incidents;
      const numberOf = (title: string): number => open.find((one) => one.title.includes(title))?.number ?? 0;
      await admin.mergeIncidents({
        params: { number: numberOf('joint too') },
        body: { incidents: [numberOf('zqjointtooq')] },
      });
      await raise('zqelsewheretooq', ['out2']);
      expect(await similar(karl.client, numbers.inside)).toEqual(before);
      const everybodys = (await similar(admin, numbers.inside)).map(({ number }) => number);
      expect(everybodys).toEqual(expect.arrayContaining([numbers.outside, numbers.both]));
      expect(await errorOf(similar(karl.client, numbers.both))).toMatchObject({ code: 'Forbidden' });
      expect(await errorOf(similar(karl.client, numbers.outside))).toMatchObject({ code: 'NotFound' });
    });

    it('sources that fill nothing but tables which they see whole', async () => {
      const { karl, admin, test } = served();
      const { lake, database, clock, workspaces } = test.platform;
      await test.server.domains.ingest.start();
      onTestFinished(() => test.server.domains.ingest.stop());
      const all = (await admin.listSources()).sources;
      const own = all.filter(({ tables }) => tables.length > 0 && tables.every((table) => table === 'Syslog'));
      const [source] = own;
      if (!source) throw new Error('no source fills Syslog alone');
      const [stream = ''] = source.streams;
      await database.execute('INSERT INTO ingest_streams (stream, first_at) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        stream,
        clock.now(),
      ]);
      const refused = { TimeGenerated: clock.now().toISOString(), InputStreamId: stream, OperationName: 'Parse', Message: 'zqlineq' }; // prettier-ignore
      await lake.insertRows('DCRLogErrors', [refused]);
      const sera = await askerOf(test, 'sera', { tables: ['Syslog'] });
      const ids = async (client: Client) => new Set((await client.listSources()).sources.map(({ id }) => id));
      expect(await ids(sera.client)).toEqual(new Set(own.map(({ id }) => id)));
      const params = { id: source.id };
      expect((await admin.getSource({ params })).errors.map(({ raw }) => raw)).toEqual(['zqlineq']);
      expect(await sera.client.getSource({ params })).toMatchObject({ source: { id: source.id }, errors: [] });
      const other = all.find(({ id, tables }) => tables.length > 0 && !own.some((one) => one.id === id));
      expect(await errorOf(sera.client.getSource({ params: { id: other?.id ?? '' } }))).toMatchObject({
        code: 'NotFound',
      });
      // Of devices, or of one workspace, the figures would tell of the rest.
      const sven = await askerOf(test, 'sven', { tables: ['Syslog'], workspaces: [workspaces.first.id] });
      expect(await ids(sven.client)).toEqual(new Set());
      const karls = (await karl.client.listSources()).sources;
      expect(karls.filter(({ tables }) => tables.includes('Syslog'))).toEqual([]);
      expect(await errorOf(karl.client.getSource({ params }))).toMatchObject({ code: 'NotFound' });
    });
  });
}
