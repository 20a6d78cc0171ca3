import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { manualClock } from '../../platform/clock.ts';
import { createSealing } from '../../platform/sealing.ts';
import { startEphemeralDatabase, type EphemeralDatabase } from '../../supervisor/ephemeral-database.ts';
import { createSamlKeys } from '../saml/keys.ts';
import { createKeys, type Keys } from './keys.ts';

const dayMs = 86_400_000;
const clock = manualClock(new Date('2026-01-01T00:00:00Z'));
const sealing = createSealing(randomBytes(32));
let ephemeral: EphemeralDatabase;
beforeAll(async () => void (ephemeral = await startEphemeralDatabase()), 60_000);
afterAll(() => ephemeral.stop());
const parts = () => ({ database: ephemeral.database, clock, sealing });

/** Ids of one algorithm's keys; the first signs. */
const idsOf = async (keys: Keys): Promise<string[]> =>
  (await keys.current()).keys.flatMap(({ alg, kid }) => (alg === 'RS256' && kid !== undefined ? [kid] : []));

it('follows a key after 90 days: the next is published a day before it signs, the old one is read for two days more', async () => {
  const [one, other] = [createKeys(parts()), createKeys(parts())];
  await Promise.all([one.rotate(), other.rotate()]);
  const [first, ...none] = await idsOf(one);
  expect([await idsOf(other), none]).toEqual([[first], []]);
  clock.advance(88 * dayMs);
  await one.rotate();
  expect(await idsOf(one)).toEqual([first]);

  clock.advance(dayMs);
  await Promise.all([one.rotate(), other.rotate()]);
  const published = await idsOf(one);
  expect([published[0], published.length]).toEqual([first, 2]);
  // The other has read it by then.
  clock.advance(30_000);
  expect(await idsOf(other)).toEqual(published);

  clock.advance(dayMs);
  expect(await idsOf(one)).toEqual([published[1], first]);
  await one.rotate();
  expect(await idsOf(one)).toHaveLength(2);
  clock.advance(2 * dayMs);
  await one.rotate();
  expect(await idsOf(one)).toEqual([published[1]]);
  const left = await ephemeral.database.query('SELECT 1 FROM openid_keys WHERE kid = $1 AND length(sealed) > 0', [
    first,
  ]);
  expect(left).toEqual([]);
});

it('has the next certificate of SAML in the metadata 60 days before it signs', async () => {
  const [one, other] = [createSamlKeys(parts()), createSamlKeys(parts())];
  const [first, again] = await Promise.all([one.current(), other.current()]);
  expect(again).toEqual(first);
  clock.advance((3 * 365 - 61) * dayMs);
  expect((await one.current()).certificates).toHaveLength(1);
  clock.advance(2 * dayMs);
  const published = await one.current();
  expect([published.signer.certificate, published.certificates.length]).toEqual([first.signer.certificate, 2]);
  clock.advance(60 * dayMs);
  const followed = await other.current();
  expect([followed.signer.certificate, followed.certificates]).toEqual([
    published.certificates[1],
    [published.certificates[1]],
  ]);
});
