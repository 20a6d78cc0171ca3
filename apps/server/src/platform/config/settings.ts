import { join } from 'node:path';
import { z } from 'zod';
import { bytes, duration, flag, integer, list, ranges, url } from './values.ts';

/** Facts of one setting: what parses it, and what the manual says. */
export interface Setting<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  /** As written in a file; parsed like any other value. A function where it depends on the machine. */
  readonly default: string | (() => string);
  /** What the manual shows as default, where `default` is a function. */
  readonly defaultText?: string;
  readonly unit?: string;
  readonly description: string;
  /** Never shown or logged. */
  readonly secret?: true;
  /** Environment variable, where it isn't `SALLYPORT_` and the key in capitals. */
  readonly environment?: string;
}

const setting = <S extends z.ZodType>(schema: S, facts: Omit<Setting<S>, 'schema'>): Setting<S> => ({
  schema,
  ...facts,
});

/** Every setting of Sallyport. docs/operations/configuration.md is made from this table. */
export const settings = {
  dataDir: setting(z.string().min(1), {
    default: () => join(process.cwd(), '.data'),
    defaultText: '.data in the working folder',
    description:
      'Folder of everything Sallyport keeps: state, rows, spool, keys, certificates. Only from a flag or the environment.',
  }),
  host: setting(z.string().min(1).max(255), {
    default: '127.0.0.1',
    description: 'Address to listen on. `0.0.0.0` or `::` for every interface.',
  }),
  port: setting(integer(0, 65_535), {
    default: '8443',
    description: 'HTTPS port. 0 takes a free one.',
  }),
  publicUrl: setting(z.union([z.literal(''), url(['https:'])]), {
    default: '',
    defaultText: 'https://localhost and the port',
    description:
      'Address that people type. Passkeys are bound to its host name, so they must be made anew when it changes; an IP address can’t have any.',
  }),
  trustedProxies: setting(list, {
    default: '',
    description:
      'Comma-separated addresses or CIDR ranges of reverse proxies whose `X-Forwarded-For` is believed. Empty: none, the peer’s address counts.',
  }),
  tlsCertificateFile: setting(z.string(), {
    default: '',
    description:
      'PEM file of a certificate chain of your own. Empty: a certificate of Sallyport’s own CA, renewed by itself.',
  }),
  tlsKeyFile: setting(z.string(), {
    default: '',
    description: 'PEM file of that certificate’s private key. Needed with `tlsCertificateFile`.',
  }),
  databaseUrl: setting(z.union([z.literal(''), url(['postgres:', 'postgresql:'])]), {
    default: '',
    defaultText: 'embedded PostgreSQL 18',
    environment: 'DATABASE_URL',
    secret: true,
    description: 'A PostgreSQL of your own, 15 or later. Several servers may share one.',
  }),
  lakeUrl: setting(z.union([z.literal(''), url(['http:', 'https:'])]), {
    default: '',
    defaultText: 'embedded engine',
    environment: 'LAKE_URL',
    secret: true,
    description: 'A ClickHouse of your own, by its HTTP interface, with user and password.',
  }),
  ruleCpuSecondsPerDay: setting(integer(0, 10_000_000), {
    default: '7200',
    unit: 'seconds of processor time',
    description:
      'What one rule may take in the engine on a day (UTC). A rule over it rests until the day ends, and then looks at what it missed. 0: no limit.',
  }),
  rulesCpuSecondsPerDay: setting(integer(0, 1_000_000_000), {
    default: '86400',
    unit: 'seconds of processor time',
    description:
      'What all rules together may take on a day (UTC). Past it those rest that took more than an equal share. 0: no limit.',
  }),
  workspace: setting(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a small letter, then small letters, digits or _'), {
    default: 'main',
    description: 'Name of the workspace: the database of the lake that rows go to.',
  }),
  logLevel: setting(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), {
    default: 'info',
    description: 'Least severe level that is logged.',
  }),
  spoolMaxBytes: setting(bytes('16 MiB'), {
    default: '2 GiB',
    unit: 'bytes',
    description: 'Room for rows that are acknowledged and not yet in the lake. When full, doors answer 429.',
  }),
  spoolSegmentBytes: setting(bytes('64 KiB', '256 MiB'), {
    default: '16 MiB',
    unit: 'bytes',
    description: 'A spool segment is handed to the engine when it has this size.',
  }),
  spoolSegmentAge: setting(duration('50 ms', '1 min'), {
    default: '1 s',
    unit: 'milliseconds',
    description: 'Or when its first row is this old: so long a row waits at most to be found.',
  }),
  lakeColdDir: setting(z.string(), {
    default: '',
    description:
      'Folder on a cheaper disk for rows past their table’s interactive time, with the embedded engine. Empty: they stay beside the others. Once rows are there, the engine needs it to start.',
  }),
  queryMaxTime: setting(duration('1 s', '1 h'), {
    default: '3 min',
    unit: 'milliseconds',
    description: 'Longest a person’s query may run. Three minutes is Azure Monitor’s own default.',
  }),
  queryMaxMemory: setting(bytes('64 MiB'), {
    default: '1 GiB',
    unit: 'bytes',
    description: 'Most memory that one query may use in the engine.',
  }),
  sessionIdle: setting(duration('1 min', '24 h'), {
    default: '1 h',
    unit: 'milliseconds',
    description: 'A session without a request for this long is over.',
  }),
  sessionMax: setting(duration('5 min', '30 d'), {
    default: '12 h',
    unit: 'milliseconds',
    description: 'A session is over this long after sign-in, whatever its use.',
  }),
  drainTime: setting(duration('0 s', '5 min'), {
    default: '10 s',
    unit: 'milliseconds',
    description: 'On stopping, how long requests and jobs may take to end before they are cut off.',
  }),
  externalDataHosts: setting(list, {
    default: '',
    description:
      'Comma-separated hosts that queries may read with `externaldata`: names, or `*.example.org` for every name below; with `:port` where it isn’t the usual one. By https at public addresses only. Empty: none.',
  }),
  httpRequestHosts: setting(list, {
    default: '',
    description:
      'The same for hosts that queries may call with `evaluate http_request` and `evaluate http_request_post`. What a query says of itself, headers and content, goes there; rows do not. Empty: none.',
  }),
  connectorHosts: setting(list, {
    default: '',
    description:
      'Comma-separated hosts that connectors may fetch from, encrypted and at public addresses only: names, or `*.example.org` for every name below; with `:port` where it isn’t the usual one. Empty: none.',
  }),
  connectorInternalHosts: setting(list, {
    default: '',
    description:
      'The same for hosts of your own networks: they may have private addresses, be given by an address, and speak http.',
  }),
  connectorCaFile: setting(z.string(), {
    default: '',
    defaultText: 'public authorities only',
    description: 'PEM file of authorities of your own that certificates of those hosts may be by.',
  }),
  connectorFolders: setting(list, {
    default: '',
    description:
      'Comma-separated folders of this machine, with all below them, that connectors may read log files in. Empty: none.',
  }),
  webhookHosts: setting(list, {
    default: '',
    description:
      'Comma-separated hosts that webhooks may be sent to, by https at public addresses only: names, or `*.example.org` for every name below; with `:port` where it isn’t the usual one. Empty: none.',
  }),
  webhookInternalHosts: setting(list, {
    default: '',
    description:
      'The same for hosts of your own networks: they may have private addresses, be given by an address, and speak http.',
  }),
  sharedSignalsHosts: setting(list, {
    default: '',
    description:
      'Comma-separated hosts that Shared Signals may be exchanged with, by https at public addresses only: those that streams push to, and those of transmitters whose signals are taken. Names, or `*.example.org` for every name below; with `:port` where it isn’t the usual one. Empty: none.',
  }),
  sharedSignalsInternalHosts: setting(list, {
    default: '',
    description:
      'The same for hosts of your own networks: they may have private addresses, be given by an address, and speak http.',
  }),
  sharedSignalsCaFile: setting(z.string(), {
    default: '',
    defaultText: 'public authorities only',
    description: 'PEM file of authorities of your own that certificates of those hosts may be by.',
  }),
  smtpUrl: setting(z.union([z.literal(''), url(['smtp:', 'smtps:'])]), {
    default: '',
    defaultText: 'no mail is sent',
    secret: true,
    description:
      'Server that mails are sent by: `smtps://user:password@mail.example.org` (TLS from the start, port 465), or `smtp://…` (STARTTLS is asked for where a user is given, port 587).',
  }),
  smtpFrom: setting(z.union([z.literal(''), z.email()]), {
    default: '',
    description: 'Address that mails are from. Needed with `smtpUrl`.',
  }),
  notificationCaFile: setting(z.string(), {
    default: '',
    defaultText: 'public authorities only',
    description:
      'PEM file of authorities of your own that certificates of the mail server and of webhooks’ hosts may be by.',
  }),
  repositoryHosts: setting(list, {
    default: '',
    description:
      'Comma-separated hosts of Git repositories that rules, hunting queries and watchlists may be kept up to date from, by https at public addresses only: names, or `*.example.org` for every name below; with `:port` where it isn’t the usual one. Empty: none.',
  }),
  repositoryInternalHosts: setting(list, {
    default: '',
    description:
      'The same for hosts of your own networks: they may have private addresses, be given by an address, and speak http.',
  }),
  repositoryFolders: setting(list, {
    default: '',
    description:
      'Comma-separated folders of this machine, with all below them, that the same content may be kept up to date from. Empty: none.',
  }),
  ipLocationFile: setting(list, {
    default: '',
    defaultText:
      'the database of countries that comes with Sallyport (data of the address registries, © NRO, CC BY 4.0)',
    description:
      'Comma-separated MaxMind DB files (`.mmdb`) that say where IP addresses are, such as one of cities and one of autonomous systems. The first that knows an address counts. Looked at again every day. `off`: none.',
  }),
  collectHost: setting(flag, {
    default: 'on',
    description: 'Collect this machine’s own logs: journal or syslog, sign-ins, package changes, listening services.',
  }),
  clientCertificates: setting(flag, {
    default: 'off',
    description:
      'Take a client’s certificate for an API token at the doors for logs over HTTPS and gRPC: its common name is the name of a token that may send logs. Revoking the token ends it.',
  }),
  clientCaFile: setting(z.string(), {
    default: '',
    defaultText: 'Sallyport’s own CA',
    description: 'PEM file of the authorities by which `clientCertificates` are.',
  }),
  otlpGrpcPort: setting(integer(0, 65_535), {
    default: '0',
    description:
      'Port for OpenTelemetry logs over gRPC, on `host`, with the certificate of HTTPS. 0: closed. Usual is 4317.',
  }),
  syslogUdpPort: setting(integer(0, 65_535), {
    default: '0',
    description: 'Port for syslog over UDP, on `host`. 0: closed. 514 needs the right to open low ports.',
  }),
  syslogTcpPort: setting(integer(0, 65_535), {
    default: '0',
    description: 'Port for syslog over TCP, on `host`. 0: closed.',
  }),
  syslogTlsPort: setting(integer(0, 65_535), {
    default: '0',
    description: 'Port for syslog over TLS, on `host`, with the certificate of HTTPS. 0: closed. Usual is 6514.',
  }),
  syslogAllowedSenders: setting(ranges, {
    default: '',
    description: 'Comma-separated addresses or CIDR ranges that may send syslog. Empty: all that reach the port.',
  }),
  syslogMaxConnections: setting(integer(1, 100_000), {
    default: '1000',
    description: 'Most syslog connections at once, for TCP and TLS each. More are refused.',
  }),
  syslogClientCertificates: setting(flag, {
    default: 'off',
    description: 'Take syslog over TLS only from clients with a certificate by `syslogClientCaFile`.',
  }),
  syslogClientCaFile: setting(z.string(), {
    default: '',
    defaultText: 'Sallyport’s own CA',
    description: 'PEM file of the authorities that client certificates of syslog senders are by.',
  }),
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settings;
export const settingKeys = Object.keys(settings) as SettingKey[];

/** `spoolMaxBytes` → `SALLYPORT_SPOOL_MAX_BYTES`, but `DATABASE_URL`. */
export function environmentName(key: SettingKey): string {
  const own: Setting = settings[key];
  return own.environment ?? `SALLYPORT_${key.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/** `spoolMaxBytes` → `--spool-max-bytes`. */
export const flagName = (key: SettingKey): string =>
  key === 'dataDir' ? '--data' : `--${key.replaceAll(/[A-Z]/g, '-$&').toLowerCase()}`;

/** The default as the manual and the settings page show it. */
export function defaultText(key: SettingKey): string {
  const own: Setting = settings[key];
  return own.defaultText ?? (typeof own.default === 'string' ? own.default : '');
}
