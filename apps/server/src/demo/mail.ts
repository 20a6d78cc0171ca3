import { anytime, moments, second } from './calendar.ts';
import { digestOf } from './ids.ts';
import type { Presence } from './estate.ts';
import { departments, type Person } from './people.ts';
import type { Rng } from './rng.ts';
import type { Row, SlotContext } from './sink.ts';
import { domain, webSites } from './world.ts';

export interface Mail {
  readonly id: string;
  readonly from: { readonly address: string; readonly name: string; readonly objectId?: string; readonly ip: string };
  readonly to: readonly Person[];
  readonly subject: string;
  readonly urls: readonly string[];
  readonly attachments: number;
  readonly bytes: number;
  readonly direction: 'Inbound' | 'Intra-org' | 'Outbound';
  /** Where it ended. Default: the inbox. */
  readonly fate?: 'Inbox' | 'Junk' | 'Quarantine';
  readonly threat?: 'Spam' | 'Phish';
  readonly firstContact?: boolean;
  /** SPF, DKIM, DMARC. Default: all pass. */
  readonly authentic?: boolean;
}

const domainOf = (address: string) => address.slice(address.indexOf('@') + 1);

/** Writes a mail: a row of EmailEvents for each recipient, a row of EmailUrlInfo for each address in it. */
export function sendMail(
  context: Pick<SlotContext, 'sink'>,
  at: number,
  mail: Mail,
  outside: readonly string[] = [],
): void {
  const recipients = [
    ...mail.to.map((p) => ({ address: p.upn, objectId: p.objectId })),
    ...outside.map((address) => ({ address, objectId: '' })),
  ];
  const all = JSON.stringify(recipients.slice(0, 20).map((r) => r.address));
  recipients.forEach((recipient, n) => context.sink.row('EmailEvents', at + n, emailRow(mail, recipient, all)));
  for (const url of mail.urls)
    context.sink.row('EmailUrlInfo', at, {
      NetworkMessageId: mail.id,
      ReportId: `${mail.id}-url`,
      Url: url,
      UrlDomain: new URL(url).hostname,
      UrlLocation: 'Body',
    });
}

function emailRow(mail: Mail, recipient: { address: string; objectId: string }, all: string): Row {
  const fate = mail.fate ?? 'Inbox';
  const place = fate === 'Inbox' ? 'Inbox/folder' : fate === 'Junk' ? 'Junk folder' : 'Quarantine';
  const action = fate === 'Inbox' ? 'Delivered' : fate === 'Junk' ? 'Junked' : 'Blocked';
  const location = mail.direction === 'Outbound' ? 'On-premises/external' : place;
  const verdict = mail.authentic === false ? 'fail' : 'pass';
  return {
    NetworkMessageId: mail.id,
    InternetMessageId: `<${mail.id}@${domainOf(mail.from.address)}>`,
    ReportId: `${mail.id}-${digestOf('sha1', recipient.address).slice(0, 8)}`,
    SenderFromAddress: mail.from.address,
    SenderFromDomain: domainOf(mail.from.address),
    SenderMailFromAddress: mail.from.address,
    SenderMailFromDomain: domainOf(mail.from.address),
    SenderDisplayName: mail.from.name,
    SenderObjectId: mail.from.objectId ?? '',
    SenderIPv4: mail.from.ip,
    RecipientEmailAddress: recipient.address,
    RecipientDomain: domainOf(recipient.address),
    RecipientObjectId: recipient.objectId,
    To: JSON.parse(all) as unknown,
    Subject: mail.subject,
    EmailDirection: mail.direction,
    EmailLanguage: 'en',
    EmailSize: mail.bytes,
    EmailClusterId: Number.parseInt(digestOf('sha1', mail.subject).slice(0, 8), 16),
    AttachmentCount: mail.attachments,
    UrlCount: mail.urls.length,
    IsFirstContact: mail.firstContact ?? false,
    DeliveryAction: action,
    DeliveryLocation: location,
    LatestDeliveryAction: action,
    LatestDeliveryLocation: location,
    ThreatTypes: mail.threat ?? '',
    DetectionMethods: mail.threat ? JSON.stringify({ [mail.threat]: ['Advanced filter'] }) : '',
    ConfidenceLevel: mail.threat ? JSON.stringify({ [mail.threat]: 'High' }) : '',
    AuthenticationDetails: JSON.stringify({ SPF: verdict, DKIM: verdict, DMARC: verdict, CompAuth: verdict }),
    OrgLevelAction: '',
    EmailAction: mail.threat === 'Phish' ? 'Send to quarantine' : '',
  };
}

/** The mail server at the edge, as Contoso's own mail leaves it. */
export const mailServerIp = '203.0.113.25';
const partners = [
  { domain: 'fabrikam.com', ip: '203.0.113.132' },
  { domain: 'example.com', ip: '203.0.113.140' },
  { domain: 'supplier.example', ip: '203.0.113.141' },
  { domain: 'bank.example', ip: '203.0.113.142' },
  { domain: 'travel.example', ip: '203.0.113.143' },
] as const;
const partnerNames = [
  'Alex Kim',
  'Sam Rivera',
  'Jo Larsen',
  'Pat Meyer',
  'Nour Aziz',
  'Robin Singh',
  'Chris Doyle',
  'Dana Weiss',
  'Toni Marsh',
] as const;
const topics = [
  'Quarterly numbers',
  'Delivery schedule',
  'Meeting notes',
  'Draft contract',
  'Travel plans',
  'Order confirmation',
  'Interview on Thursday',
  'Price list',
  'Budget review',
  'Release checklist',
  'Customer feedback',
  'Team lunch',
  'Workshop slides',
  'Purchase order',
  'Status of the migration',
  'Holiday calendar',
] as const;
const letters = ['Industry weekly', 'Product news', 'Training catalogue', 'Webinar invitation'] as const;

export function mailFlow(context: SlotContext): void {
  for (const presence of context.present) written(context, presence);
  inbound(context);
  bulk(context);
}

const subject = (rng: Rng) => `${rng.chance(0.4) ? 'RE: ' : ''}${rng.pick(topics)}`;

/** What one person writes: mostly to colleagues of the same department, now and then to a partner. */
function written(context: SlotContext, presence: Presence): void {
  const { person, plan } = presence;
  const rng = context.rng('mail', person.index);
  for (const at of moments(rng, plan, context.slot, 0.9 * person.pace)) {
    const from = { address: person.upn, name: person.name, objectId: person.objectId, ip: mailServerIp };
    const size = {
      urls: rng.chance(0.12) ? [documentUrl(rng, person)] : [],
      attachments: rng.chance(0.2) ? 1 : 0,
      bytes: rng.int(8_000, 240_000),
    };
    const outbound = rng.chance(person.department === 'Sales' ? 0.5 : 0.2);
    const mail = { id: rng.uuid(), from, subject: subject(rng), ...size };
    if (outbound) sendMail(context, at, { ...mail, to: [], direction: 'Outbound' }, [partnerAddress(rng).address]);
    else sendMail(context, at, { ...mail, to: colleagues(context, rng, person), direction: 'Intra-org' });
    sent(context, at, presence, mail, rng);
  }
  for (const at of moments(rng, plan, context.slot, 0.35)) clicked(context, at, presence, rng);
}

function colleagues(context: SlotContext, rng: Rng, person: Person): Person[] {
  const { people } = context.estate;
  const near = people.filter((p) => p.department === person.department && p !== person);
  const count = rng.weighted([
    [1, 6],
    [2, 3],
    [5, 1],
  ] as const);
  return rng.chance(0.75) && near.length > 0
    ? rng.sample(near, count)
    : rng.sample(
        people.filter((p) => p !== person),
        Math.min(count, 2),
      );
}

const documentUrl = (rng: Rng, person: Person) =>
  `https://sharepoint.${domain}/sites/${siteOf(person)}/Shared%20Documents/${rng.pick(topics).replaceAll(' ', '%20')}.docx`;
export const siteOf = (person: Person): string => person.department.toLowerCase().replaceAll(' ', '');

function partnerAddress(rng: Rng): { address: string; name: string; ip: string } {
  const partner = rng.pick(partners);
  const name = rng.pick(partnerNames);
  return { address: `${name.toLowerCase().replace(' ', '.')}@${partner.domain}`, name, ip: partner.ip };
}

/** The audit record that Exchange keeps of a sent mail. */
function sent(
  context: SlotContext,
  at: number,
  { person, publicIp }: Presence,
  mail: Pick<Mail, 'id' | 'subject'>,
  rng: Rng,
): void {
  context.sink.row('OfficeActivity', at + 1, {
    ...exchangeRow(person, publicIp, 'Send', rng),
    ItemName: mail.subject,
    Item: JSON.stringify({ Id: mail.id, InternetMessageId: `<${mail.id}@${domain}>`, Subject: mail.subject }),
  });
}

/** What every Exchange row of OfficeActivity carries. */
export const exchangeRow = (person: Person, ip: string, operation: string, rng: Rng): Row => ({
  OfficeId: rng.uuid(),
  RecordType: operation.endsWith('InboxRule')
    ? 'ExchangeAdmin'
    : operation === 'MailItemsAccessed'
      ? 'ExchangeItemAggregated'
      : 'ExchangeItem',
  OfficeWorkload: 'Exchange',
  Operation: operation,
  UserId: person.upn,
  UserKey: person.objectId,
  UserType: 'Regular',
  ResultStatus: 'Succeeded',
  OrganizationName: domain,
  ClientIP: ip,
  Client_IPAddress: ip,
  MailboxOwnerUPN: person.upn,
  MailboxOwnerSid: person.sid,
  MailboxGuid: digestOf('sha1', `mailbox ${person.upn}`).slice(0, 32),
  LogonUserSid: person.sid,
  Logon_Type: 'Owner',
  ExternalAccess: 'False',
  OriginatingServer: 'EXO01 (15.20.4200.000)',
  ClientInfoString: 'Client=OWA;Action=ViaProxy',
});

function clicked(context: SlotContext, at: number, { person, publicIp }: Presence, rng: Rng): void {
  const site = rng.pick(webSites);
  const url = `https://${site.host}/${rng.pick(['news', 'offer', 'orders', 'articles'])}/${rng.int(100, 99_999)}`;
  context.sink.row('UrlClickEvents', at, clickRow(person, url, publicIp, rng.uuid(), rng.uuid()));
}

export const clickRow = (
  person: Person,
  url: string,
  ip: string,
  mailId: string,
  reportId: string,
  clickedThrough = false,
): Row => ({
  AccountUpn: person.upn,
  ActionType: 'ClickAllowed',
  IsClickedThrough: clickedThrough,
  IPAddress: ip,
  NetworkMessageId: mailId,
  ReportId: reportId,
  Url: url,
  UrlChain: JSON.stringify([url]),
  ThreatTypes: '',
  DetectionMethods: '',
  Workload: 'Email',
});

/** Mail from outside to people who are at work; a little of it is junk, which the filter finds. */
function inbound(context: SlotContext): void {
  const rng = context.rng('inbound');
  for (const presence of context.present)
    for (const at of moments(rng, presence.plan, context.slot, 1.1)) {
      const sender = partnerAddress(rng);
      const urls = rng.chance(0.35) ? [`https://${rng.pick(webSites).host}/${rng.int(1_000, 9_999)}`] : [];
      sendMail(context, at, {
        id: rng.uuid(),
        from: sender,
        to: [presence.person],
        subject: subject(rng),
        urls,
        attachments: rng.chance(0.15) ? 1 : 0,
        bytes: rng.int(9_000, 400_000),
        direction: 'Inbound',
      });
    }
  for (const at of anytime(rng, context.slot, context.estate.people.length / 60)) junk(context, rng, at);
}

function junk(context: SlotContext, rng: Rng, at: number): void {
  const phish = rng.chance(0.12);
  const host = phish ? 'parcel.example.org' : 'deals.example.org';
  sendMail(context, at, {
    id: rng.uuid(),
    from: {
      address: `info@${host}`,
      name: phish ? 'Parcel service' : 'Best deals',
      ip: `192.0.2.${rng.int(200, 230)}`,
    },
    to: [rng.pick(context.estate.people)],
    subject: phish ? 'Your parcel waits' : 'Only today',
    urls: [`https://${host}/${rng.int(10, 99)}`],
    attachments: 0,
    bytes: rng.int(5_000, 30_000),
    direction: 'Inbound',
    fate: phish ? 'Quarantine' : 'Junk',
    threat: phish ? 'Phish' : 'Spam',
    authentic: false,
  });
}

/** Newsletters to a department, now and then. */
function bulk(context: SlotContext): void {
  const rng = context.rng('newsletters');
  for (const at of anytime(rng, context.slot, 0.35)) {
    const department = rng.pick(departments);
    const letter = rng.pick(letters);
    sendMail(context, at + rng.int(0, 40) * second, {
      id: rng.uuid(),
      from: { address: 'news@letters.example.net', name: letter, ip: '203.0.113.145' },
      to: context.estate.people.filter((p) => p.department === department).slice(0, 200),
      subject: `${letter} ${rng.int(1, 52)}`,
      urls: ['https://news.example.net/letter', 'https://news.example.net/unsubscribe'],
      attachments: 0,
      bytes: rng.int(20_000, 90_000),
      direction: 'Inbound',
    });
  }
}
