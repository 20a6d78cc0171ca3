import { conditionOf } from './condition.ts';
import { clauseOf, type Placeholders, type Plain } from './modifiers.ts';
import { all, any, SigmaError, type Aggregation, type Clause } from './types.ts';
import { scalarOf, textOf, type Place, type Source } from './yaml.ts';

/** Detections of a rule, and values of one. */
const valuesMax = 50_000;
/** Maps and lists in each other. */
const depthMax = 20;

export interface Detection {
  readonly clause: Clause;
  readonly aggregation?: Aggregation;
  readonly timeframe: string | undefined;
  readonly timeframeLine: number;
}

/** A value with the document that it stands in. */
export interface Placed {
  readonly source: Source;
  readonly value: Place;
}

/**
 * What a rule looks for, in one mapping or in several that lie over each other, the last of which has the last word. `ignored`: keys beside the
 * detections, of a filter.
 */
export function detectionOf(
  layers: readonly Placed[],
  placeholders: Placeholders,
  ignored: ReadonlySet<string> = new Set(),
): Detection {
  const detections = new Map<string, Clause>();
  let said: Placed | undefined;
  let timeframe: string | undefined;
  let timeframeLine = 1;
  for (const { source, value: place } of layers)
    for (const { key, value, line } of source.entries(place, 'detection')) {
      if (ignored.has(key)) continue;
      if (key === 'condition') said = { source, value };
      else if (key === 'timeframe') [timeframe, timeframeLine] = [textOf(value, 'timeframe'), line];
      else detections.set(key, searchOf(source, value, key, placeholders, 0));
    }
  if (said === undefined) throw new SigmaError(layers.at(-1)?.value.line ?? 1, 'detection has no `condition`');
  const { source, value: condition } = said;
  // A list of conditions is as many rules in one: each may hold.
  const conditions = source.items(condition).map((one) => conditionOf(textOf(one, 'condition'), one.line, detections));
  if (conditions.length === 0) throw new SigmaError(condition.line, '`condition` is empty');
  const aggregations = conditions.flatMap(({ aggregation }) => aggregation ?? []);
  if (aggregations.length > 0 && conditions.length > 1)
    throw new SigmaError(condition.line, 'several conditions of which one counts: write rules of their own');
  return {
    clause: any(conditions.map(({ clause }) => clause)),
    ...(aggregations[0] ? { aggregation: aggregations[0] } : {}),
    timeframe,
    timeframeLine,
  };
}

/** A map holds when all of its entries do, a list when one of its items does; a text is looked for in the whole event. */
function searchOf(source: Source, place: Place, name: string, placeholders: Placeholders, depth: number): Clause {
  if (depth > depthMax) throw new SigmaError(place.line, `detection \`${name}\`: more than ${depthMax} levels`);
  if (source.isMapping(place)) {
    const entries = source.entries(place, `detection \`${name}\``);
    if (entries.length === 0) throw new SigmaError(place.line, `detection \`${name}\` is empty`);
    return all(entries.map(({ key, line, value }) => clauseOf(key, line, valuesOf(source, value, key), placeholders)));
  }
  if (source.isList(place)) {
    const items = source.items(place);
    if (items.length === 0) throw new SigmaError(place.line, `detection \`${name}\` is empty`);
    if (items.length > valuesMax)
      throw new SigmaError(place.line, `detection \`${name}\`: more than ${valuesMax} values`);
    return any(items.map((item) => searchOf(source, item, name, placeholders, depth + 1)));
  }
  const value = valueOf(place, `detection \`${name}\``);
  if (value === null) throw new SigmaError(place.line, `detection \`${name}\` is empty`);
  return clauseOf('', place.line, [{ value, line: place.line }], placeholders);
}

function valuesOf(source: Source, place: Place, key: string): readonly { value: Plain; line: number }[] {
  if (!source.isList(place)) return [{ value: valueOf(place, `\`${key}\``), line: place.line }];
  const items = source.items(place);
  if (items.length > valuesMax) throw new SigmaError(place.line, `\`${key}\` has more than ${valuesMax} values`);
  return items.map((item) => ({ value: valueOf(item, `a value of \`${key}\``), line: item.line }));
}

/** A number that is not written as we would write it (`0x1410`, `007`) is the text that stands there. */
function valueOf(place: Place, what: string): Plain {
  const value = scalarOf(place, what);
  if (typeof value !== 'number') return value;
  const written = textOf(place, what);
  return written === String(value) ? value : written;
}
