import type { ResultTable } from '../../bind/statements.ts';
import type { Binder } from '../../bind/binder.ts';
import type { Env } from '../../bind/env.ts';
import { child, childOrNone, elements, nameOf, type SyntaxNode } from '../../bind/kusto.ts';
import type { Rel } from '../../plan/plan.ts';
import type { OperatorBinder, SourceBinder } from '../shared.ts';
import * as activity from './activity.ts';
import { bagUnpack } from './bag-unpack.ts';
import { geoLineLookup, geoPolygonLookup } from './geo.ts';
import { dcountIntersect } from './intersect.ts';
import { ipv4Lookup, ipv6Lookup } from './ip-lookup.ts';
import { autocluster, basket, diffpatterns, diffpatternsText } from './patterns.ts';
import { pivot } from './pivot.ts';
import { httpRequest } from './http-request.ts';
import type { PluginBinder, PluginCall, SourceCall, SourcePluginBinder } from './plugin.ts';
import { refused } from './refused.ts';
import { narrow, preview, previewTables, rowsNear, schemaMerge } from './rows.ts';
import { funnelSequence, funnelSequenceCompletion, funnelSequenceTables, sequenceDetect } from './sequences.ts';

/** The plugins of `evaluate`, by name. One that is not here is refused with its place. */
export const plugins: ReadonlyMap<string, PluginBinder> = new Map<string, PluginBinder>([
  ['bag_unpack', bagUnpack],
  ['pivot', pivot],
  ['narrow', narrow],
  ['preview', preview],
  ['schema_merge', schemaMerge],
  ['dcount_intersect', dcountIntersect],
  ['rows_near', rowsNear],
  ['identity', ({ input }) => input],
  ['geo_line_lookup', geoLineLookup],
  ['geo_polygon_lookup', geoPolygonLookup],
  ['ipv4_lookup', ipv4Lookup],
  ['ipv6_lookup', ipv6Lookup],
  ['active_users_count', activity.activeUsersCount],
  ['activity_counts_metrics', activity.activityCountsMetrics],
  ['activity_engagement', activity.activityEngagement],
  ['activity_metrics', activity.activityMetrics],
  ['new_activity_metrics', activity.newActivityMetrics],
  ['session_count', activity.sessionCount],
  ['sliding_window_counts', activity.slidingWindowCounts],
  ['rolling_percentile', activity.rollingPercentile],
  ['autocluster', autocluster],
  ['basket', basket],
  ['diffpatterns', diffpatterns],
  ['diffpatterns_text', diffpatternsText],
  ['sequence_detect', sequenceDetect],
  ['funnel_sequence', funnelSequence],
  ['funnel_sequence_completion', funnelSequenceCompletion],
]);

/** The plugins that bring rows from elsewhere, and so stand at the head of a query. */
export const sourcePlugins: ReadonlyMap<string, SourcePluginBinder> = new Map([
  ['http_request', httpRequest],
  ['http_request_post', httpRequest],
]);

/** Plugins that give several tables where they end a query. */
const several: ReadonlyMap<string, (call: PluginCall) => ResultTable[]> = new Map([
  ['preview', previewTables],
  ['funnel_sequence', funnelSequenceTables],
]);

function sourceCall(node: SyntaxNode, env: Env, b: Binder): SourceCall {
  const call = child(node, 'FunctionCall');
  const schema = childOrNone(node, 'Schema');
  return {
    node,
    call,
    name: nameOf(child(call, 'Name')),
    args: elements(child(call, 'ArgumentList'), 'Expressions'),
    schema: schema && child(schema, 'Schema'),
    env,
    b,
  };
}
const pluginCall = (node: SyntaxNode, input: Rel, env: Env, b: Binder): PluginCall => ({
  ...sourceCall(node, env, b),
  input,
});
const refuse = (name: string, node: SyntaxNode, b: Binder): never =>
  b.fail('UnsupportedOperator', `evaluate ${name}() is not supported${because(name)}`, node);
const because = (name: string): string => {
  if (sourcePlugins.has(name)) return ' behind a table: it stands at the head of a query';
  return refused.has(name) ? `: ${refused.get(name)}` : '';
};

/** `evaluate plugin(…) : (schema)`: the plugin does the work. Hints of the operator say how, not what. */
export const evaluate: OperatorBinder = (node, input, env, b) => {
  const call = pluginCall(node, input, env, b);
  return (plugins.get(call.name) ?? (() => refuse(call.name, node, b)))(call);
};
/** `evaluate` at the head of a query. */
export const evaluateSource: SourceBinder = (node, env, b) => {
  const call = sourceCall(node, env, b);
  return (sourcePlugins.get(call.name) ?? (() => refuse(call.name, node, b)))(call);
};

/** The tables of a plugin that gives several; undefined when it gives one. */
export const evaluateSeveral = (node: SyntaxNode, input: () => Rel, env: Env, b: Binder): ResultTable[] | undefined => {
  const tables = several.get(nameOf(child(child(node, 'FunctionCall'), 'Name')));
  return tables?.(pluginCall(node, input(), env, b));
};
