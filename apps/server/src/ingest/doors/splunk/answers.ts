import { SallyportError, type ErrorCode } from '@sallyport/contracts';
import type { ErrorFace } from '../../../platform/http/server.ts';

/** The codes of Splunk's HTTP Event Collector, which its clients act on: number, HTTP status, text. */
const answers = {
  tokenDisabled: [1, 403, 'Token disabled'],
  tokenRequired: [2, 401, 'Token is required'],
  invalidAuthorization: [3, 401, 'Invalid authorization'],
  invalidToken: [4, 403, 'Invalid token'],
  noData: [5, 400, 'No data'],
  invalidFormat: [6, 400, 'Invalid data format'],
  internal: [8, 500, 'Internal server error'],
  busy: [9, 503, 'Server is busy'],
  channelMissing: [10, 400, 'Data channel is missing'],
  invalidChannel: [11, 400, 'Invalid data channel'],
  eventRequired: [12, 400, 'Event field is required'],
  eventBlank: [13, 400, 'Event field cannot be blank'],
  fieldsFault: [15, 400, 'Error in handling indexed fields'],
} as const;
export type HecFault = keyof typeof answers;

const ownCodes: Readonly<Record<number, ErrorCode>> = { 400: 'BadRequest', 401: 'Unauthenticated', 403: 'Forbidden' };

/** A fault in Splunk's words. `eventNumber`: of the first event, counted from 0, that was not taken; those before it were. */
export class HecError extends SallyportError {
  readonly fault: HecFault;
  readonly eventNumber: number | undefined;
  constructor(fault: HecFault, eventNumber?: number) {
    const [, status, text] = answers[fault];
    super(ownCodes[status] ?? 'InternalError', text);
    this.fault = fault;
    this.eventNumber = eventNumber;
  }
}

function faultOf(error: SallyportError, authorization: string | undefined): HecFault {
  if (error instanceof HecError) return error.fault;
  if (error.code === 'Unauthenticated') {
    if (authorization === undefined) return 'tokenRequired';
    return /^(Splunk|Bearer|Basic) \S+$/i.test(authorization) ? 'invalidToken' : 'invalidAuthorization';
  }
  // The token is good, and not for sending logs.
  if (error.code === 'Forbidden') return 'tokenDisabled';
  if (error.code === 'TooManyRequests' || error.code === 'Unavailable') return 'busy';
  return error.code === 'InternalError' ? 'internal' : 'invalidFormat';
}

/** Errors as Splunk's collector says them. */
export const hecFace: ErrorFace = (error, request) => {
  const [code, status, text] = answers[faultOf(error, request.headers.authorization)];
  if (error.code === 'PayloadTooLarge' || error.code === 'UnsupportedMediaType')
    return { status: error.status, body: { text: error.message, code } };
  const number = error instanceof HecError ? error.eventNumber : undefined;
  return { status, body: { text, code, ...(number === undefined ? {} : { 'invalid-event-number': number }) } };
};
