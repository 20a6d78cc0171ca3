import { SallyportError } from '@sallyport/contracts';
import type { ErrorFace } from '../../platform/http/index.ts';

/** RFC 7644, 3.12. */
export type ScimType = 'invalidFilter' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue' | 'tooMany'; // prettier-ignore

export const scimError = (scimType: ScimType, message: string): SallyportError =>
  new SallyportError(scimType === 'uniqueness' ? 'Conflict' : 'BadRequest', message, { target: scimType });

/** If-Match named another version. */
export const preconditionFailed = (): SallyportError =>
  new SallyportError('Conflict', 'the resource has changed since', { target: 'preconditionFailed' });

const types: ReadonlySet<string> = new Set(['invalidFilter', 'uniqueness', 'mutability', 'invalidSyntax', 'invalidPath', 'noTarget', 'invalidValue', 'tooMany']); // prettier-ignore

export const scimErrorFace: ErrorFace = (error) => {
  const status = error.target === 'preconditionFailed' ? 412 : error.status === 422 ? 400 : error.status;
  const known = error.target !== undefined && types.has(error.target) ? error.target : undefined;
  // A name that is taken says which; what is refused for what it would leave behind, such as the last administrator, is of no type.
  const isTaken = error.code === 'Conflict' && error.target?.startsWith('body.') === true;
  const scimType = known ?? (isTaken ? 'uniqueness' : error.code === 'BadRequest' ? 'invalidValue' : undefined);
  return {
    status,
    headers: { 'content-type': 'application/scim+json; charset=utf-8' },
    body: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(scimType === undefined ? {} : { scimType }),
      detail: error.message,
    },
  };
};
