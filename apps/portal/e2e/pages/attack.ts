import type { Severity } from '@sallyport/contracts';
import type { Portal } from './portal.ts';

/** Makes an incident of three alerts about a person, a device and an address, an hour apart. Answers its number. */
export async function attackOf(client: Portal['client'], title: string, severity: Severity = 'High'): Promise<number> {
  const account = { kind: 'Account' as const, identifiers: { Name: 'petra.novak', UPNSuffix: 'contoso.com' } };
  const host = { kind: 'Host' as const, identifiers: { HostName: 'ws-fin-07', DnsDomain: 'contoso.com' } };
  const address = { kind: 'IP' as const, identifiers: { Address: '192.0.2.66' } };
  const found = [
    ['Mail with a link', [account], 'InitialAccess', 'T1566.002'],
    ['Sign-in from afar', [account, address], 'CredentialAccess', 'T1557'],
    ['Script that calls home', [account, host, address], 'Execution', 'T1059.001'],
  ] as const;
  const { bookmarks } = await client.createBookmarks({
    body: {
      bookmarks: found.map(([name, entities, tactic, technique], hour) => ({
        name,
        notes: '',
        labels: [],
        tactics: [tactic],
        techniques: [technique],
        query: 'print 1',
        queryFrom: null,
        queryTo: null,
        row: { TimeGenerated: new Date(Date.now() - (4 - hour) * 3_600_000).toISOString() },
        entities: [...entities],
        huntId: null,
      })),
    },
  });
  const ids = bookmarks.map(({ id }) => id);
  return (await client.promoteBookmarks({ body: { ids, incident: null, title, severity } })).incident;
}
