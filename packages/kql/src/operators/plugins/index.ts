import { child, childOrNone, elements, nameOf } from '../../bind/kusto.ts';
import type { OperatorBinder } from '../shared.ts';
import * as activity from './activity.ts';
import { bagUnpack } from './bag-unpack.ts';
import { pivot } from './pivot.ts';
import type { PluginBinder } from './plugin.ts';

/** The plugins of `evaluate`, by name. One that is not here is refused with its place. */
export const plugins: ReadonlyMap<string, PluginBinder> = new Map<string, PluginBinder>([
  ['bag_unpack', bagUnpack],
  ['pivot', pivot],
  ['active_users_count', activity.activeUsersCount],
  ['activity_counts_metrics', activity.activityCountsMetrics],
  ['activity_engagement', activity.activityEngagement],
  ['activity_metrics', activity.activityMetrics],
  ['new_activity_metrics', activity.newActivityMetrics],
  ['session_count', activity.sessionCount],
  ['sliding_window_counts', activity.slidingWindowCounts],
  ['rolling_percentile', activity.rollingPercentile],
]);

/** `evaluate plugin(…) : (schema)`: the plugin does the work. Hints of the operator say how, not what. */
export const evaluate: OperatorBinder = (node, input, env, b) => {
  const call = child(node, 'FunctionCall');
  const name = nameOf(child(call, 'Name'));
  const plugin = plugins.get(name);
  if (!plugin) return b.fail('UnsupportedOperator', `evaluate ${name}() is not supported`, node);
  const args = elements(child(call, 'ArgumentList'), 'Expressions');
  const schema = childOrNone(node, 'Schema');
  return plugin({ node, call, name, args, schema: schema && child(schema, 'Schema'), input, env, b });
};
