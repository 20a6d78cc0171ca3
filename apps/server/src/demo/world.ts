import { uuidOf } from './ids.ts';

/** Facts of Contoso that do not depend on the seed. Addresses are of RFC 5737 and RFC 1918, domains of RFC 2606 or Microsoft's examples. */
export const tenantId = uuidOf('tenant contoso.com');
export const domain = 'contoso.com';
export const netbios = 'CONTOSO';
export const domainSid = 'S-1-5-21-1004336348-1177238915-682003330';
/** AWS's own example account number. */
export const awsAccount = '111122223333';

export interface Place {
  readonly city: string;
  readonly state: string;
  readonly country: string;
  readonly countryName: string;
  readonly latitude: number;
  readonly longitude: number;
}

export interface Office extends Place {
  readonly code: string;
  /** Minutes ahead of UTC, without summer time. */
  readonly utcOffset: number;
  /** What the internet sees of people in this office. */
  readonly egressIp: string;
  /** Second octet of the office's 10.x.0.0/16. */
  readonly net: number;
  readonly towns: readonly string[];
  /** First and last octet of home connections in this country, within 198.51.100.0/24. */
  readonly homes: readonly [number, number];
  /** Octet of the mobile carrier, within 198.51.100.0/24. */
  readonly mobile: number;
  /** Share of people who work here. */
  readonly share: number;
}

export const offices: readonly Office[] = [
  {
    code: 'ams',
    city: 'Amsterdam',
    state: 'Noord-Holland',
    country: 'NL',
    countryName: 'Netherlands',
    latitude: 52.37,
    longitude: 4.9,
    utcOffset: 60,
    egressIp: '203.0.113.10',
    net: 10,
    towns: ['Amsterdam', 'Haarlem', 'Utrecht', 'Almere', 'Leiden'],
    homes: [1, 95],
    mobile: 200,
    share: 55,
  },
  {
    code: 'lon',
    city: 'London',
    state: 'England',
    country: 'GB',
    countryName: 'United Kingdom',
    latitude: 51.51,
    longitude: -0.13,
    utcOffset: 0,
    egressIp: '203.0.113.11',
    net: 20,
    towns: ['London', 'Croydon', 'Reading'],
    homes: [96, 125],
    mobile: 201,
    share: 15,
  },
  {
    code: 'mad',
    city: 'Madrid',
    state: 'Madrid',
    country: 'ES',
    countryName: 'Spain',
    latitude: 40.42,
    longitude: -3.7,
    utcOffset: 60,
    egressIp: '203.0.113.12',
    net: 30,
    towns: ['Madrid', 'Getafe', 'Toledo'],
    homes: [126, 150],
    mobile: 202,
    share: 10,
  },
  {
    code: 'nyc',
    city: 'New York',
    state: 'New York',
    country: 'US',
    countryName: 'United States',
    latitude: 40.71,
    longitude: -74.01,
    utcOffset: -300,
    egressIp: '203.0.113.13',
    net: 40,
    towns: ['New York', 'Newark', 'Yonkers'],
    homes: [151, 180],
    mobile: 203,
    share: 12,
  },
  {
    code: 'blr',
    city: 'Bengaluru',
    state: 'Karnataka',
    country: 'IN',
    countryName: 'India',
    latitude: 12.97,
    longitude: 77.59,
    utcOffset: 330,
    egressIp: '203.0.113.14',
    net: 50,
    towns: ['Bengaluru', 'Mysuru'],
    homes: [181, 199],
    mobile: 204,
    share: 8,
  },
];
export const headquarters = offices[0]!;

/** Where the intruder comes from, and what hangs there. 64496–64511 are AS numbers for documentation (RFC 5398). */
export const intruder = {
  place: {
    city: 'Panama City',
    state: 'Panama',
    country: 'PA',
    countryName: 'Panama',
    latitude: 8.98,
    longitude: -79.52,
  } satisfies Place,
  asn: '64499',
  proxyIp: '192.0.2.66',
  replayIp: '192.0.2.67',
  controlIp: '192.0.2.77',
  bruteForceIp: '192.0.2.99',
  phishHost: 'login.contoso.com.example.net',
  filesHost: 'files.example.net',
  controlHost: 'cdn-sync.example.org',
} as const;

export interface App {
  readonly name: string;
  readonly id: string;
  readonly resource: string;
  readonly resourceId: string;
}

const graph = { resource: 'Microsoft Graph', resourceId: '00000003-0000-0000-c000-000000000000' };
const exchange = { resource: 'Office 365 Exchange Online', resourceId: '00000002-0000-0ff1-ce00-000000000000' };
const sharePoint = { resource: 'Office 365 SharePoint Online', resourceId: '00000003-0000-0ff1-ce00-000000000000' };
const own = (name: string): App => ({
  name,
  id: uuidOf(`app ${name}`),
  resource: name,
  resourceId: uuidOf(`resource ${name}`),
});

/** Microsoft's first-party application ids are the public ones; Contoso's own are made up. */
export const apps = {
  officeHome: { name: 'OfficeHome', id: '4765445b-32c6-49b0-83e6-1d93765276ca', ...graph },
  office: { name: 'Microsoft Office', id: 'd3590ed6-52b3-4102-aeff-aad2292ab01c', ...graph },
  outlook: { name: 'One Outlook Web', id: '9199bf20-a13f-4107-85dc-02114787ef48', ...exchange },
  outlookMobile: { name: 'Outlook Mobile', id: '27922004-5251-4030-b22d-91ecd9a37ea4', ...exchange },
  teams: { name: 'Microsoft Teams', id: '1fec8e78-bce4-4aaf-ab1b-5451cc387264', ...graph },
  oneDrive: { name: 'OneDrive SyncEngine', id: 'ab9b8c07-8f02-4f72-87fa-80105867a763', ...sharePoint },
  windows: {
    name: 'Windows Sign In',
    id: '38aa3b87-a06d-4817-b275-7a389988d93b',
    resource: 'Windows Azure Active Directory',
    resourceId: '00000002-0000-0000-c000-000000000000',
  },
  broker: { name: 'Microsoft Authentication Broker', id: '29d9ed98-a469-4536-ade2-f981bc1d605e', ...graph },
  azurePortal: {
    name: 'Azure Portal',
    id: 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
    resource: 'Windows Azure Service Management API',
    resourceId: '797f4846-ba00-4fd7-ba43-dac1f8f63013',
  },
  expenses: own('Contoso Expenses'),
  crm: own('Contoso CRM'),
  awsAccess: own('AWS IAM Identity Center'),
} as const satisfies Record<string, App>;

export interface Site {
  readonly host: string;
  readonly ip: string;
  readonly port: number;
}
const site = (host: string, octet: number, port = 443): Site => ({ host, ip: `203.0.113.${octet}`, port });

/** What browsers and background programs talk to. */
export const cloudSites: readonly Site[] = [
  site('login.example.com', 160),
  site('mail.example.com', 161),
  site('chat.example.com', 162),
  site('files.example.com', 163),
  site('telemetry.example.com', 164),
  site('update.example.com', 165),
  site('security.example.com', 166),
];
export const webSites: readonly Site[] = [
  site('www.fabrikam.com', 130),
  site('portal.fabrikam.com', 131),
  site('news.example.net', 170),
  site('weather.example.net', 171),
  site('search.example.com', 172),
  site('cdn.example.net', 173),
  site('video.example.net', 174),
  site('docs.example.org', 175),
  site('forum.example.org', 176),
  site('trains.example.net', 177),
  site('maps.example.com', 178),
  site('bank.example.com', 179),
  site('shop.example.net', 180),
  site('sports.example.net', 181),
];
export const packageSites: readonly Site[] = [
  site('registry.example.org', 185),
  site('git.example.org', 186),
  site('containers.example.org', 187),
];

/** Internet background: addresses that knock at everybody's door. */
export const scannerIp = (n: number): string => `192.0.2.${10 + (n % 40)}`;
