import { anytime, isIn, moments, second } from './calendar.ts';
import type { Presence } from './estate.ts';
import type { Rng } from './rng.ts';
import type { Row, SlotContext } from './sink.ts';
import { cloudSites, netbios, scannerIp, webSites, type Office } from './world.ts';

export interface Flow {
  readonly office: Office;
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly app: string;
  readonly host?: string;
  readonly user?: string;
  readonly sent: number;
  readonly received: number;
  readonly allowed: boolean;
  readonly inbound?: boolean;
}

const firewall = (office: Office): Row => ({
  DeviceVendor: 'Palo Alto Networks',
  DeviceProduct: 'PAN-OS',
  DeviceVersion: '11.1.4',
  Computer: `fw-${office.code}.contoso.com`,
  DeviceName: `fw-${office.code}`,
  DeviceAddress: `10.${office.net}.0.1`,
  DeviceExternalID: `0017010${String(office.net).padStart(5, '0')}`,
  CollectorHostName: 'mon01.contoso.com',
});

/** CommonSecurityLog: a connection that ended, or was turned away, at an office's firewall. */
export const flowRow = (flow: Flow, rng: Rng): Row => ({
  ...firewall(flow.office),
  DeviceEventClassID: flow.allowed ? 'end' : 'drop',
  Activity: 'TRAFFIC',
  LogSeverity: '3',
  DeviceAction: flow.allowed ? 'allow' : 'deny',
  SimplifiedDeviceAction: flow.allowed ? 'Allow' : 'Deny',
  Protocol: 'tcp',
  ApplicationProtocol: flow.app,
  CommunicationDirection: flow.inbound ? 'Inbound' : 'Outbound',
  SourceIP: flow.from,
  SourcePort: rng.int(30_000, 65_000),
  SourceTranslatedAddress: flow.inbound ? '' : flow.office.egressIp,
  SourceUserName: flow.user ?? '',
  DestinationIP: flow.to,
  DestinationPort: flow.port,
  DestinationHostName: flow.host ?? '',
  SentBytes: flow.sent,
  ReceivedBytes: flow.received,
  DeviceInboundInterface: flow.inbound ? 'ethernet1/1' : 'ethernet1/2',
  DeviceOutboundInterface: flow.inbound ? 'ethernet1/2' : 'ethernet1/1',
  DeviceCustomString1: flow.allowed ? 'allow-web' : 'deny-all',
  DeviceCustomString1Label: 'Rule',
  Reason: flow.allowed ? 'tcp-fin' : 'policy-deny',
  EventOutcome: flow.allowed ? 'success' : 'failure',
});

/** What the firewalls and the VPN gateway see of a slot. */
export function network(context: SlotContext): void {
  for (const presence of context.present) {
    const rng = context.rng('network', presence.person.index);
    if (presence.plan.where === 'office') browsing(context, presence, rng);
    vpn(context, presence, rng);
  }
  knocks(context);
  replication(context);
}

function browsing(context: SlotContext, { person, plan, localIp }: Presence, rng: Rng): void {
  for (const at of moments(rng, plan, context.slot, 5 * person.pace)) {
    const site = rng.pick(rng.chance(0.5) ? cloudSites : webSites);
    const received = Math.round(Math.exp(rng.normal(10.5, 1.6)));
    context.sink.row(
      'CommonSecurityLog',
      at,
      flowRow(
        {
          office: person.office,
          from: localIp,
          to: site.ip,
          port: site.port,
          app: 'ssl',
          host: site.host,
          user: `${netbios.toLowerCase()}\\${person.account}`,
          sent: Math.round(received * (0.05 + rng.next() * 0.3)),
          received,
          allowed: !rng.chance(0.004),
        },
        rng,
      ),
    );
  }
}

/** GlobalProtect's records: up in the morning, down in the evening; the password mistyped now and then. */
function vpn(context: SlotContext, { person, plan, publicIp }: Presence, rng: Rng): void {
  if (!plan.vpn || plan.where !== 'home') return;
  const say = (at: number, event: string, ok: boolean) =>
    context.sink.row('CommonSecurityLog', at, {
      ...firewall(person.office),
      DeviceEventClassID: event,
      Activity: 'GLOBALPROTECT',
      LogSeverity: ok ? '1' : '3',
      SourceIP: publicIp,
      SourceUserName: `${netbios.toLowerCase()}\\${person.account}`,
      SourceTranslatedAddress: ok ? person.vpnIp : '',
      DestinationIP: person.office.egressIp,
      DestinationPort: 443,
      EventOutcome: ok ? 'success' : 'failure',
      Message: ok ? '' : 'Authentication failed: invalid username or password',
    });
  if (isIn(plan.from, context.slot)) {
    if (rng.chance(0.04)) say(plan.from - 20 * second, 'gateway-auth', false);
    say(plan.from, 'gateway-auth', true);
    say(plan.from + 3 * second, 'gateway-connected', true);
  }
  if (isIn(plan.to, context.slot)) say(plan.to, 'gateway-logout', true);
}

/** The internet's background noise at the edge: turned away. */
function knocks(context: SlotContext): void {
  const rng = context.rng('edge');
  for (const at of anytime(rng, context.slot, 14)) {
    const office = context.estate.people[rng.int(0, context.estate.people.length - 1)]!.office;
    context.sink.row(
      'CommonSecurityLog',
      at,
      flowRow(
        {
          office,
          from: scannerIp(rng.int(0, 39)),
          to: office.egressIp,
          port: rng.pick([22, 23, 80, 443, 445, 3389, 8080]),
          app: 'not-applicable',
          sent: 60,
          received: 0,
          allowed: false,
          inbound: true,
        },
        rng,
      ),
    );
  }
}

/** The night's backup goes to the other data centre over a leased line: large, and every night alike. */
function replication(context: SlotContext): void {
  const rng = context.rng('replication');
  const office = context.estate.server('bkp01').office;
  const at = context.slot.from + 40 * 60 * second;
  if (new Date(context.slot.from).getUTCHours() !== 1 || !isIn(at, context.slot)) return;
  context.sink.row(
    'CommonSecurityLog',
    at,
    flowRow(
      {
        office,
        from: context.estate.server('bkp01').ip,
        to: '10.60.0.10',
        port: 443,
        app: 'ssl',
        host: 'vault.contoso.com',
        sent: Math.round(rng.normal(2.1e10, 1e9)),
        received: rng.int(1e6, 5e6),
        allowed: true,
      },
      rng,
    ),
  );
}
