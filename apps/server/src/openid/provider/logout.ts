import type { AdapterPayload, Provider } from 'oidc-provider';
import type { Platform } from '../../platform/types.ts';
import { purposeOf } from './adapter.ts';

/** How soon an application hears of it, at the latest, beside the time of the call. */
const pollMs = 250;
const batch = 20;
const tries = 3;
const retryMs = 2_000;

interface Ended {
  readonly sessionUid: string;
  readonly personId: string;
}

/** The library's own method, which its types leave out. */
interface ToldClient {
  backchannelLogout(accountId: string, sid: string): Promise<void>;
}

/** Tells applications that a sign-in is over (OpenID Connect Back-Channel Logout), whoever ended it, and lets go of its tokens. */
export function createLogoutTeller(
  { database, clock, sealing, log }: Pick<Platform, 'database' | 'clock' | 'sealing' | 'log'>,
  current: () => Promise<Provider>,
) {
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;

  const sessionOf = async (uid: string): Promise<AdapterPayload | undefined> => {
    const row = await database.first<{ sealed: Buffer }>(
      `SELECT sealed FROM openid_objects WHERE model = 'Session' AND uid = $1`,
      [uid],
    );
    return row && (JSON.parse(sealing.open(row.sealed, purposeOf('Session')).toString()) as AdapterPayload);
  };
  const tellOne = async (provider: Provider, clientId: string, personId: string, sid: string): Promise<void> => {
    const client = await provider.Client.find(clientId);
    if (client?.backchannelLogoutUri === undefined) return;
    for (let left = tries; left > 0; left -= 1)
      try {
        await (client as typeof client & ToldClient).backchannelLogout(personId, sid);
        return;
      } catch (err) {
        log.warn({ err, clientId, left: left - 1 }, 'an application could not be told that a sign-in is over');
        if (left > 1) await clock.sleep(retryMs, stopping.signal);
      }
  };
  const tell = async (provider: Provider, { sessionUid, personId }: Ended): Promise<void> => {
    const session = await sessionOf(sessionUid);
    const authorizations = Object.entries(session?.authorizations ?? {});
    const heard = authorizations.filter(([, { sid }]) => sid !== undefined);
    await Promise.all(heard.map(([clientId, { sid = '' }]) => tellOne(provider, clientId, personId, sid)));
    const grants = authorizations.flatMap(([, { grantId }]) => grantId ?? []);
    await database.execute('DELETE FROM openid_objects WHERE session_uid = $1 OR grant_id = ANY($2)', [sessionUid, grants]); // prettier-ignore
    for (const grantId of grants) await provider.Grant.adapter.destroy(grantId);
  };

  /** One application alone, while the sign-in to Sallyport goes on. */
  const tellApplication = async (sessionUid: string, personId: string, clientId: string): Promise<void> => {
    const session = await sessionOf(sessionUid);
    const sid = session?.authorizations?.[clientId]?.sid;
    if (sid !== undefined) await tellOne(await current(), clientId, personId, sid);
  };

  const look = async (): Promise<void> => {
    const ended = await database.query<Ended>(
      `UPDATE openid_sessions SET told_at = $1 WHERE session_uid IN (SELECT session_uid FROM openid_sessions
         WHERE ended_at IS NOT NULL AND told_at IS NULL ORDER BY ended_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)
       RETURNING session_uid AS "sessionUid", person_id AS "personId"`,
      [clock.now()],
    );
    if (ended.length === 0) return;
    const provider = await current();
    await Promise.all(ended.map((one) => tell(provider, one)));
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch((err: unknown) => log.warn({ err }, 'ended sign-ins could not be looked for'));
      await clock.sleep(pollMs, stopping.signal);
    }
  };
  return {
    look,
    tellApplication,
    start: () => {
      loop = run();
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
export type LogoutTeller = ReturnType<typeof createLogoutTeller>;
