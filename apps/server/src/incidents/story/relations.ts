import type { EntityKind } from '@sallyport/contracts';

/** An entity of one alert, in the order in which the alert has it. */
export interface Party {
  readonly id: string;
  readonly kind: EntityKind;
}

/** What an alert tells of how its entities go together. */
export interface AlertContext {
  readonly tactics: readonly string[];
  /** Tables that its rule asks; undefined: not known. */
  readonly tables: readonly string[] | undefined;
}

export interface Tie {
  readonly from: string;
  readonly to: string;
  readonly relation: string;
}

const signInTables =
  /^(?:SigninLogs|AADNonInteractiveUserSignInLogs|AADServicePrincipalSignInLogs|EntraIdSignInEvents|AADSignInEventsBeta|DeviceLogonEvents|IdentityLogonEvents|ASimAuthenticationEventLogs|Okta_CL|OktaV2_CL)$/;
const networkTables =
  /^(?:DeviceNetworkEvents|CommonSecurityLog|AZFW.*|AWSVPCFlow|VMConnection|ASimNetworkSessionLogs|ASimWebSessionLogs|ASimDnsActivityLogs|DnsEvents|W3CIISLog)$/;
const fileTables = /^(?:DeviceFileEvents|ASimFileEventLogs)$/;

interface Facts {
  readonly signIn: boolean;
  readonly outbound: boolean;
  readonly file: boolean;
  readonly moves: boolean;
  has(kind: EntityKind): boolean;
}

function factsOf(parties: readonly Party[], { tactics, tables = [] }: AlertContext): Facts {
  const kinds = new Set(parties.map((party) => party.kind));
  const any = (pattern: RegExp) => tables.some((table) => pattern.test(table));
  const of = (...names: string[]) => names.some((name) => tactics.includes(name));
  return {
    signIn: any(signInTables) || (!any(networkTables) && of('CredentialAccess', 'InitialAccess')),
    outbound: any(networkTables) || of('CommandAndControl', 'Exfiltration'),
    file: any(fileTables),
    moves: of('LateralMovement'),
    has: (kind) => kinds.has(kind),
  };
}

type Ask = (facts: Facts) => string | undefined;
type Rule = readonly [from: EntityKind, to: EntityKind, relation: Ask];
const always =
  (relation: string): Ask =>
  () =>
    relation;
/** Only in alerts that have none of the kinds, which would stand between the two. */
const without =
  (relation: string, ...kinds: EntityKind[]): Ask =>
  (facts) =>
    kinds.some((kind) => facts.has(kind)) ? undefined : relation;

/** Which kinds of entities of one alert are tied, and by what. What acts stands first. */
const rules: readonly Rule[] = [
  ['Account', 'Host', (facts) => (facts.has('Process') ? undefined : facts.signIn ? 'signed in to' : 'acted on')],
  [
    'Account',
    'IP',
    (facts) => (facts.signIn ? 'signed in from' : facts.has('Host') || facts.has('Process') ? undefined : 'came from'),
  ],
  ['Account', 'Process', always('started')],
  ['Process', 'Host', always('ran on')],
  ['Process', 'IP', (facts) => (facts.outbound ? 'connected to' : undefined)],
  [
    'Host',
    'IP',
    (facts) => (facts.has('Process') && facts.outbound ? undefined : facts.outbound ? 'connected to' : undefined),
  ],
  [
    'IP',
    'Host',
    (facts) => (facts.outbound ? undefined : facts.signIn && facts.has('Account') ? undefined : 'reached'),
  ],
  ['Process', 'File', (facts) => (facts.file ? 'wrote' : 'used')],
  ['Host', 'File', without('holds', 'Process')],
  ['File', 'FileHash', always('is')],
  ['Process', 'FileHash', without('is', 'File')],
  ['Host', 'FileHash', without('holds', 'File', 'Process')],
  ['Process', 'RegistryKey', always('changed')],
  ['Process', 'RegistryValue', without('changed', 'RegistryKey')],
  ['RegistryKey', 'RegistryValue', always('holds')],
  ['Host', 'RegistryKey', without('holds', 'Process')],
  ['Host', 'RegistryValue', without('holds', 'Process', 'RegistryKey')],
  ['Process', 'URL', always('opened')],
  ['MailMessage', 'URL', without('links to', 'Process')],
  ['Account', 'URL', without('opened', 'Process', 'MailMessage')],
  ['Host', 'URL', without('opened', 'Process', 'Account', 'MailMessage')],
  ['Process', 'DNS', always('asked for')],
  ['Host', 'DNS', without('asked for', 'Process')],
  ['IP', 'DNS', without('asked for', 'Process', 'Host')],
  ['Malware', 'File', always('found in')],
  ['Malware', 'FileHash', without('found in', 'File')],
  ['Malware', 'Host', without('found on', 'File', 'FileHash')],
  ['Account', 'Mailbox', always('used')],
  ['IP', 'Mailbox', without('reached', 'Account')],
  ['Mailbox', 'MailMessage', always('received')],
  ['Account', 'MailMessage', without('received', 'Mailbox')],
  ['IP', 'MailMessage', always('sent')],
  ['MailMessage', 'File', without('carries', 'Process')],
  ['MailMessage', 'FileHash', without('carries', 'Process', 'File')],
  ['MailCluster', 'MailMessage', always('holds')],
  ['MailCluster', 'Mailbox', without('sent to', 'MailMessage')],
  ['Account', 'SubmissionMail', always('reported')],
  ['Account', 'CloudApplication', always('used')],
  ['IP', 'CloudApplication', without('reached', 'Account')],
  ['Account', 'AzureResource', always('acted on')],
  ['IP', 'AzureResource', without('acted on', 'Account')],
  ['Account', 'SecurityGroup', always('changed')],
];

/** Between several of one kind: the first acts, the others are what it acts on. */
const amongOneKind: Partial<Record<EntityKind, Ask>> = {
  Host: (facts) => (facts.moves ? 'moved to' : undefined),
  Account: (facts) => (facts.signIn ? undefined : 'acted on'),
  IP: (facts) => (facts.outbound ? 'connected to' : undefined),
  Process: always('started'),
};

/** Ties of one alert. An alert about dozens of things says little about each pair. */
const tiesMax = 60;

/**
 * What ties the entities of one alert, from which acts to what is acted on. An entity that nothing ties is `seen with` the first one. Same alert, same ties.
 */
export function tiesOf(parties: readonly Party[], context: AlertContext): Tie[] {
  const facts = factsOf(parties, context);
  const ties = new Map<string, Tie>();
  const tie = (from: string, to: string, relation: string | undefined): void => {
    if (relation === undefined || from === to || ties.size >= tiesMax) return;
    const key = `${from}\0${to}`;
    if (!ties.has(key)) ties.set(key, { from, to, relation });
  };
  const of = (kind: EntityKind) => parties.filter((party) => party.kind === kind);
  for (const [from, to, relation] of rules)
    if (facts.has(from) && facts.has(to))
      for (const a of of(from)) for (const b of of(to)) tie(a.id, b.id, relation(facts));
  for (const [kind, relation] of Object.entries(amongOneKind)) {
    const [first, ...others] = parties.filter((party) => party.kind === kind);
    if (first) for (const other of others) tie(first.id, other.id, relation(facts));
  }
  const tied = new Set([...ties.values()].flatMap(({ from, to }) => [from, to]));
  const [first, second] = parties;
  if (first && second && !tied.has(first.id)) tie(first.id, second.id, 'seen with');
  for (const party of parties.slice(1)) if (first && !tied.has(party.id)) tie(first.id, party.id, 'seen with');
  return [...ties.values()];
}
