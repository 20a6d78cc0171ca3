import { createHash, randomBytes } from 'node:crypto';
import { SallyportError, termsTarget, type termsOfUseRoutes } from '@sallyport/contracts';
import type { Terms } from '../conditional-access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { setSessionCookie, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { originOf } from './routes.ts';
import type { Check, SignIn } from './sign-in.ts';
import { people, type Person, type SignInMethod } from './store.ts';

const ticketMs = 10 * 60_000;
const ticketBytes = 32;
const hashOf = (ticket: string): Buffer => createHash('sha256').update(ticket).digest();
const gone = () => new SallyportError('Gone', 'that took too long; sign in again');

interface TicketRow {
  readonly personId: string;
  readonly method: SignInMethod;
  readonly aaguid: string | null;
  readonly agreements: string[];
}

/** Whoever has shown the right factors and only has to accept terms goes on by a ticket: no factor is asked for twice. */
export async function termsRefusal(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  person: Person,
  { method, aaguid, agreements }: Pick<Check, 'aaguid'> & { method: SignInMethod; agreements: readonly string[] },
): Promise<SallyportError> {
  const ticket = randomBytes(ticketBytes).toString('base64url');
  const now = clock.now();
  await database.execute('DELETE FROM terms_tickets WHERE expires_at <= $1', [now]);
  await database.execute(
    'INSERT INTO terms_tickets (hash, person_id, method, aaguid, agreements, expires_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [hashOf(ticket), person.id, method, aaguid ?? null, agreements, new Date(now.getTime() + ticketMs)],
  );
  return new SallyportError(
    'Forbidden',
    'AADSTS50074: Conditional Access policies demand acceptance of the terms of use.',
    {
      target: termsTarget,
      details: [{ code: 'ticket', message: ticket }],
    },
  );
}

/** Terms of use within a sign-in. */
export function termsHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  { terms, signIn }: { readonly terms: Terms; readonly signIn: SignIn },
): Handlers<typeof termsOfUseRoutes> {
  const columns = 'person_id AS "personId", method, aaguid, agreements';
  const read = async (db: Queryable, ticket: string): Promise<TicketRow> => {
    const row = await db.first<TicketRow>(`SELECT ${columns} FROM terms_tickets WHERE hash = $1 AND expires_at > $2`, [
      hashOf(ticket),
      clock.now(),
    ]);
    if (!row) throw gone();
    return row;
  };
  return {
    readTerms: async (_context, { body: { ticket, language } }) => {
      const { agreements } = await read(database, ticket);
      return { terms: await terms.toRead(agreements, language) };
    },
    answerTerms: async (context, { body: { ticket, accept }, request, reply }) => {
      const row = await database.first<TicketRow>(
        `DELETE FROM terms_tickets WHERE hash = $1 AND expires_at > $2 RETURNING ${columns}`,
        [hashOf(ticket), clock.now()],
      );
      const found = row && (await people.byId(database, row.personId));
      if (!row || !found || found.disabled) throw gone();
      const { id, userPrincipalName: name, displayName } = found;
      const reader = { id, name, ipAddress: context.ipAddress, requestId: context.requestId };
      await terms.answer(reader, row.agreements, accept ? 'accepted' : 'declined');
      context.audit({ target: `terms of use ${row.agreements.join(', ')}`, details: { accept } });
      if (!accept) throw new SallyportError('Forbidden', 'without acceptance of the terms of use nobody signs in');
      const opened = await signIn.withOther(row.method, name, originOf(context, request), () =>
        Promise.resolve({
          outcome: 'success',
          person: { id, userPrincipalName: name, displayName },
          method: row.method,
          ...(row.aaguid === null ? {} : { aaguid: row.aaguid }),
        }),
      );
      setSessionCookie(reply, opened.secret, opened.expiresAt);
      return opened.me;
    },
  };
}
