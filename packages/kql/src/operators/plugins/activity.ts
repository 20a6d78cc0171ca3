import type { SyntaxNode } from '../../bind/kusto.ts';
import { SymbolKind } from '../../bind/kusto.ts';
import type { Expr, Rel } from '../../plan/plan.ts';
import { analysis, dimensionArguments, stepsArgument, written } from './analytics.ts';
import { columnArgument, numberArgument, valueArgument } from './arguments.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';

/** Plugins that count who was active: each moment from Start to End, both included, falls into a step counted from Start. */

const ids = (call: PluginCall): Record<string, ReturnType<typeof columnArgument>> => ({
  _id: columnArgument(call, call.args[0]),
  _t: columnArgument(call, call.args[1]),
});
const value = (call: PluginCall, at: number): Expr => valueArgument(call, call.args[at]);
/** `on a, b`, or a join of everything with everything. */
const on = (columns: readonly string[]): string => columns.join(', ');

/**
 * `active_users_count(Id, Timeline, Start, End, LookbackWindow, Period, ActivePeriodsCount, Bin, dims…)`. An appearance counts when the
 * id appeared in that many periods of the look-back that ends with it. The last appearance in the period so many before tells.
 */
export const activeUsersCount: PluginBinder = (call) => {
  const a = analysis(call, ids(call), dimensionArguments(call, call.args.slice(8)));
  const periods = numberArgument(call, call.args[6], [1, 1_000_000]) ?? 1;
  const before = periods - 1;
  const same = ['_id', ...a.dimensions].map((c) => `prev(${c}, ${before}) == ${c}`).join(' and ');
  const period = `let P = E | summarize _hi = max(_t) by _id, ${a.dims}_p
    | sort by _id asc${a.dimensions.map((d) => `, ${d} asc`).join('')}, _p asc
    | extend _since = iff(${same}, prev(_hi, ${before}), _none)
    | where isnotnull(_since) | project _id, ${a.dims}_p, _since;`;
  const counts = `| summarize _lo = min(_t) by _id, ${a.dims}_p, _b`;
  const active = `| join kind=inner P on ${on(['_id', ...a.dimensions, '_p'])} | where _since > _lo - _lookback`;
  const text = `let E = T | where _t > _start - _lookback and _t <= _end
    | extend _p = bin_at(_t, _period, _start), _b = bin_at(_t, _bin, _start);
    let _none = toscalar(E | take 0 | project _t);
    ${before > 0 ? period : ''}
    E | where _t >= _start ${counts} ${before > 0 ? active : ''}
    | summarize _n = count_distinct(_id) by _b${a.andDims} | project _b, ${a.dims}_n | sort by _b asc`;
  const [_start, _end, _lookback, _period, _bin] = [2, 3, 4, 5, 7].map((i) => value(call, i));
  return written(a, text, { _start: _start!, _end: _end!, _lookback: _lookback!, _period: _period!, _bin: _bin! });
};

/** `activity_counts_metrics(Id, Timeline, Start, End, Window, dims…)`. */
export const activityCountsMetrics: PluginBinder = (call) => {
  const a = analysis(call, ids(call), dimensionArguments(call, call.args.slice(5)));
  const steps = stepsArgument(call, call.args[4]);
  const restart = a.dimensions.map((d) => `${d} != prev(${d})`).join(' or ') || 'false';
  const text = `let E = T | where _t >= _start and _t <= _end | extend _b = ${steps.start('_t')};
    let N = E | summarize _f = min(_b) by _id${a.andDims} | summarize _new = count() by _b = _f${a.andDims};
    E | summarize _n = count(), _d = count_distinct(_id) by _b${a.andDims}
    | join kind=leftouter N on ${on(['_b', ...a.dimensions])}
    | extend _new = coalesce(_new, 0)
    | sort by ${a.dimensions.map((d) => `${d} asc, `).join('')}_b asc
    | extend _all = row_cumsum(_new, ${restart})
    | project _b, ${a.dims}_n, _d, _new, _all | sort by _b asc`;
  return written(a, text, { _start: value(call, 2), _end: value(call, 3), ...step(steps.value) });
};
const step = (value: Expr | undefined): Record<string, Expr> => (value ? { _step: value } : {});

/** Start and End may be left out of some plugins: then the timeline's own ends serve. */
function span(call: PluginCall, given: boolean): { lets: string; values: Record<string, Expr> } {
  return given
    ? { lets: '', values: { _start: value(call, 2), _end: value(call, 3) } }
    : { lets: 'let _start = toscalar(T | summarize min(_t)); let _end = toscalar(T | summarize max(_t));', values: {} };
}
/** How many steps a window is long, as a table of their numbers from 0. */
const offsets = (window: string): string =>
  `let W = range _k from 0 to tolong(ceiling((${window} * 1.0) / _step)) - 1 step 1 | extend _one = 1;`;
/** Every event in the steps whose window it is in: its own, and those up to a window's length later. */
const spread = (table: string, dims: string): string =>
  `${table} | extend _b = bin_at(_t, _step, _start), _one = 1 | join kind=inner W on _one
   | extend _r = _b + _k * _step | where _r >= _start and _r <= _end | project _id, ${dims}_t, _b = _r`;

/** `activity_engagement(Id, Timeline, [Start, End,] InnerActivityWindow, OuterActivityWindow, dims…)`. */
export const activityEngagement: PluginBinder = (call) => {
  const given = call.args.length > 4;
  const a = analysis(call, ids(call), dimensionArguments(call, call.args.slice(given ? 6 : 4)));
  const { lets, values } = span(call, given);
  const at = given ? 4 : 2;
  const text = `${lets} ${offsets('_outer')}
    let E = T | where _t > _start - _outer and _t <= _end | summarize by _id, ${a.dims}_t;
    let O = ${spread('E', a.dims)} | summarize _o = count_distinct(_id) by _b${a.andDims};
    let I = E | where _t >= _start | summarize _i = count_distinct(_id) by _b = bin_at(_t, _step, _start)${a.andDims};
    I | join kind=inner O on ${on(['_b', ...a.dimensions])}
    | project _b, ${given ? a.dims : ''}_i, _o, _ratio = todouble(_i) / _o | sort by _b asc`;
  return written(a, text, { ...values, _step: value(call, at), _outer: value(call, at + 1) });
};

/** `activity_metrics(Id, Timeline, [Start, End,] Window, dims…)`: each step beside the one before. */
export const activityMetrics: PluginBinder = (call) => {
  const given = call.args.length > 3;
  const a = analysis(call, ids(call), dimensionArguments(call, call.args.slice(given ? 5 : 3)));
  const { lets, values } = span(call, given);
  const steps = stepsArgument(call, call.args[given ? 4 : 2]);
  const text = `${lets} let E = T | where _t >= _start and _t <= _end | summarize by _id, ${a.dims}_b = ${steps.start('_t')};
    let C = E | summarize _n = count() by _b${a.andDims};
    let B = E | project _id, ${a.dims}_before = _b;
    let R = E | extend _before = ${steps.before('_b')} | join kind=inner B on ${on(['_id', '_before', ...a.dimensions])}
      | summarize _kept = count() by _b${a.andDims};
    let L = C | project _before = _b, ${a.dims}_last = _n;
    C | join kind=leftouter R on ${on(['_b', ...a.dimensions])} | extend _before = ${steps.before('_b')}
    | join kind=leftouter L on ${on(['_before', ...a.dimensions])}
    | extend _kept = coalesce(_kept, 0)
    | extend _retention = todouble(_kept) / todouble(coalesce(_last, 0))
    | project _b, ${a.dims}_n, _new = _n - _kept, _retention, _churn = 1.0 - _retention | sort by _b asc`;
  return written(a, text, { ...values, ...step(steps.value) });
};

/**
 * `new_activity_metrics(Id, Timeline, Start, End, Window [, Cohort] [, dims…] [, Lookback])`: what became of the ids first seen in each
 * step, step by step to the end. Ids of the look-back table are not new.
 */
export const newActivityMetrics: PluginBinder = (call) => {
  const rest = call.args.slice(5);
  const isColumn = (n: SyntaxNode): boolean => n.ReferencedSymbol?.Kind === SymbolKind.column;
  const isTable = (n: SyntaxNode): boolean => n.ResultType?.Kind === SymbolKind.table;
  const lookback = rest.at(-1) && isTable(rest.at(-1)!) ? rest.pop() : undefined;
  const cohort = rest[0] && !isColumn(rest[0]) ? rest.shift() : undefined;
  const a = analysis(call, ids(call), dimensionArguments(call, rest));
  const steps = stepsArgument(call, call.args[4]);
  if (!steps.value)
    return call.b.fail('UnsupportedExpression', 'new_activity_metrics() takes a step for its window here', call.call);
  const others: Record<string, Rel> = lookback ? { Before: lookbackTable(call, lookback) } : {};
  const old = lookback ? '| join kind=leftanti Before on _id' : '';
  const text = `let E = T | where _t >= _start and _t <= _end | summarize by _id, ${a.dims}_b = ${steps.start('_t')};
    let F = E | summarize _f = min(_b) by _id${a.andDims} ${old};
    let S = F | summarize _size = count() by _f${a.andDims};
    let M = E | join kind=inner F on ${on(['_id', ...a.dimensions])} | project _id, ${a.dims}_b, _f;
    let Kept = M | summarize _kept = count() by _f, ${a.dims}_b;
    let New = M | summarize _first = count() by _f, ${a.dims}_b;
    let W = range _k from 0 to tolong((_end - _start) / _step) step 1 | extend _one = 1;
    let G = S ${cohort ? '| where _f == _cohort' : ''} | extend _one = 1 | join kind=inner W on _one
      | project _f, ${a.dims}_size, _b = _f + _k * _step | where _b <= _end;
    let Later = G | project _f, ${a.dims}_b
      | join kind=inner (New | project _from = _f, ${a.dims}_b, _first) on ${on([...a.dimensions, '_b'])}
      | where iff(_b == _f, _from >= _f, _from > _f) | summarize _new = sum(_first) by _f, ${a.dims}_b;
    G | join kind=leftouter Kept on ${on(['_f', ...a.dimensions, '_b'])} | extend _kept = coalesce(_kept, 0)
    | project _f, _b, ${a.dims}_size, _kept
    | join kind=leftouter Later on ${on(['_f', ...a.dimensions, '_b'])} | extend _new = coalesce(_new, 0)
    | project _f, _b, ${a.dims}_new, _kept, _churn = _size - _kept, _r = todouble(_kept) / _size, _c = todouble(_size - _kept) / _size
    | sort by _f asc, _b asc`;
  const values = { _start: value(call, 2), _end: value(call, 3), _step: steps.value };
  const more = cohort ? { _cohort: valueArgument(call, cohort) } : {};
  return written(a, text, { ...values, ...more }, others);
};
/** The ids of the look-back table: its column of the id's name, or its only one. */
function lookbackTable(call: PluginCall, node: SyntaxNode): Rel {
  const { b } = call;
  const rel = b.rel(node, call.env);
  const id = columnArgument(call, call.args[0]);
  const visible = rel.fields.filter((f) => !f.name.startsWith('$$'));
  const field = visible.find((f) => f.name === id.name) ?? (visible.length === 1 ? visible[0] : undefined);
  if (!field) return b.fail('InvalidArgument', `the look-back table needs a column ${id.name}`, node);
  const expr: Expr = { kind: 'column', name: field.name, type: field.type };
  return {
    kind: 'project',
    input: { ...rel, order: [] },
    items: [{ name: '_id', expr }],
    fields: [{ name: '_id', type: field.type }],
    order: [],
  };
}

/** `session_count(Id, Timeline, Start, End, Bin, LookBackWindow, dims…)`: sessions that are active in each step. */
export const sessionCount: PluginBinder = (call) => {
  const a = analysis(call, ids(call), dimensionArguments(call, call.args.slice(6)));
  const other = ['_id', ...a.dimensions].map((c) => `${c} != prev(${c})`).join(' or ');
  const text = `T | where _t > _start - _lookback and _t <= _end
    | sort by _id asc, ${a.dimensions.map((d) => `${d} asc, `).join('')}_t asc
    | extend _begins = iff(row_number() == 1 or ${other} or _t - prev(_t) > _lookback, 1, 0)
    | extend _session = row_cumsum(_begins)
    | where _t >= _start
    | summarize _n = count_distinct(_session) by _b = bin_at(_t, _step, _start)${a.andDims}
    | project _b, ${a.dims}_n | sort by _b asc`;
  const [_start, _end, _step, _lookback] = [2, 3, 4, 5].map((i) => value(call, i));
  return written(a, text, { _start: _start!, _end: _end!, _step: _step!, _lookback: _lookback! });
};

/** `sliding_window_counts(Id, Timeline, Start, End, LookbackWindow, Bin, dims…)`. */
export const slidingWindowCounts: PluginBinder = (call) => {
  const a = analysis(call, ids(call), dimensionArguments(call, call.args.slice(6)));
  const text = `${offsets('_lookback')} let E = T | where _t > _start - _lookback and _t <= _end;
    ${spread('E', a.dims)}
    | summarize _n = count(), _d = count_distinct(_id) by _b${a.andDims} | project _b, ${a.dims}_n, _d | sort by _b asc`;
  const steps = stepsArgument(call, call.args[5]);
  if (!steps.value)
    return call.b.fail('UnsupportedExpression', 'sliding_window_counts() takes a step for its bin here', call.call);
  const values = { _start: value(call, 2), _end: value(call, 3), _lookback: value(call, 4), _step: steps.value };
  return written(a, text, values);
};

/** `rolling_percentile(Value, Percentile, Index, BinSize, BinsPerWindow, dims…)`: one row for each step that holds a value. */
export const rollingPercentile: PluginBinder = (call) => {
  const columns = { _id: columnArgument(call, call.args[0]), _t: columnArgument(call, call.args[2]) };
  const a = analysis(call, columns, dimensionArguments(call, call.args.slice(5)));
  const bins = numberArgument(call, call.args[4], [1, 100_000]) ?? 1;
  const text = `let E = T | extend _b = bin(_t, _step);
    let Own = E | summarize by _b${a.andDims};
    let W = range _k from 0 to ${bins - 1} step 1 | extend _one = 1;
    E | extend _one = 1 | join kind=inner W on _one | project _id, ${a.dims}_b = _b + _k * _step
    | join kind=leftsemi Own on ${on(['_b', ...a.dimensions])}
    | summarize _p = percentile(_id, _percentile) by _b${a.andDims} | project _b, ${a.dims}_p | sort by ${a.dims}_b asc`;
  return written(a, text, { _percentile: value(call, 1), _step: value(call, 3) });
};
