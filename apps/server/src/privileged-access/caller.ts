import { SallyportError, type SignInMethod } from '@sallyport/contracts';
import { managesAllRoles } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { requireCaller, type RequestContext } from '../platform/http/index.ts';
import type { Asker } from './types.ts';

interface SessionFacts {
  readonly deviceId: string | null;
  readonly aaguid: string | null;
  readonly requestId: string;
}
interface TokenFacts {
  readonly personId: string | null;
  readonly name: string | null;
  readonly method: SignInMethod | null;
  readonly deviceId: string | null;
  readonly aaguid: string | null;
  readonly createdAt: Date;
}

/**
 * Who asks: the person of the session, or the one whose token it is. Of a token the factors count as shown when it was made.
 */
export async function askerOf(db: Queryable, context: RequestContext): Promise<Asker> {
  const caller = requireCaller(context);
  const common = {
    ipAddress: context.ipAddress,
    requestId: context.requestId,
    // Whoever manages authorization within a scope gives roles within that, by other routes than these.
    manages: managesAllRoles(caller.grants),
    readsAll: caller.permissions.has('authorization.read'),
  };
  const { userAgent } = context;
  if (caller.session) {
    const { id: sessionId, method, startedAt } = caller.session;
    const facts = await db.first<SessionFacts>(
      'SELECT device_id AS "deviceId", aaguid, request_id AS "requestId" FROM sessions WHERE id = $1',
      [sessionId],
    );
    return {
      ...common,
      id: caller.id,
      name: caller.name,
      personId: caller.id,
      signedIn: {
        method,
        at: startedAt,
        sessionId,
        signInRequestId: facts?.requestId ?? '',
        userAgent,
        ...(facts?.deviceId ? { deviceId: facts.deviceId } : {}),
        ...(facts?.aaguid ? { aaguid: facts.aaguid } : {}),
      },
    };
  }
  const facts = await db.first<TokenFacts>(
    `SELECT t.person_id AS "personId", p.user_principal_name AS name, t.method, t.device_id AS "deviceId", t.aaguid, t.created_at AS "createdAt"
     FROM api_tokens t LEFT JOIN people p ON p.id = t.person_id WHERE t.id = $1`,
    [caller.id],
  );
  const personId = facts?.personId ?? undefined;
  return {
    ...common,
    id: personId ?? caller.id,
    name: personId === undefined ? caller.name : (facts?.name ?? caller.name),
    ...(personId === undefined ? { application: true } : {}),
    personId,
    signedIn:
      facts?.method === null || facts?.method === undefined
        ? undefined
        : {
            method: facts.method,
            at: facts.createdAt,
            signInRequestId: '',
            userAgent,
            ...(facts.deviceId ? { deviceId: facts.deviceId } : {}),
            ...(facts.aaguid ? { aaguid: facts.aaguid } : {}),
          },
  };
}

/** The same, of one who manages authorization over everything. Throws Forbidden for others. */
export async function managerOf(db: Queryable, context: RequestContext): Promise<Asker> {
  const asker = await askerOf(db, context);
  if (!asker.manages)
    throw new SallyportError('Forbidden', 'this needs the permission `authorization.manage` over everything');
  return asker;
}
