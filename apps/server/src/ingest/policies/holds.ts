import { randomUUID } from 'node:crypto';
import { SallyportError, type BodyOf, type LegalHold as Told, type tableRoutes } from '@sallyport/contracts';
import { everyTable, isActive, type Lake, type LegalHold } from '@sallyport/lake';
import { conditionSql } from './condition.ts';

type NewHold = BodyOf<(typeof tableRoutes)['createLegalHold']>;

/** Holds that are in force at once: each is a condition in the rule of every table that it covers. */
const activeHoldsMax = 100;

/** A hold as routes tell it. */
export function toldHold(hold: LegalHold, now: Date): Told {
  const { conditions: _, ...told } = hold;
  return {
    ...told,
    from: hold.from ?? null,
    to: hold.to ?? null,
    filter: hold.filter ?? null,
    until: hold.until ?? null,
    liftedBy: hold.liftedBy ?? null,
    liftedAt: hold.liftedAt ?? null,
    active: isActive(hold, now),
  };
}

/** Puts a hold in force. Throws SallyportError BadRequest for an unknown table, a filter that is none on its rows, a date that has passed. */
export async function createHold(lake: Lake, given: NewHold, who: string, now: Date): Promise<LegalHold> {
  const { filter, until } = given;
  if (until !== undefined && Date.parse(until) <= now.getTime())
    throw new SallyportError('BadRequest', 'is in the past', { target: 'body.until' });
  const active = (await lake.holds()).filter((hold) => isActive(hold, now));
  if (active.length >= activeHoldsMax)
    throw new SallyportError('BadRequest', `at most ${activeHoldsMax} holds are in force at once`);
  const conditions: Record<string, string> = {};
  for (const [i, name] of given.tables.entries()) {
    if (name === everyTable) continue;
    const table = lake.catalogue.get(name);
    if (table === undefined)
      throw new SallyportError('BadRequest', `no table is named \`${name}\``, { target: `body.tables.${i}` });
    if (filter !== undefined) conditions[name] = conditionSql(filter, table, now, 'body.filter');
  }
  const { name, reason, from, to } = given;
  const hold: LegalHold = {
    id: randomUUID(),
    name,
    reason,
    tables: [...new Set(given.tables)],
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(filter === undefined ? {} : { filter }),
    conditions,
    createdBy: who,
    createdAt: now.toISOString(),
    ...(until === undefined ? {} : { until }),
  };
  await lake.saveHold(hold);
  return hold;
}

/** Ends a hold. Throws SallyportError NotFound, and Conflict for one that has ended. */
export async function liftHold(lake: Lake, id: string, who: string, now: Date): Promise<LegalHold> {
  const hold = (await lake.holds()).find((one) => one.id === id);
  if (hold === undefined) throw new SallyportError('NotFound', 'there is no such hold', { target: 'params.id' });
  if (!isActive(hold, now)) throw new SallyportError('Conflict', 'this hold has ended already');
  const lifted = { ...hold, liftedBy: who, liftedAt: now.toISOString() };
  await lake.saveHold(lifted);
  return lifted;
}
