import { rootCertificates } from 'node:tls';
import { SallyportError, type ConnectorSettings } from '@sallyport/contracts';
import { ImapFlow, type FetchMessageObject } from 'imapflow';
import { clientToken, dropToken, type Target } from '../../../platform/outbound/index.ts';
import { connectionError } from '../errors.ts';
import { createFetcher } from '../http/request.ts';
import type { PullServices } from '../types.ts';

type Settings = ConnectorSettings<'imap'>;

const timeouts = { connectionTimeout: 20_000, greetingTimeout: 20_000, socketTimeout: 60_000 };

export const targetOf = ({ host, port }: Settings): Target => ({ host, port, encrypted: true });

/** The error of a conversation with the server, as a person can act upon it. */
export function imapError({ host, user, mailbox }: Settings, error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Error && 'authenticationFailed' in error && error.authenticationFailed === true)
    return new SallyportError('Unauthenticated', `${host} does not let ${user} in`, { cause: error });
  const said: unknown = error instanceof Error && 'responseText' in error ? error.responseText : undefined;
  if (typeof said === 'string' && !(error instanceof SallyportError))
    return new SallyportError('BadRequest', `${host}, mailbox ${mailbox}: ${said.slice(0, 300)}`, { cause: error });
  return connectionError(host, error, signal);
}

/** An open mailbox that nothing is changed in. */
export interface Mailbox {
  readonly uidValidity: string;
  /** In rising order. */
  uids(query: { readonly after: number } | { readonly since: Date }): Promise<number[]>;
  sizes(uids: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** The first `bytesMax` bytes of a message; undefined when it was deleted meanwhile. */
  message(uid: number, bytesMax: number): Promise<FetchMessageObject | undefined>;
  /** The UID that the next message will have at least. */
  readonly uidNext: number;
  close(): Promise<void>;
}

/** How to sign in; and what to do when that was refused. */
async function signInOf(settings: Settings, secret: string, services: PullServices, signal: AbortSignal) {
  const { user, auth } = settings;
  if (auth === 'password') return { auth: { user, pass: secret }, refused: () => undefined };
  const fetcher = createFetcher(services, signal);
  try {
    const accessToken = await clientToken(services.tokens, fetcher, settings, secret);
    return { auth: { user, accessToken }, refused: () => dropToken(services.tokens, settings, secret) };
  } finally {
    await fetcher[Symbol.asyncDispose]();
  }
}

/** Connects, at an address that was judged, and opens the mailbox for reading only. Throws SallyportError. */
export async function openMailbox(
  settings: Settings,
  secret: string,
  services: PullServices,
  signal: AbortSignal,
): Promise<Mailbox> {
  const { host, port, security, mailbox } = settings;
  const { outbound, authorities } = services;
  const signIn = await signInOf(settings, secret, services, signal);
  const [address] = await outbound.addresses(targetOf(settings));
  if (address === undefined) throw new SallyportError('Unavailable', `${host} has no address`);
  const client = new ImapFlow({
    host: address.address,
    servername: host,
    port,
    secure: security === 'tls',
    ...(security === 'starttls' ? { doSTARTTLS: true } : {}),
    auth: signIn.auth,
    tls: { ca: [...rootCertificates, ...authorities], servername: host, minVersion: 'TLSv1.2' },
    logger: false,
    disableAutoIdle: true,
    ...timeouts,
  });
  // What goes wrong between calls reaches the next call as well.
  client.on('error', () => undefined);
  const close = (): void => client.close();
  signal.addEventListener('abort', close, { once: true });
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const told = imapError(settings, error, signal);
      if (told instanceof SallyportError && told.code === 'Unauthenticated') signIn.refused();
      throw told;
    }
  };
  try {
    await ask(() => client.connect());
    const opened = await ask(() => client.mailboxOpen(mailbox, { readOnly: true }));
    const search = async (query: Parameters<ImapFlow['search']>[0]): Promise<number[]> => {
      const found = await ask(() => client.search(query, { uid: true }));
      return (found || []).toSorted((a, b) => a - b);
    };
    return {
      uidValidity: String(opened.uidValidity),
      uidNext: opened.uidNext,
      // `n:*` answers the last message also when it is before n.
      uids: async (query) =>
        'since' in query
          ? search({ since: query.since })
          : (await search({ uid: `${query.after + 1}:*` })).filter((uid) => uid > query.after),
      sizes: async (uids) => {
        const found = await ask(() => client.fetchAll([...uids].join(','), { uid: true, size: true }, { uid: true }));
        return new Map(found.map(({ uid, size = 0 }) => [uid, size]));
      },
      message: async (uid, maxLength) => {
        const query = { uid: true, internalDate: true, source: { start: 0, maxLength } };
        return (await ask(() => client.fetchOne(String(uid), query, { uid: true }))) || undefined;
      },
      close: async () => {
        signal.removeEventListener('abort', close);
        await client.logout().catch(() => client.close());
      },
    };
  } catch (error) {
    signal.removeEventListener('abort', close);
    client.close();
    throw error;
  }
}
