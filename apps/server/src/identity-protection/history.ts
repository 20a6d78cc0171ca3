import type { AdditionalInfo } from '@sallyport/contracts';
import { History, keysOf, featureNames, type Counts, type SignInValues } from '@sallyport/policy/risk';
import type { Database, Queryable } from '../platform/database/index.ts';
import type { Place } from './types.ts';
import { browserOf } from './user-agent.ts';

/** Of a person: the newest of this time, and no more of them. */
const historyDays = 90;
const historyMax = 400;
const attackersMax = 2_000;
const forgottenAtOnce = 20_000;
const dayMs = 86_400_000;

export interface PastSignIn {
  readonly at: Date;
  readonly values: SignInValues;
  readonly place: Place;
}

interface Row {
  readonly at: Date;
  readonly address: string;
  readonly asn: string;
  readonly country: string;
  readonly city: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly device_type: string;
  readonly operating_system: string;
  readonly browser: string;
  readonly user_agent: string;
}

const pastOf = (row: Row): PastSignIn => ({
  at: row.at,
  values: {
    address: row.address,
    asn: row.asn,
    country: row.country,
    deviceType: row.device_type,
    operatingSystem: row.operating_system,
    browser: row.browser,
    userAgent: row.user_agent,
  },
  place: {
    country: row.country,
    city: row.city,
    ...(row.latitude === null || row.longitude === null ? {} : { latitude: row.latitude, longitude: row.longitude }),
  },
});

/** The newest first. */
export const pastSignIns = async (db: Queryable, personId: string, now: Date): Promise<PastSignIn[]> =>
  (
    await db.query<Row>(
      'SELECT * FROM sign_in_history WHERE person_id = $1 AND at >= $2 AND at <= $3 ORDER BY at DESC LIMIT $4',
      [personId, new Date(now.getTime() - historyDays * dayMs), now, historyMax],
    )
  ).map(pastOf);

export function historyOf(past: readonly PastSignIn[]): History {
  const history = new History();
  for (const { values } of past) history.add(values);
  return history;
}

/** Of everybody, only what a sign-in with these values is judged by. */
export async function countsOfEveryone(db: Queryable, values: SignInValues): Promise<Counts> {
  const keys = new Set(
    featureNames.flatMap((feature) => keysOf(feature, values).flatMap(({ key, parent }) => [key, parent])),
  );
  const rows = await db.query<{ key: string; times: number; kinds: number }>(
    'SELECT key, times, kinds FROM sign_in_values WHERE key = ANY($1)',
    [[...keys]],
  );
  const [top] = keysOf(featureNames[0]!, values);
  return {
    signIns: rows.find(({ key }) => key === top!.parent)?.times ?? 0,
    times: new Map(rows.map(({ key, times }) => [key, times])),
    different: new Map(rows.map(({ key, kinds }) => [key, kinds])),
  };
}

/** What attackers come with: the newest sign-ins that somebody confirmed as compromised. */
export async function attackers(db: Queryable): Promise<History> {
  const rows = await db.query<{ address: string; place: Place; info: AdditionalInfo }>(
    `SELECT ip_address AS address, location AS place, additional_info AS info FROM risk_detections
     WHERE activity = 'signin' AND risk_state = 'confirmedCompromised' AND ip_address <> '' ORDER BY updated_at DESC, id LIMIT $1`,
    [attackersMax],
  );
  const history = new History();
  for (const { address, place, info } of rows) {
    const text = (key: string): string => {
      const value = info.find(({ Key }) => Key === key)?.Value;
      return typeof value === 'string' ? value : '';
    };
    history.add(valuesOf(address, text('autonomousSystemNumber'), place, text('userAgent')));
  }
  return history;
}

/** A sign-in that succeeded, of a person of the directory. */
export interface LearnedSignIn {
  readonly id: string;
  readonly personId: string;
  readonly at: Date;
  readonly address: string;
  readonly asn: string;
  readonly place: Place;
  readonly userAgent: string;
}

export const valuesOf = (address: string, asn: string, place: Place, userAgent: string): SignInValues => ({
  address,
  asn,
  country: place.country ?? '',
  userAgent,
  ...browserOf(userAgent),
});

/** Adds them to what is known, those of before left as they are. Answers how many are new. In a transaction. */
export async function learnSignIns(tx: Queryable, signIns: readonly LearnedSignIn[]): Promise<number> {
  if (signIns.length === 0) return 0;
  // Counts are shared by all: learners queue.
  await tx.execute('SELECT pg_advisory_xact_lock(100100)');
  const rows = signIns.map(({ id, personId, at, address, asn, place, userAgent }) => {
    const { deviceType, operatingSystem, browser } = browserOf(userAgent);
    return {
      id,
      person_id: personId,
      at,
      address,
      asn,
      country: place.country ?? '',
      city: place.city ?? '',
      latitude: place.latitude ?? null,
      longitude: place.longitude ?? null,
      device_type: deviceType,
      operating_system: operatingSystem,
      browser,
      user_agent: userAgent,
    };
  });
  const added = await tx.query<Row>(
    `INSERT INTO sign_in_history SELECT * FROM jsonb_populate_recordset(NULL::sign_in_history, $1::jsonb) ON CONFLICT (id) DO NOTHING RETURNING *`,
    [JSON.stringify(rows)],
  );
  const batch = historyOf(added.map(pastOf));
  const parentOf = new Map<string, string>();
  for (const { values } of added.map(pastOf))
    for (const feature of featureNames)
      for (const { key, parent } of keysOf(feature, values)) parentOf.set(key, parent);
  await tx.execute(
    `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(key text, parent text, times bigint)),
       fresh AS (SELECT g.parent, count(*) AS kinds FROM given g WHERE g.parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sign_in_values v WHERE v.key = g.key) GROUP BY g.parent)
     INSERT INTO sign_in_values (key, times, kinds) SELECT g.key, g.times, coalesce(f.kinds, 0) FROM given g LEFT JOIN fresh f ON f.parent = g.key
     ON CONFLICT (key) DO UPDATE SET times = sign_in_values.times + excluded.times, kinds = sign_in_values.kinds + excluded.kinds`,
    [JSON.stringify([...batch.times].map(([key, times]) => ({ key, parent: parentOf.get(key) ?? null, times })))],
  );
  return added.length;
}

/** Takes those past the time that anything is judged by out of what is known, some at a time. Answers how many. */
export const forgetSignIns = (database: Database, now: Date): Promise<number> =>
  database.transaction(async (tx) => {
    await tx.execute('SELECT pg_advisory_xact_lock(100100)');
    const gone = await tx.query<Row>(
      'DELETE FROM sign_in_history WHERE id IN (SELECT id FROM sign_in_history WHERE at < $1 ORDER BY at LIMIT $2) RETURNING *',
      [new Date(now.getTime() - historyDays * dayMs), forgottenAtOnce],
    );
    const batch = historyOf(gone.map(pastOf));
    await tx.execute(
      `UPDATE sign_in_values v SET times = v.times - g.times FROM jsonb_to_recordset($1::jsonb) AS g(key text, times bigint) WHERE v.key = g.key`,
      [JSON.stringify([...batch.times].map(([key, times]) => ({ key, times })))],
    );
    const empty = new Set(
      (
        await tx.query<{ key: string }>('DELETE FROM sign_in_values WHERE times <= 0 AND key = ANY($1) RETURNING key', [
          [...batch.times.keys()],
        ])
      ).map(({ key }) => key),
    );
    const parents = gone
      .map(pastOf)
      .flatMap(({ values }) => featureNames.flatMap((feature) => keysOf(feature, values)))
      .filter(({ key }) => empty.delete(key))
      .map(({ parent }) => parent);
    await tx.execute(
      `UPDATE sign_in_values v SET kinds = v.kinds - g.kinds FROM (SELECT key, count(*) AS kinds FROM unnest($1::text[]) AS p(key) GROUP BY key) g WHERE v.key = g.key`,
      [parents],
    );
    return gone.length;
  });
