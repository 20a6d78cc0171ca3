import { criteriaValue } from './criteria.ts';
import {
  dropDownValue,
  fillQuery,
  staticOptions,
  textValue,
  timeValue,
  UnsafeParameter,
  type ParameterValue,
} from './parameters.ts';
import { resourceOptions } from './resources.ts';
import { itemsOf, TimeContext, type ParameterDefinition, type WorkbookDocument } from './schema.ts';

const [TEXT, TIME] = [1, 4];
/** Microsoft's numbers of logs and of written JSON among the kinds of queries. */
const [LOGS, JSON_ROWS] = [0, 8];

/** What a parameter whose options only data knows may be. */
const anything: ParameterValue & { readonly kind: 'text' } = {
  kind: 'text',
  values: ['*'],
  labels: ['All'],
  multi: true,
  quote: "'",
  delimiter: ',',
  trusted: true,
};

export interface WorkbookCheck {
  /** KQL of its parts and parameters, filled with what the parameters are before anybody chose. */
  readonly queries: readonly { readonly place: string; readonly query: string }[];
  /** Parts, those in groups too. */
  readonly parts: number;
  /** Parts that are not drawn, and why. */
  readonly notDrawn: readonly { readonly place: string; readonly reason: string }[];
}

/** What of a workbook is drawn, and what it asks: for checks, where no data is. */
export function checkWorkbook({ items }: WorkbookDocument, now: Date, workspace = 'main'): WorkbookCheck {
  const values = new Map<string, ParameterValue>();
  const queries: { place: string; query: string }[] = [];
  const notDrawn: { place: string; reason: string }[] = [];
  const all = [...itemsOf(items)];
  const ask = (place: string, query: string): void => {
    try {
      queries.push({ place, query: fillQuery(query, values) });
    } catch (error) {
      if (!(error instanceof UnsafeParameter)) throw error;
      notDrawn.push({ place, reason: error.message });
    }
  };
  for (const item of all) {
    if (item.type === 3) {
      const { exportParameterName, exportDefaultValue, exportedParameters } = item.content;
      if (exportParameterName) values.set(exportParameterName, textValue(exportDefaultValue ?? '', true));
      for (const one of exportedParameters ?? [])
        values.set(one.parameterName, textValue(one.defaultValue ?? '', true));
    }
    if (item.type === 11)
      for (const { linkTarget, cellValue, subTarget } of item.content.links)
        if (linkTarget === 'parameter' && cellValue && !values.has(cellValue))
          values.set(cellValue, textValue(subTarget ?? '', true));
  }
  for (const [n, item] of all.entries()) {
    const place = item.name ?? `part ${n + 1}`;
    if (item.type === 0) notDrawn.push({ place, reason: item.content.reason });
    if (item.type === 10) notDrawn.push({ place, reason: 'it shows metrics of Azure' });
    if (item.type === 9)
      for (const definition of item.content.parameters) {
        const asksLogs = (definition.queryType ?? LOGS) === LOGS && !definition.jsonData;
        if (definition.query?.trim() && asksLogs) ask(`${place}: ${definition.name}`, definition.query);
        values.set(definition.name, valueOf(definition, values, now, workspace));
      }
    if (item.type !== 3) continue;
    const { queryType, query } = item.content;
    if (queryType === LOGS && query.trim() !== '') ask(place, query);
    else if (queryType !== LOGS && queryType !== JSON_ROWS)
      notDrawn.push({ place, reason: `it asks a service that is not here (query of type ${queryType})` });
  }
  return { queries, parts: all.length, notDrawn };
}

function valueOf(
  definition: ParameterDefinition,
  values: ReadonlyMap<string, ParameterValue>,
  now: Date,
  workspace: string,
): ParameterValue {
  if (definition.type === TIME) return timeValue(TimeContext.safeParse(definition.value).data ?? {}, now);
  const options = resourceOptions(definition, workspace) ?? staticOptions(definition.jsonData);
  if (options.length > 0)
    return dropDownValue({ ...definition, isRequired: false }, options, undefined, true) ?? anything;
  const decided = criteriaValue(definition, values);
  if (decided) return decided;
  if (definition.type === TEXT && !definition.query?.trim())
    return textValue(typeof definition.value === 'string' ? definition.value : '', true);
  return { ...anything, quote: definition.quote ?? "'", multi: definition.multiSelect === true };
}
