import { z } from 'zod';
import { route } from '../route.ts';
import { TimeZone } from '../time-zone.ts';

/**
 * What a connector of each kind is told. The portal makes its form from these schemas: `title` is a field's label, `description` its hint; `shownWhen`
 * names fields and the values of them with which a field means something; `lines`: texts, one a line.
 */
const text = (max: number) => z.string().trim().max(max);

const S3Settings = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, '3 to 63 small letters, digits, dots and hyphens')
    .meta({ title: 'Bucket' }),
  prefix: text(1_024)
    .default('')
    .meta({ title: 'Prefix', description: 'Only keys that begin with it, such as AWSLogs/. Empty: all.' }),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'small letters, digits and hyphens')
    .default('us-east-1')
    .meta({ title: 'Region' }),
  endpoint: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ }).max(500)])
    .default('')
    .meta({ title: 'Endpoint', description: 'Address of an S3-compatible server. Empty: Amazon’s own of the region.' }),
  pathStyle: z
    .boolean()
    .default(false)
    .meta({ title: 'Bucket in the path', description: 'Most S3-compatible servers want this; Amazon does not.' }),
  accessKeyId: text(256).min(1).meta({ title: 'Access key ID' }),
  newObjects: z.enum(['listing', 'sqs']).default('listing').meta({
    title: 'Learns of new objects by',
    description: 'sqs: messages of a queue that the bucket’s notifications go to, itself or by SNS or EventBridge.',
  }),
  queueUrl: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ }).max(500)])
    .default('')
    .meta({
      title: 'Address of the queue',
      description: 'Such as https://sqs.eu-central-1.amazonaws.com/111122223333/trail.',
      shownWhen: { newObjects: ['sqs'] },
    }),
  lookBackDays: z.int().min(0).max(3_650).default(1).meta({
    title: 'Days to read back',
    description: 'At its start, objects changed in this many days before. With a queue and 0 days nothing is listed.',
  }),
  exclude: z
    .array(text(200).min(1))
    .max(50)
    .default(['/CloudTrail-Digest/'])
    .meta({ title: 'Leave out', description: 'Keys that hold one of these texts, one a line.' }),
});

/** Of those that sign in with OAuth 2.0 client credentials. */
const oauthSettings = {
  tokenUrl: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ }).max(2_000)])
    .default('')
    .meta({ title: 'Token address', shownWhen: { auth: ['oauth2'] } }),
  clientId: text(256)
    .default('')
    .meta({ title: 'Client ID', shownWhen: { auth: ['oauth2'] } }),
  scope: text(1_000)
    .default('')
    .meta({ title: 'Scope', shownWhen: { auth: ['oauth2'] } }),
};

const HttpSettings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .meta({ title: 'Address', description: 'With its fixed query, if it has one.' }),
  method: z.enum(['GET', 'POST']).default('GET').meta({ title: 'Method' }),
  body: text(10_000)
    .default('')
    .meta({ title: 'Body', description: 'JSON', shownWhen: { method: ['POST'] } }),
  headers: z
    .array(
      z
        .string()
        .max(2_000)
        .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}: ?[\t\x20-\x7e]*$/, 'a header, such as Accept: application/json'),
    )
    .max(20)
    .default([])
    .meta({ title: 'Headers', description: 'One a line, as Name: value. Secrets do not belong here.' }),
  auth: z
    .enum(['none', 'bearer', 'basic', 'apiKey', 'oauth2'])
    .default('none')
    .meta({ title: 'Signs in with', description: 'oauth2: OAuth 2.0 client credentials.' }),
  authHeader: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'the name of a header')
    .default('Authorization')
    .meta({ title: 'Header of the key', shownWhen: { auth: ['apiKey'] } }),
  authPrefix: text(50)
    .default('')
    .meta({ title: 'Word before the key', description: 'Okta: SSWS', shownWhen: { auth: ['apiKey'] } }),
  user: text(256)
    .default('')
    .meta({ title: 'User', shownWhen: { auth: ['basic'] } }),
  ...oauthSettings,
  recordsPath: text(200).default('').meta({
    title: 'Where the records are',
    description: 'Path in the answer, such as value. Empty: the answer is the array.',
  }),
  paging: z.enum(['none', 'nextLink', 'linkHeader', 'cursor', 'page', 'offset']).default('none').meta({
    title: 'Next page',
    description:
      'nextLink: address in the answer (Graph). linkHeader: Link with rel=next (Okta). cursor: value in the answer.',
  }),
  nextPath: text(200)
    .default('@odata.nextLink')
    .meta({ title: 'Where the next page is said', shownWhen: { paging: ['nextLink', 'cursor'] } }),
  pageParameter: text(100)
    .default('')
    .meta({ title: 'Parameter of the page', shownWhen: { paging: ['cursor', 'page', 'offset'] } }),
  firstPage: z
    .int()
    .min(0)
    .max(1)
    .default(1)
    .meta({ title: 'First page', shownWhen: { paging: ['page'] } }),
  pageSizeParameter: text(100)
    .default('')
    .meta({ title: 'Parameter of the page’s size', shownWhen: { paging: ['page', 'offset'] } }),
  pageSize: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .meta({ title: 'Records a page', shownWhen: { paging: ['page', 'offset'] } }),
  timePath: text(200)
    .default('')
    .meta({ title: 'Time of a record', description: 'Path in a record, such as published.' }),
  idPath: text(200)
    .default('')
    .meta({ title: 'ID of a record', description: 'Path in a record, such as uuid. Empty: all of the record.' }),
  sinceParameter: text(100).default('').meta({
    title: 'Parameter of the time',
    description: 'Such as since; for OData $filter, with the form below. Empty: everything is asked for each time.',
  }),
  sinceForm: z.string().max(200).default('{time}').meta({
    title: 'Form of the time',
    description: '{time}: ISO 8601; {seconds}, {milliseconds}: since 1970. Graph: createdDateTime ge {time}',
  }),
  lookBackHours: z
    .int()
    .min(0)
    .max(87_600)
    .default(24)
    .meta({ title: 'Hours to read back', description: 'At its start.' }),
  overlapSeconds: z.int().min(0).max(86_400).default(300).meta({
    title: 'Overlap, seconds',
    description: 'So far before the newest record is asked again, for those that come late.',
  }),
});

const FilesSettings = z.strictObject({
  patterns: z.array(text(1_000).regex(/^\//, 'a path from the root')).min(1).max(20).meta({
    title: 'Files',
    description: 'Paths with * ** ? [a-z] {a,b}, one a line. Only in folders that the machine’s administrator allows.',
  }),
  computer: text(255)
    .default('')
    .meta({ title: 'Machine', description: 'Its host name. Empty: the one that takes this.' }),
  readFrom: z.enum(['beginning', 'end']).default('beginning').meta({
    title: 'Files that are there at the start',
    description: 'Read from their beginning, or only what comes.',
  }),
});

const ImapSettings = z.strictObject({
  host: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,253}[a-z0-9])?$/, 'the name of a host')
    .meta({ title: 'Server' }),
  port: z.int().min(1).max(65_535).default(993).meta({ title: 'Port' }),
  security: z.enum(['tls', 'starttls']).default('tls').meta({ title: 'Encryption' }),
  user: text(256).min(1).meta({ title: 'User' }),
  auth: z.enum(['password', 'oauth2']).default('password').meta({
    title: 'Signs in with',
    description: 'oauth2: OAuth 2.0 client credentials, as Exchange Online wants them.',
  }),
  ...oauthSettings,
  mailbox: text(500).min(1).default('INBOX').meta({ title: 'Mailbox' }),
  lookBackDays: z.int().min(0).max(3_650).default(7).meta({ title: 'Days to read back', description: 'At its start.' }),
});

const secret = (title: string) => z.string().min(1).max(8_192).optional().meta({ title });
/** Those that a change leaves out are as they were. */
const secretsOf = <S extends Readonly<Record<string, ReturnType<typeof secret>>>>(shape: S) =>
  z.strictObject(shape).optional();

/** The kinds of connectors: what they are called, what they are told, and which secrets they keep. */
export const connectorKinds = {
  s3: {
    label: 'S3 bucket',
    description: 'CloudTrail, VPC Flow, GuardDuty and other logs that are put into a bucket.',
    settings: S3Settings,
    secrets: secretsOf({ secretAccessKey: secret('Secret access key') }),
  },
  http: {
    label: 'HTTP polling',
    description: 'An interface that answers JSON, page by page, such as Microsoft Graph or Okta.',
    settings: HttpSettings,
    secrets: secretsOf({ secret: secret('Token, password, key or client secret') }),
  },
  files: {
    label: 'Files and folders',
    description: 'Log files of a machine that Sallyport runs on, through rotation.',
    settings: FilesSettings,
    secrets: secretsOf({}),
  },
  imap: {
    label: 'Reported mail (IMAP)',
    description: 'A mailbox that people send suspicious mail to.',
    settings: ImapSettings,
    secrets: secretsOf({ password: secret('Password or client secret') }),
  },
} as const;

export type ConnectorKind = keyof typeof connectorKinds;
export type ConnectorSettings<K extends ConnectorKind> = z.infer<(typeof connectorKinds)[K]['settings']>;
export const connectorKindNames = Object.keys(connectorKinds) as ConnectorKind[];

const common = {
  name: text(100).min(1),
  /** Of which stream every record is; null: each is recognised. */
  stream: text(128).min(1).nullable().default(null),
  /** Of times in what it fetches that say none. */
  timeZone: TimeZone.default('UTC'),
  /** The workspace that what it fetches goes to; null: the first. */
  workspaceId: z.uuid().nullable().default(null),
  intervalSeconds: z.int().min(30).max(86_400).default(300),
  enabled: z.boolean().default(true),
};

const draft = <K extends ConnectorKind, S extends z.ZodType, T extends z.ZodType>(
  kind: K,
  { settings, secrets }: { readonly settings: S; readonly secrets: T },
) => z.strictObject({ kind: z.literal(kind), ...common, settings, secrets });

export const ConnectorDraft = z.discriminatedUnion('kind', [
  draft('s3', connectorKinds.s3),
  draft('http', connectorKinds.http),
  draft('files', connectorKinds.files),
  draft('imap', connectorKinds.imap),
]);
export type ConnectorDraft = z.infer<typeof ConnectorDraft>;

export const Connector = z.object({
  id: z.uuid(),
  kind: z.enum(connectorKindNames),
  name: z.string(),
  stream: z.string().nullable(),
  timeZone: z.string(),
  /** Null: the first. */
  workspaceId: z.uuid().nullable(),
  intervalSeconds: z.int(),
  enabled: z.boolean(),
  settings: z.record(z.string(), z.unknown()),
  /** Names of the secrets that it has; they themselves are never told. */
  secrets: z.array(z.string()),
  state: z.enum(['off', 'waiting', 'polling', 'healthy', 'behind', 'failing']),
  lastPollAt: z.iso.datetime().nullable(),
  lastSuccessAt: z.iso.datetime().nullable(),
  nextPollAt: z.iso.datetime().nullable(),
  /** Of the last poll; null when it went well. */
  error: z.string().nullable(),
  /** What was passed over, when something was. */
  note: z.string().nullable(),
  /** Polls in a row that failed. */
  failures: z.int(),
  rows: z.number(),
  bytes: z.number(),
  /** Time of the newest record, object, file or mail taken. */
  newestAt: z.iso.datetime().nullable(),
});
export type Connector = z.infer<typeof Connector>;

export const ConnectorTest = z.object({
  /** Why nothing could be read; null when it could. */
  error: z.string().nullable(),
  note: z.string().nullable(),
  records: z.array(
    z.object({
      /** The first 4,000 characters. */
      text: z.string(),
      /** File, object or mail that it is from; empty when it is from none. */
      from: z.string(),
      stream: z.string(),
      tables: z.array(z.string()),
    }),
  ),
});
export type ConnectorTest = z.infer<typeof ConnectorTest>;

const Id = z.object({ id: z.uuid() });

export const connectorRoutes = {
  listConnectors: route({
    method: 'GET',
    path: '/api/connectors',
    permission: 'data.read',
    summary: 'Connectors that fetch logs, with how they are doing',
    response: z.object({
      connectors: z.array(Connector),
      /** What the machine's administrator allows: hosts, and folders of the machine that answers. */
      allowed: z.object({ hosts: z.array(z.string()), folders: z.array(z.string()) }),
    }),
  }),
  createConnector: route({
    method: 'POST',
    path: '/api/connectors',
    permission: 'data.manage',
    summary: 'Make a connector; its secrets are sealed and never told again',
    body: ConnectorDraft,
    response: Connector,
  }),
  updateConnector: route({
    method: 'PUT',
    path: '/api/connectors/:id',
    permission: 'data.manage',
    summary: 'Change a connector; secrets left out stay, but not when they would go to another host',
    params: Id,
    body: ConnectorDraft,
    response: Connector,
  }),
  deleteConnector: route({
    method: 'DELETE',
    path: '/api/connectors/:id',
    permission: 'data.manage',
    summary: 'Delete a connector; rows that it brought stay',
    params: Id,
    response: z.object({}),
  }),
  runConnector: route({
    method: 'POST',
    path: '/api/connectors/:id/run',
    permission: 'data.manage',
    summary: 'Poll now',
    params: Id,
    response: z.object({}),
  }),
  testConnector: route({
    method: 'POST',
    path: '/api/connectors/test',
    permission: 'data.manage',
    summary: 'The first records that a connector would fetch, and where they would go; nothing is stored',
    query: z.object({ id: z.uuid().optional() }),
    body: ConnectorDraft,
    response: ConnectorTest,
  }),
} as const;
