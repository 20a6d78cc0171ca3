import { z } from 'zod';
import { route } from '../route.ts';
import { Cell, Column } from './hunting.ts';
import { Severity } from './incidents.ts';

/** One table of figures, and the KQL over `SecurityIncident` that gave it. Times are in minutes. */
export const SocMetric = z.object({ query: z.string(), columns: z.array(Column), rows: z.array(z.array(Cell)) });
export type SocMetric = z.infer<typeof SocMetric>;

export const socMetricNames = ['summary', 'bySeverity', 'byOwner', 'byRule', 'overTime'] as const;
export type SocMetricName = (typeof socMetricNames)[number];

export const socMetricRoutes = {
  getSocMetrics: route({
    method: 'GET',
    path: '/api/soc-metrics',
    permission: 'securityData.read',
    summary: 'How soon incidents made in a span were triaged, acknowledged and closed, and how many were false alarms',
    query: z.object({
      from: z.iso.datetime(),
      to: z.iso.datetime(),
      severity: Severity.optional(),
      names: z.string().max(100).optional().describe('Comma-separated: which of the figures. Default: all'),
    }),
    response: z.object({ metrics: z.partialRecord(z.enum(socMetricNames), SocMetric) }),
  }),
} as const;
