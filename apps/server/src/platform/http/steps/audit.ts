import type { SallyportError } from '@sallyport/contracts';
import type { AuditEvent } from '../../audit/types.ts';
import type { Exchange, PipelineServices, Step } from '../exchange.ts';

/**
 * Whether the request, when it succeeds, is audited here. Writes are. Not: reads by POST (a query; it has its own LAQueryLogs row), logs
 * that come in at a door (they are rows themselves), and sign-in (identity records it, with the name that was tried).
 */
function isChange({ route, auditFacts }: Exchange): boolean {
  if (auditFacts !== undefined) return true;
  if (route.audited === false) return false;
  if (route.method === 'GET' || route.permission === 'public' || route.permission === 'data.ingest') return false;
  return !route.permission.endsWith('.read');
}

function event(exchange: Exchange, result: AuditEvent['result'], details: Record<string, unknown> = {}): AuditEvent {
  const { request, caller, name, auditFacts } = exchange;
  return {
    actor: caller?.name ?? 'anonymous',
    operation: name,
    target: auditFacts?.target ?? request.url.split('?', 1)[0]!.slice(0, 512),
    result,
    ipAddress: request.ip,
    requestId: request.id,
    details: { ...auditFacts?.details, ...details },
  };
}

export const auditChange: Step = async (exchange, { audit }) => {
  if (isChange(exchange)) await audit.record(event(exchange, 'success'));
};

/**
 * The audit row of a request that was refused or failed. A caller who was denied is always recorded; a request without any credential
 * is not, since it tells nothing and anyone could fill the chain with them (it is counted and logged).
 */
export async function auditRefusal(
  exchange: Exchange,
  error: SallyportError,
  { audit }: PipelineServices,
): Promise<void> {
  const denied = error.code === 'Forbidden' || error.code === 'Unauthenticated';
  if (denied && exchange.caller === undefined && exchange.credential.kind === 'none') return;
  if (denied) await audit.record(event(exchange, 'denied', { reason: error.message }));
  else if (isChange(exchange) && exchange.caller)
    await audit.record(event(exchange, 'failure', { reason: error.code }));
}
