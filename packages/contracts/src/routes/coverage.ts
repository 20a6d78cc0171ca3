import { z } from 'zod';
import { route } from '../route.ts';
import { Severity } from './incidents.ts';

/**
 * How a technique stands: `covered` by an enabled rule, or kind of anomaly, whose tables have rows; `noData`: enabled rules, none of whose tables has rows; `disabled`: rules, none
 * of them enabled; `noRule`: no rule names it.
 */
export const CoverageState = z.enum(['covered', 'noData', 'disabled', 'noRule']);
export type CoverageState = z.infer<typeof CoverageState>;

export const TechniqueCoverage = z.object({
  /** As ATT&CK numbers it: `T1059.001`. */
  id: z.string(),
  name: z.string(),
  /** Ids of its tactics. */
  tactics: z.array(z.string()),
  /** Of a sub-technique, the technique that it is part of. */
  parent: z.string().nullable(),
  /** What ATT&CK says one sees it by. */
  components: z.array(z.string()),
  /** Ids of the rules and kinds of anomalies that name it. */
  rules: z.array(z.string()),
  /** Tables with the log sources that ATT&CK names for it. */
  tables: z.array(z.string()),
  /** Alerts of the time that name it. */
  alerts: z.int(),
  state: CoverageState,
});
export type TechniqueCoverage = z.infer<typeof TechniqueCoverage>;

export const Coverage = z.object({
  days: z.int(),
  /** Of the ATT&CK data. */
  notice: z.string(),
  modified: z.string(),
  /** In the matrix' order. */
  tactics: z.array(z.object({ id: z.string(), name: z.string() })),
  techniques: z.array(TechniqueCoverage),
  /** The rules, and the kinds of anomalies, that name a technique of the matrix. */
  rules: z.array(
    z.object({
      id: z.string(),
      of: z.enum(['rules', 'anomalies']),
      name: z.string(),
      severity: Severity,
      enabled: z.boolean(),
      tables: z.array(z.string()),
      /** Whether one of its tables has rows of the time. */
      hasData: z.boolean(),
    }),
  ),
  /** The tables that rules and techniques name: whether they have rows of the time, and the sources that would bring some. */
  tables: z.array(
    z.object({
      name: z.string(),
      hasData: z.boolean(),
      sources: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
  ),
});
export type Coverage = z.infer<typeof Coverage>;

export const coverageRoutes = {
  getCoverage: route({
    method: 'GET',
    path: '/api/coverage',
    permission: 'securityData.read',
    summary: 'MITRE ATT&CK by rules, by the data there is, and by what has fired',
    query: z.object({ days: z.coerce.number().int().min(1).max(365).default(30) }),
    response: Coverage,
  }),
} as const;
