import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { SallyportError, type ConnectorSettings } from '@sallyport/contracts';
import { pinnedLookup, type Target } from '../../../platform/outbound/index.ts';
import { connectionError } from '../errors.ts';
import type { PullServices } from '../types.ts';

type Settings = ConnectorSettings<'s3'>;

const timeoutMs = 30_000;
const socketsMax = 8;

export const endpointOf = ({ endpoint, region }: Settings): URL =>
  new URL(endpoint === '' ? `https://s3.${region}.amazonaws.com` : endpoint);

/** What is spoken to: the endpoint, or the bucket's own name below it. */
export function targetOf(settings: Settings): Target {
  const { hostname, port, protocol } = endpointOf(settings);
  const encrypted = protocol === 'https:';
  const plain = hostname.replaceAll(/[[\]]/g, '');
  return {
    host: settings.pathStyle ? plain : `${settings.bucket}.${plain}`,
    port: port === '' ? (encrypted ? 443 : 80) : Number(port),
    encrypted,
  };
}

/** The host of the queue. Throws TypeError where there is no address. */
export function queueTargetOf({ queueUrl }: Settings): Target {
  const { hostname, port, protocol } = new URL(queueUrl);
  const encrypted = protocol === 'https:';
  return {
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: port === '' ? (encrypted ? 443 : 80) : Number(port),
    encrypted,
  };
}

/** How a client of either connects: only where `outbound` allows. */
function connecting(
  { accessKeyId }: Settings,
  { port, encrypted }: Target,
  secretAccessKey: string,
  services: PullServices,
) {
  const lookup = pinnedLookup((host) => services.outbound.addresses({ host, port, encrypted }));
  const agent = { lookup, keepAlive: true, maxSockets: socketsMax };
  const ca = [...rootCertificates, ...services.authorities];
  return {
    credentials: { accessKeyId, secretAccessKey },
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    maxAttempts: 2,
    requestHandler: {
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, ca }),
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
    },
  };
}

/** A client that connects only where `outbound` allows. Destroy it after use. */
export const createS3 = (settings: Settings, secretAccessKey: string, services: PullServices): S3Client =>
  new S3Client({
    ...connecting(settings, targetOf(settings), secretAccessKey, services),
    endpoint: endpointOf(settings).href,
    region: settings.region,
    forcePathStyle: settings.pathStyle,
    // Servers that only speak like S3 know no checksums of their own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

/** The same for the queue. */
export const createSqs = (settings: Settings, secretAccessKey: string, services: PullServices): SQSClient =>
  new SQSClient({
    ...connecting(settings, queueTargetOf(settings), secretAccessKey, services),
    endpoint: new URL(settings.queueUrl).origin,
    region: /^sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(new URL(settings.queueUrl).hostname)?.[1] ?? settings.region,
  });

const busy: ReadonlySet<string> = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'TooManyRequestsException',
  'RequestLimitExceeded',
]);

/** The error of a call of the bucket's, as a person can act upon it. */
export const s3Error = (settings: Settings, error: unknown, what: string, signal: AbortSignal): unknown =>
  serviceError(targetOf(settings), error, what, signal);

/** The same of the queue's. */
export const sqsError = (settings: Settings, error: unknown, what: string, signal: AbortSignal): unknown =>
  serviceError(queueTargetOf(settings), error, what, signal);

function serviceError({ host }: Target, error: unknown, what: string, signal: AbortSignal): unknown {
  if (!(error instanceof S3ServiceException || error instanceof SQSServiceException))
    return connectionError(host, error, signal);
  const status = error.$metadata.httpStatusCode ?? 0;
  const message = `${host}: ${what}: ${error.name}${error.message === '' ? '' : ` (${error.message.slice(0, 300)})`}`;
  if (busy.has(error.name) || status === 429 || status === 503) {
    const after = Number(error.$response?.headers['retry-after'] ?? Number.NaN);
    return new SallyportError('TooManyRequests', message, {
      cause: error,
      ...(after > 0 ? { retryAfterSeconds: after } : {}),
    });
  }
  return new SallyportError(status === 403 ? 'Forbidden' : status === 404 ? 'NotFound' : 'Unavailable', message, {
    cause: error,
  });
}
