/**
 * What happened to policies, people and devices since a session or token was decided on (table `access_changes`, filled by triggers). Fragments of
 * SQL: `subject` is the alias of a row with `person_id`, `device_id` and `decided_on`.
 */

/** NOTIFY of it tells that there are changes. */
export const accessChannel = 'sallyport_access';

const since = (subject: string, snapshot = `${subject}.decided_on`): string =>
  `FROM access_changes c WHERE (c.person_id = ${subject}.person_id OR c.device_id = ${subject}.device_id OR (c.person_id IS NULL AND c.device_id IS NULL))
     AND NOT pg_visible_in_snapshot(c.xid, ${snapshot})`;

/** Whether something has changed that a snapshot did not see. `subject` needs no `decided_on`. */
export const changedSince = (subject: string, snapshot: string): string =>
  `EXISTS (SELECT 1 ${since(subject, snapshot)})`;

/** Whether it is to be decided on again. */
export const isOutdated = (subject: string): string =>
  `(${subject}.decided_on IS NULL OR EXISTS (SELECT 1 ${since(subject)}))`;

/** Why: reasons of `access_changes`, or none. Each is there once. */
export const causesOf = (subject: string): string =>
  `CASE WHEN ${subject}.decided_on IS NULL THEN '{}' ELSE (SELECT coalesce(array_agg(DISTINCT c.reason), '{}') ${since(subject)}) END`;

/** A decision that nothing has changed since is asked for again after this: compliance lapses, countries of addresses move. */
export const decidedForMs = 15 * 60_000;

/** From so many addresses a decision holds at once: a browser has an IPv4 and an IPv6 address, and moves between networks. */
export const addressesMax = 8;
