import { kindOf, child, type SyntaxNode } from '../../bind/kusto.ts';
import type { ResultTable } from '../../bind/statements.ts';
import { literal, type Expr, type Rel } from '../../plan/plan.ts';
import { analysis, dimensionArguments, written, type Analysis } from './analytics.ts';
import { arrayArgument, columnArgument, valueArgument } from './arguments.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';

/** Plugins about one thing after another: sequence_detect, funnel_sequence, funnel_sequence_completion. */

const maxSteps = 50;
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const inner = (node: SyntaxNode): SyntaxNode =>
  kindOf(node) === 'SimpleNamedExpression' ? child(node, 'Expression') : node;

/**
 * `sequence_detect(Timeline, MaxSequenceStepWindow, MaxSequenceSpan, Expr1, Expr2, …, Dim1, …)`: every way to pick one row for each
 * expression, in the order of time, near enough to each other, with the same dimensions.
 */
export const sequenceDetect: PluginBinder = (call) => {
  const { b, env, input, args } = call;
  const time = columnArgument(call, args[0]);
  const rest = args.slice(3);
  const place = { env, input };
  const bool = (n: SyntaxNode): boolean => inner(n).ResultType?.Name === 'bool';
  const end = rest.findIndex((n, i) => i > 0 && !bool(n));
  const steps = end < 0 ? rest : rest.slice(0, end);
  if (steps.length > maxSteps) return b.fail('TooComplex', `more than ${maxSteps} steps`, call.call);
  const conditions = steps.map((n, i) => [`e${i}`, b.cast(b.expr(inner(n), place), 'bool', n)] as const);
  const dimensions = dimensionArguments(call, end < 0 ? [] : rest.slice(end).map(inner));
  const a = analysis(call, { _t: time, ...Object.fromEntries<Expr>(conditions) }, dimensions);
  const on = a.dimensions.join(', ') || '_one';
  const one = a.dimensions.length ? '' : '| extend _one = 1';
  const event = (i: number): string => `(T | where e${i} | summarize by ${a.dims}t${i} = _t ${one})`;
  const chain = times(steps.length - 1, (i) => {
    const next = i + 1;
    return `| join kind=inner ${event(next)} on ${on}
      | where t${next} > t${i} and t${next} - t${i} <= _step and t${next} - t0 <= _span
      | project ${a.dims}${a.dimensions.length ? '' : '_one, '}${times(next + 1, (k) => `t${k}`).join(', ')}`;
  });
  const found = times(steps.length, (i) => `t${i}`).join(', ');
  const text = `${event(0)} ${chain.join('\n')} | project ${a.dims}${found}, _d = t${steps.length - 1} - t0`;
  return written(a, text, { _step: valueArgument(call, args[1]), _span: valueArgument(call, args[2]) });
};

interface Funnel {
  readonly a: Analysis;
  readonly states: readonly string[];
  readonly values: Readonly<Record<string, Expr>>;
}
const ofEvents = 'let E = T | where _t >= _start and _t <= _end;';

function funnel(call: PluginCall, at: { step: number; state: number; sequence: number }): Funnel {
  const { args, b } = call;
  const states = (arrayArgument(call, args[at.sequence]) ?? []).map((s) =>
    typeof s === 'string' ? s : JSON.stringify(s),
  );
  if (states.length === 0 || states.length > maxSteps)
    return b.fail('InvalidArgument', `${call.name}() needs a sequence of 1 to ${maxSteps} states`, call.call);
  const state = columnArgument(call, args[at.state]);
  const columns = {
    _id: columnArgument(call, args[0]),
    _t: columnArgument(call, args[1]),
    _s: b.cast({ kind: 'column', name: state.name, type: state.type }, 'string', call.call),
  };
  const values: Record<string, Expr> = {
    _start: valueArgument(call, args[2]),
    _end: valueArgument(call, args[3]),
    _step: valueArgument(call, args[at.step]),
  };
  states.forEach((s, i) => (values[`s${i}`] = literal('string', s)));
  return { a: analysis(call, columns, []), states, values };
}

/**
 * `funnel_sequence(Id, Timeline, Start, End, MaxSequenceStepWindow, Step, State, Sequence)`: three tables, of who went through the
 * sequence with the states before and after, before, and after. States that repeat themselves count once.
 */
export function funnelSequenceTables(call: PluginCall): ResultTable[] {
  const { a, states, values } = funnel(call, { step: 5, state: 6, sequence: 7 });
  const last = states.length - 1;
  const follows = times(last, (i) => {
    const n = i + 1;
    const before = i === 0 ? '_t' : `next(_t, ${i})`;
    return `next(_id, ${n}) == _id and next(_s, ${n}) == s${n} and next(_t, ${n}) - ${before} <= _window`;
  });
  const end = last === 0 ? '_t' : `next(_t, ${last})`;
  const after = states.length;
  const text = `${ofEvents} let S = E | sort by _id asc, _t asc
    | extend _again = prev(_id) == _id and prev(_s) == _s | where isnull(_again) or not(_again)
    | extend _match = _s == s0${follows.map((f) => ` and ${f}`).join('')},
        _prev = iff(prev(_id) == _id and _t - prev(_t) <= _window, prev(_s), ''),
        _next = iff(next(_id, ${after}) == _id and next(_t, ${after}) - ${end} <= _window, next(_s, ${after}), '')
    | where _match | project _b = bin_at(_t, _step, _start), _prev, _next, _id;
    S | summarize dcount = count_distinct(_id), samples = make_set(_id, 128) by `;
  const { b } = call;
  const time = columnArgument(call, call.args[1]).name;
  const all = { ...values, _window: valueArgument(call, call.args[4]) };
  const rel = (keys: string, renames: Readonly<Record<string, string>>): Rel => {
    const made = b.written(text + keys, new Map([['T', a.table]]), new Map(Object.entries(all)), call.call);
    return renamed(made, { _b: time, ...renames });
  };
  return [
    { name: '', rel: rel('_b, _prev, _next', { _prev: 'prev', _next: 'next' }) },
    { name: '', rel: rel('_b, _prev', { _prev: 'prev' }) },
    { name: '', rel: rel('_b, _next', { _next: 'next' }) },
  ];
}
function renamed(rel: Rel, names: Readonly<Record<string, string>>): Rel {
  const items = rel.fields
    .filter((f) => !f.name.startsWith('$$'))
    .map((f) => ({
      name: names[f.name] ?? f.name,
      expr: { kind: 'column', name: f.name, type: f.type } as const,
    }));
  return {
    kind: 'project',
    input: { ...rel, order: [] },
    items,
    fields: items.map((i) => ({ name: i.name, type: i.expr.type })),
    order: [],
  };
}
/** Inside a query, the first of the three tables. */
export const funnelSequence: PluginBinder = (call) => funnelSequenceTables(call)[0]!.rel;

/**
 * `funnel_sequence_completion(Id, Timeline, Start, End, Step, State, Sequence, MaxSequenceStepWindows)`: for each window, how many ids
 * got as far as each state with no more than the window between two states.
 */
export const funnelSequenceCompletion: PluginBinder = (call) => {
  const { a, states, values } = funnel(call, { step: 4, state: 5, sequence: 6 });
  const { b, args } = call;
  const windows = arrayArgument(call, args[7]) ?? [];
  if (windows.length === 0 || windows.length > maxSteps)
    return b.fail('InvalidArgument', `${call.name}() needs 1 to ${maxSteps} windows`, call.call);
  const all: Record<string, Expr> = { ...values };
  const parts = windows.map((w, j) => {
    // Timespans stand in a dynamic as ticks, or as text.
    all[`w${j}`] =
      typeof w === 'number' && Number.isSafeInteger(w)
        ? literal('timespan', BigInt(w))
        : b.cast(literal('string', String(w)), 'timespan', call.call);
    const reach = (i: number): string => `R${j}_${i}`;
    const lets = states.map((_, i) =>
      i === 0
        ? `let ${reach(0)} = E | where _s == s0 | summarize by _id, _b = bin_at(_t, _step, _start), _t;`
        : `let ${reach(i)} = ${reach(i - 1)} | join kind=inner (E | where _s == s${i} | project _id, _n = _t) on _id
           | where _n >= _t and _n - _t <= w${j} | summarize by _id, _b, _t = _n;`,
    );
    const counts = states.map(
      (_, i) =>
        `(${reach(i)} | summarize _c = count_distinct(_id) by _b | extend _o = ${j * states.length + i}, _s = s${i}, _w = w${j})`,
    );
    return { lets: lets.join('\n'), counts };
  });
  const text = `${ofEvents} ${parts.map((p) => p.lets).join('\n')}
    union ${parts.flatMap((p) => p.counts).join(',\n')} | sort by _b asc, _o asc | project _b, _s, _w, _c`;
  return written(a, text, all);
};
