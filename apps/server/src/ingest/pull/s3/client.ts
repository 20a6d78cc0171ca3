import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
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

/** A client that connects only where `outbound` allows. Destroy it after use. */
export function createS3(settings: Settings, secretAccessKey: string, services: PullServices): S3Client {
  const { port, encrypted } = targetOf(settings);
  const lookup = pinnedLookup((host) => services.outbound.addresses({ host, port, encrypted }));
  const agent = { lookup, keepAlive: true, maxSockets: socketsMax };
  const ca = [...rootCertificates, ...services.authorities];
  return new S3Client({
    endpoint: endpointOf(settings).href,
    region: settings.region,
    forcePathStyle: settings.pathStyle,
    credentials: { accessKeyId: settings.accessKeyId, secretAccessKey },
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    maxAttempts: 2,
    // Servers that only speak like S3 know no checksums of their own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, ca }),
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
    },
  });
}

const busy: ReadonlySet<string> = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'TooManyRequestsException',
  'RequestLimitExceeded',
]);

/** The error of a call, as a person can act upon it. */
export function s3Error(settings: Settings, error: unknown, what: string, signal: AbortSignal): unknown {
  const { host } = targetOf(settings);
  if (!(error instanceof S3ServiceException)) return connectionError(host, error, signal);
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
