import type { Gate, GateAnswer, SignInAttempt } from '../../conditional-access/index.ts';
import { methodModes, type SignInMethod } from '../../identity/index.ts';
import type { Platform } from '../../platform/types.ts';
import { assignments } from '../applications/store.ts';
import type { UsableApplication } from './clients.ts';
import type { Outcome } from './sign-in-rows.ts';

/** A person who is signed in to Sallyport, on the way to an application. */
export interface AccessAttempt {
  readonly personId: string;
  readonly application: UsableApplication;
  readonly method: SignInMethod;
  readonly sessionStartedAt: Date;
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly clientAppType: SignInAttempt['clientAppType'];
  readonly authenticationFlow?: 'deviceCodeFlow';
  /** Of a sign-in that goes on: the one to Sallyport that it stands on. */
  readonly signInRequestId?: string;
}

/** `outcome` is success, or why not. */
export interface AccessAnswer {
  readonly outcome: Outcome;
  readonly gate?: GateAnswer;
}

/** Whether a person may use an application now: assignment first, then Conditional Access. Asked at every code, refresh and exchange. */
export function createAccessDecision({ database, clock }: Pick<Platform, 'database' | 'clock'>, gate: Gate) {
  return async (attempt: AccessAttempt): Promise<AccessAnswer> => {
    const { application, personId } = attempt;
    if (application.principal.appRoleAssignmentRequired) {
      const held = await assignments.held(database, personId, application.servicePrincipalId);
      if (held.length === 0) return { outcome: 'notAssigned' };
    }
    const answer = await gate.ask({
      userId: personId,
      applicationId: application.appId,
      methods: methodModes[attempt.method],
      ipAddress: attempt.ipAddress,
      userAgent: attempt.userAgent,
      clientAppType: attempt.clientAppType,
      sessionStartedAt: attempt.sessionStartedAt,
      at: clock.now(),
      ...(attempt.signInRequestId === undefined ? {} : { signInRequestId: attempt.signInRequestId }),
      ...(attempt.authenticationFlow === undefined ? {} : { authenticationFlow: attempt.authenticationFlow }),
    });
    if (answer.decision === 'allow') return { outcome: 'success', gate: answer };
    return { outcome: answer.decision === 'challenge' ? 'moreDemanded' : 'blockedByPolicy', gate: answer };
  };
}
export type AccessDecision = ReturnType<typeof createAccessDecision>;
