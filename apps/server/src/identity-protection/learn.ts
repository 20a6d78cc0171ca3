import { storableText } from '../platform/canonical-json.ts';
import { ask, textOf, windowed, type Answered } from './ask.ts';
import { forgetSignIns, learnSignIns, type LearnedSignIn } from './history.ts';
import { placeOf, type OfflineParts } from './offline.ts';
import { keyOf, resolvePeople } from './people.ts';
import { kept } from './store.ts';
import { systemPrincipal } from '../platform/principal.ts';

const rowsMax = 20_000;
const secondsMax = 60;
const minuteMs = 60_000;
/** Rows of Sallyport itself come within seconds, those of others within minutes; once an hour a whole day is looked at again. */
const overlapMs = 15 * minuteMs;
const dayMs = 24 * 60 * minuteMs;
const learnBackDays = 30;

/** Learns the sign-ins that the lake got since the last time, at most a day of them at once. Answers how many are new. */
export async function learnDue(parts: OfflineParts): Promise<number> {
  const { database, clock } = parts.platform;
  const now = clock.now();
  const done = await kept.read(database, 'learned');
  const last = typeof done === 'string' ? Date.parse(done) : now.getTime() - learnBackDays * dayMs;
  const to = new Date(Math.min(now.getTime(), last + dayMs));
  const late = now.getUTCMinutes() === 0;
  const learned = await learn(parts, { from: new Date(last - (late ? dayMs : overlapMs)), to });
  await kept.write(database, 'learned', to.toISOString());
  if (late) await forgetSignIns(database, now);
  return learned;
}

export async function learn(
  { platform, queries, content }: OfflineParts,
  window: { readonly from: Date; readonly to: Date },
): Promise<number> {
  const rows = await ask(queries(), windowed(content.learn.query, window), {
    as: systemPrincipal('identity protection: learn'),
    maxRows: rowsMax,
    seconds: secondsMax,
  });
  const named = rows.map((row) => ({ id: textOf(row['UserId']), name: textOf(row['UserPrincipalName']) }));
  const people = await resolvePeople(platform.database, named);
  const signIns = rows.flatMap((row, i) => {
    const one = named[i];
    const person = one && people.get(keyOf(one));
    return person && uuid.test(person.id) ? learned(row, person.id) : [];
  });
  return platform.database.transaction(async (tx) => {
    // What may be an attacker's does not become familiar, before somebody or a second factor says that it was the person.
    const open = await tx.query<{ id: string }>(
      `SELECT DISTINCT request_id AS id FROM risk_detections
       WHERE request_id = ANY($1) AND (risk_state = 'confirmedCompromised' OR (risk_state = 'atRisk' AND risk_level IN ('medium', 'high')))`,
      [signIns.map(({ id }) => id)],
    );
    const held = new Set(open.map(({ id }) => id));
    return learnSignIns(
      tx,
      signIns.filter(({ id }) => !held.has(id)),
    );
  });
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const text = (row: Answered, column: string, max: number): string => storableText(textOf(row[column]), max);

function learned(row: Answered, personId: string): LearnedSignIn[] {
  const at = Date.parse(textOf(row['TimeGenerated']));
  const id = text(row, 'Id', 200);
  if (Number.isNaN(at) || id === '') return [];
  return [
    {
      id,
      personId,
      at: new Date(at),
      address: text(row, 'IpAddress', 64),
      asn: text(row, 'Asn', 32),
      place: placeOf(row),
      userAgent: text(row, 'UserAgent', 1_024),
    },
  ];
}
