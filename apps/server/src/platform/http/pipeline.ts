import type { Exchange, PipelineServices, Step } from './exchange.ts';
import { answer } from './steps/answer.ts';
import { auditChange } from './steps/audit.ts';
import { authenticate } from './steps/authenticate.ts';
import { checkCsrf } from './steps/csrf.ts';
import { handle } from './steps/handle.ts';
import { parse } from './steps/parse.ts';
import { checkPermission } from './steps/permission.ts';
import { checkScope } from './steps/scope.ts';

/**
 * What happens to a request, in this order, after it has got its id. A step that throws ends it; `refuse` in server.ts answers.
 * The first list runs before any byte of the body is read.
 */
export const beforeBody: readonly Step[] = [
  (exchange, services) => services.limitRate(exchange),
  authenticate, // who asks: session cookie or bearer token
  checkCsrf, // a page elsewhere can't use the cookie
  checkPermission, // the route's permission, held by the caller
];

export const withBody: readonly Step[] = [
  parse, // params, query, body by the route's schemas
  checkScope, // what is about all data is for those who see all of it
  handle, // the domain's own code
  auditChange, // what changed something leaves a row
  answer,
];

export async function runSteps(steps: readonly Step[], exchange: Exchange, services: PipelineServices): Promise<void> {
  for (const step of steps) await step(exchange, services);
}
