import { systemPrincipal, type Principal } from '../../platform/principal.ts';
import type { AnalyticsRule } from './rule.ts';

/** Whom a rule's query is asked as: whoever made it, where that one sees a part of the data; else Sallyport. */
export const rulePrincipal = ({ id, runsAs }: Pick<AnalyticsRule, 'id' | 'runsAs'>): Principal =>
  runsAs ? { name: `rule ${id}`, grants: runsAs } : systemPrincipal(`rule ${id}`);
