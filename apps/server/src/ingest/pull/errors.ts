import { SallyportError } from '@sallyport/contracts';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ENOTFOUND: 'it has no address',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of its answer',
  UND_ERR_SOCKET: 'the connection was cut',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is by no authority that is known (setting `connectorCaFile`)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is by no authority that is known (setting `connectorCaFile`)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is by no authority that is known (setting `connectorCaFile`)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is by no authority that is known (setting `connectorCaFile`)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && code in reasons ? code : codeOf(error.cause);
};

/** What went wrong between us and a host, as a person can act upon it. Ours and those of the caller's own end pass as they are. */
export function connectionError(host: string, error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof SallyportError || signal?.aborted) return error;
  const known = codeOf(error);
  const said = error instanceof Error ? error.message.slice(0, 300) : '';
  return new SallyportError(
    'Unavailable',
    `${host}: ${known === undefined ? said || 'it could not be read' : reasons[known]}`,
    {
      cause: error,
    },
  );
}

/** What a connector says of a failed poll: one line without control characters. */
export function told(error: unknown): string {
  const text = error instanceof SallyportError ? error.message : 'an error of Sallyport itself; its log has more';
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 1_000);
}
