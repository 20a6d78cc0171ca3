import { SallyportError } from '@sallyport/contracts';
import type { ErrorFace } from '../platform/http/index.ts';

/** Codes of PIM, beside those of Graph. https://learn.microsoft.com/rest/api/authorization/privileged-role-assignment-rest-sample#common-errors */
const messages = {
  RoleAssignmentRequestPolicyValidationFailed: 'The following policy rules failed: ',
  RoleAssignmentRequestAcrsValidationFailed: '',
  RoleAssignmentExists: 'The Role assignment already exists.',
  RoleAssignmentDoesNotExist: 'The Role assignment does not exist.',
  PendingRoleAssignmentRequest: 'There is already an existing pending Role assignment request.',
  RoleAssignmentRequestNotFound: 'The role assignment request could not be found.',
  ActiveDurationTooShort: 'The Active duration is too short. Minimum Required is 5 minutes.',
  SubjectNotFound: 'The subject is not found.',
  RoleNotFound: 'The role is not found.',
  InvalidScope: 'The scope is not valid for the role and the subject.',
  InvalidScheduleInfo: 'The schedule is not valid: ',
  InvalidRequestStatus: 'The request can not be changed in its status: ',
  LastAdministrator: 'The last active assignment of a role that manages authorization can not be removed.',
  UnauthorizedApprover: 'The caller is not an approver of this step.',
} as const;
export type PrivilegedErrorCode = keyof typeof messages;

/** Rules in the words of the refusal. */
export type FailedRule = 'EligibilityRule' | 'ExpirationRule' | 'JustificationRule' | 'TicketingRule' | 'MfaRule';

/** A refusal with one of PIM's codes; Graph's face says it as `code`, ours as the first of `details`. */
export class PrivilegedAccessError extends SallyportError {
  readonly pimCode: PrivilegedErrorCode;

  constructor(pimCode: PrivilegedErrorCode, rest = '') {
    const message = messages[pimCode] + rest;
    super(pimCode === 'UnauthorizedApprover' ? 'Forbidden' : 'BadRequest', message, {
      details: [{ code: pimCode, message }],
    });
    this.pimCode = pimCode;
  }
}

export const policyFailure = (failed: readonly FailedRule[]): PrivilegedAccessError =>
  new PrivilegedAccessError('RoleAssignmentRequestPolicyValidationFailed', JSON.stringify(failed));

/** What a client must bring: a claims challenge, as Microsoft Graph writes it. */
export const contextFailure = (claimValue: string): PrivilegedAccessError => {
  const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: claimValue } } });
  return new PrivilegedAccessError(
    'RoleAssignmentRequestAcrsValidationFailed',
    `&claims=${encodeURIComponent(claims)}`,
  );
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Graph's way to say errors, with PIM's codes where they are. */
export const privilegedError =
  (graph: ErrorFace): ErrorFace =>
  (error, request) => {
    const answer = graph(error, request);
    if (!(error instanceof PrivilegedAccessError)) return answer;
    const { body } = answer;
    const inner = isObject(body) && isObject(body['error']) ? body['error'] : {};
    return { ...answer, body: { error: { ...inner, code: error.pimCode } } };
  };
