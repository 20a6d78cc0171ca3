import { z } from 'zod';
import { route } from '../route.ts';

export const Problem = z.object({
  id: z.string(),
  severity: z.enum(['error', 'warning']),
  title: z.string(),
  /** What happened, and what to do. */
  detail: z.string(),
  since: z.iso.datetime(),
});
export type Problem = z.infer<typeof Problem>;

export const systemRoutes = {
  getHealth: route({
    method: 'GET',
    path: '/healthz',
    permission: 'public',
    summary: 'Alive',
    response: z.object({ status: z.literal('ok') }),
  }),
  getReadiness: route({
    method: 'GET',
    path: '/readyz',
    permission: 'public',
    summary: 'Ready to serve: 200, or 503 naming the part that is not',
    response: z.object({
      status: z.enum(['ready', 'notReady']),
      parts: z.record(z.string(), z.enum(['ready', 'notReady'])),
    }),
  }),
  listProblems: route({
    method: 'GET',
    path: '/api/problems',
    permission: 'data.read',
    summary: 'What keeps Sallyport from its work right now, errors first: engine, disk, spool, doors',
    response: z.object({ problems: z.array(Problem) }),
  }),
  getMetrics: route({
    method: 'GET',
    path: '/metrics',
    permission: 'systemSettings.read',
    summary: 'Prometheus text',
    response: 'raw',
  }),
  getSettings: route({
    method: 'GET',
    path: '/api/settings',
    permission: 'systemSettings.read',
    summary:
      'Configuration in force: each key with value (secrets hidden), default, where it came from, and what it means',
    response: z.object({
      version: z.string(),
      settings: z.array(
        z.object({
          key: z.string(),
          value: z.string(),
          default: z.string(),
          from: z.enum(['default', 'file', 'environment', 'flag']),
          description: z.string(),
        }),
      ),
    }),
  }),
  listAudit: route({
    method: 'GET',
    path: '/api/audit',
    permission: 'audit.read',
    summary: 'The newest audit rows, and whether the chain of hashes holds',
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
    response: z.object({
      intact: z.boolean(),
      entries: z.array(
        z.object({
          sequence: z.int(),
          at: z.iso.datetime(),
          actor: z.string(),
          operation: z.string(),
          target: z.string(),
          result: z.enum(['success', 'failure', 'denied']),
          ipAddress: z.string(),
        }),
      ),
    }),
  }),
} as const;
