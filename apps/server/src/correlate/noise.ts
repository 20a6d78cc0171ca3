import { createHash } from 'node:crypto';
import type { Severity } from '@sallyport/contracts';
import { makeEstate, Rng } from '../demo/index.ts';
import { resolveEntities, type MappedEntity, type NewAlert } from '../incidents/index.ts';
import type { Placed } from './measure.ts';

type Made = Omit<NewAlert, 'id' | 'row' | 'queryFrom' | 'queryTo' | 'query'>;
type Estate = ReturnType<typeof makeEstate>;

/** What false alarms are like: about somebody's sign-in from the office, a machine that everybody uses, a scanner of one's own, a program that everybody has. */
const kinds: readonly ((
  estate: Estate,
  rng: Rng,
) => {
  readonly subject: string;
  readonly name: string;
  readonly tactics: readonly string[];
  readonly entities: readonly MappedEntity[];
})[] = [
  (estate, rng) => {
    const who = rng.pick(estate.people);
    return {
      subject: who.account,
      name: 'Unfamiliar sign-in',
      tactics: ['InitialAccess'],
      entities: [account(who.account), address(who.office.egressIp)],
    };
  },
  (estate, rng) => {
    const who = rng.pick(estate.people);
    const server = estate.server(rng.pick(['dc01', 'dc02', 'sql01']));
    return {
      subject: who.account,
      name: 'Logon at an unusual hour',
      tactics: ['LateralMovement'],
      entities: [{ kind: 'Account', identifiers: { Name: who.account, NTDomain: 'CONTOSO' } }, host(server.name)],
    };
  },
  (estate, rng) => {
    const laptop = rng.pick(estate.laptops);
    return {
      subject: laptop.owner?.account ?? laptop.host,
      name: 'Unusual program started',
      tactics: ['Execution'],
      entities: [
        host(laptop.name),
        {
          kind: 'File',
          identifiers: { Name: 'powershell.exe', Directory: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0' },
        },
      ],
    };
  },
  (estate, rng) => {
    const who = rng.pick(estate.people);
    return {
      subject: who.account,
      name: 'Rare application used',
      tactics: ['Persistence'],
      entities: [
        account(who.account),
        {
          kind: 'CloudApplication',
          identifiers: { Name: 'Office 365', AppId: '00000003-0000-0000-c000-000000000000' },
        },
        address(who.office.egressIp),
      ],
    };
  },
  (estate, rng) => {
    const targets = Array.from({ length: 12 }, () => rng.pick(estate.people).account);
    const ip = `198.51.100.${rng.int(210, 250)}`;
    return {
      subject: ip,
      name: 'Passwords tried on many accounts',
      tactics: ['CredentialAccess'],
      entities: [...new Set(targets)].map(account).concat([address(ip)]),
    };
  },
];

const account = (name: string): MappedEntity => ({
  kind: 'Account',
  identifiers: { Name: name, UPNSuffix: 'contoso.com' },
});
const address = (ip: string): MappedEntity => ({ kind: 'IP', identifiers: { Address: ip } });
const host = (name: string): MappedEntity => ({ kind: 'Host', identifiers: { FullName: name } });

/** False alarms spread over a time: alerts that no story is behind, made as rows and not through rules. */
export function noiseAlerts(
  estate: Estate,
  { count, from, to }: { readonly count: number; readonly from: number; readonly to: number },
): (NewAlert & Placed & { readonly subject: string })[] {
  const rng = estate.rng.fork('noise');
  return Array.from({ length: count }, (_, n) => {
    const { subject, name, tactics, entities } = rng.pick(kinds)(estate, rng);
    const at = new Date(rng.int(from, to));
    const made: Made = {
      ruleId: `noise ${name}`,
      name,
      description: '',
      severity: rng.pick<Severity>(['Low', 'Low', 'Medium', 'Informational']),
      tactics,
      techniques: [],
      startTime: at,
      endTime: at,
      entities: resolveEntities(entities),
      customDetails: {},
      createIncident: true,
      grouping: undefined,
    };
    const id = uuidOf(`noise ${n}`);
    return { ...made, id, query: '', queryFrom: at, queryTo: at, row: undefined, subject, label: `noise ${n}` };
  });
}

export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
