import type { Queries } from '../../hunting/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { rowLevelPart } from '../sweep/row-level.ts';

interface Parts {
  readonly platform: { readonly lake: Pick<Platform['lake'], 'catalogue'> };
  readonly queries: Pick<Queries, 'kql'>;
}

/** Functions whose answer is of the moment: who has an address now, where it is. */
const ofTheMoment = /\b(?:geo_info_from_ip_address|identity_info|device_info)\s*\(/;

const known = new WeakMap<AnalyticsRule, { readonly version: string; readonly is: boolean }>();

/**
 * Whether a scheduled rule fires on any row that meets its conditions, and says the same of a row whenever it is asked: then it may be looked at as rows arrive, before its
 * window is run. By the text, so that every server and run decides alike.
 */
export function firesOnSingleRows({ platform, queries }: Parts, rule: AnalyticsRule): boolean {
  if (rule.kind !== 'Scheduled' || rule.triggerOperator !== 'GreaterThan' || rule.triggerThreshold !== 0) return false;
  const version = queries.kql.version();
  const before = known.get(rule);
  if (before?.version === version) return before.is;
  const query = rule.plainQuery ?? rule.query;
  const is =
    !ofTheMoment.test(query) &&
    rowLevelPart(query, (name) => platform.lake.catalogue.get(name)?.columns)?.whole === true &&
    queries.kql.dependsOn(query).functions.length === 0;
  known.set(rule, { version, is });
  return is;
}
