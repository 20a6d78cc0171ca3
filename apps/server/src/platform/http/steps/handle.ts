import type { Step } from '../exchange.ts';
import type { HandlerInput, RequestContext } from '../handlers.ts';
import type { RouteDefinition } from '@sallyport/contracts';

export const handle: Step = async (exchange, { tracing }) => {
  const { request, reply, name, caller, input } = exchange;
  const context: RequestContext = {
    caller,
    requestId: request.id,
    log: exchange.log,
    ipAddress: request.ip,
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 512),
    signal: exchange.signal,
    audit: (facts) => {
      exchange.auditFacts = { ...exchange.auditFacts, ...facts };
    },
  };
  const full = { ...input, request, reply } as HandlerInput<RouteDefinition>;
  const attributes = { 'http.route': exchange.route.path, 'enduser.id': caller?.name ?? '', 'request.id': request.id };
  exchange.answer = await tracing.span(`request ${name}`, attributes, async () => exchange.handler(context, full));
};
