import type { SignalReceiverWish, SimpleSubject, Subject } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';

export interface FoundPerson {
  readonly id: string;
  readonly userPrincipalName: string;
}
export type SubjectAttribute = SignalReceiverWish['subjectAttribute'];

const columns = 'p.id, p.user_principal_name AS "userPrincipalName"';
const conditions: Readonly<Record<SubjectAttribute, string>> = {
  id: 'p.id::text = lower($1)',
  userPrincipalName: 'lower(p.user_principal_name) = lower($1)',
  mail: `lower(p.attributes->>'mail') = lower($1)`,
  externalId: 'p.external_id = $1',
};

/** The one person that it fits; nobody when it fits several. */
async function only(db: Queryable, condition: string, value: string): Promise<FoundPerson | undefined> {
  const found = await db.query<FoundPerson>(
    `SELECT ${columns} FROM people p WHERE p.deleted_at IS NULL AND ${condition} LIMIT 2`,
    [value],
  );
  return found.length === 1 ? found[0] : undefined;
}

async function personOfSimple(
  db: Queryable,
  subject: SimpleSubject,
  { ownIssuer, attribute }: SubjectRules,
): Promise<FoundPerson | undefined> {
  switch (subject.format) {
    case 'email':
      return (await only(db, conditions.userPrincipalName, subject.email)) ?? only(db, conditions.mail, subject.email);
    case 'iss_sub':
      return only(db, conditions[subject.iss === ownIssuer ? 'id' : attribute], subject.sub);
    case 'opaque':
      return only(db, conditions[attribute], subject.id);
  }
}

export interface SubjectRules {
  /** Of subjects that name people by their id here. */
  readonly ownIssuer: string;
  /** What `sub` and `id` of others are. */
  readonly attribute: SubjectAttribute;
}

/** Whom a subject is; undefined when it is nobody here, or not clearly one. */
export const personOf = (db: Queryable, subject: Subject, rules: SubjectRules): Promise<FoundPerson | undefined> => {
  const user = subject.format === 'complex' ? subject.user : subject;
  return user === undefined ? Promise.resolve(undefined) : personOfSimple(db, user, rules);
};

const opaqueOf = (subject: Subject, part: 'device' | 'session'): string | undefined => {
  const named = subject.format === 'complex' ? subject[part] : undefined;
  return named?.format === 'opaque' ? named.id : named?.format === 'iss_sub' ? named.sub : undefined;
};
export const deviceOf = (subject: Subject): string | undefined => opaqueOf(subject, 'device');
export const sessionOf = (subject: Subject): string | undefined => opaqueOf(subject, 'session');
