import {
  fillText,
  itemsOf,
  textValue,
  type ParameterDefinition,
  type ParameterValue,
  type WorkbookDocument,
  type WorkbookItem,
} from '@sallyport/contracts';
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useMemo, useState } from 'react';
import {
  evaluateParameters,
  type Choice,
  type Choices,
  type OptionsRequest,
  type ParameterState,
} from './parameters.ts';
import { partQuery, type Asked } from './queries.ts';

export interface WorkbookState {
  readonly states: readonly ParameterState[];
  readonly values: ReadonlyMap<string, ParameterValue>;
  /** The present, as all relative times of the workbook mean it; renewed by `refresh`. */
  readonly now: Date;
  /** What its queries ask, and how often they were asked anew. */
  readonly asked: Asked;
  readonly choose: (name: string, choice: Choice | undefined) => void;
  /** Gives texts of a selected row to parameters. */
  readonly exportRow: (texts: Readonly<Record<string, string>>) => void;
  readonly fill: (text: string) => string;
}

const Context = createContext<WorkbookState | undefined>(undefined);
export const WorkbookProvider = Context.Provider;
export function useWorkbookState(): WorkbookState {
  const state = useContext(Context);
  if (!state) throw new Error('outside of a workbook');
  return state;
}

const definitionsOf = (items: readonly WorkbookItem[]): ParameterDefinition[] => {
  const found: ParameterDefinition[] = [];
  for (const item of itemsOf(items)) if (item.type === 9) found.push(...item.content.parameters);
  return found;
};

/** What parameters hold before a row is selected, as the queries that export them say. */
function exportDefaults(items: readonly WorkbookItem[]): Map<string, ParameterValue> {
  const defaults = new Map<string, ParameterValue>();
  for (const item of itemsOf(items)) {
    if (item.type === 3) {
      const { exportParameterName, exportDefaultValue, exportedParameters } = item.content;
      if (exportParameterName) defaults.set(exportParameterName, textValue(exportDefaultValue ?? '', true));
      for (const one of exportedParameters ?? [])
        defaults.set(one.parameterName, textValue(one.defaultValue ?? '', true));
    }
    // Tabs: the first is chosen.
    if (item.type === 11 && item.content.style === 'tabs') {
      const [first] = item.content.links;
      const chosen = item.content.links.find(({ preselected }) => preselected) ?? first;
      for (const link of item.content.links)
        if (link.linkTarget === 'parameter' && link.cellValue)
          defaults.set(link.cellValue, textValue(chosen?.subTarget ?? '', true));
    }
  }
  return defaults;
}

/** A workbook at work: its parameters, and what is chosen of them. `choices` and `workspace` are the address's. */
export function useWorkbook(
  given: {
    readonly document: WorkbookDocument;
    readonly workspaceName: string;
    readonly workspace: string | undefined;
  },
  choices: Choices,
  onChoose: (choices: Choices) => void,
): { readonly state: WorkbookState; readonly refresh: () => void } {
  const { document, workspaceName, workspace } = given;
  const queries = useQueryClient();
  const [{ now, round }, setRound] = useState(() => ({ now: new Date(), round: 0 }));
  const [exported, setExported] = useState<ReadonlyMap<string, ParameterValue>>(new Map());
  const definitions = useMemo(() => definitionsOf(document.items), [document]);
  const defaults = useMemo(() => exportDefaults(document.items), [document]);
  const asked = { workspace, round };
  const requests: OptionsRequest[] = [];
  const rows = new Map([...defaults, ...exported]);
  const { states, values } = evaluateParameters(
    definitions,
    choices,
    rows,
    { now, workspace: workspaceName },
    (request) => {
      requests.push(request);
      const { queryKey } = partQuery(request.query, request.timespan, asked);
      const known = queries.getQueryState(queryKey);
      return { data: queries.getQueryData(queryKey), error: known?.error ?? undefined };
    },
  );
  // Each parameter's options are asked for as soon as those before it are known; an answer renders this anew.
  useQueries({ queries: requests.map(({ query, timespan }) => partQuery(query, timespan, asked)) });
  const state: WorkbookState = {
    states,
    values,
    now,
    asked,
    choose: (name, choice) => {
      const { [name]: _, ...rest } = choices;
      onChoose(choice === undefined ? rest : { ...rest, [name]: choice });
    },
    exportRow: (texts) =>
      setExported(
        (before) =>
          new Map([...before, ...Object.entries(texts).map(([name, text]) => [name, textValue(text)] as const)]),
      ),
    fill: (text) => fillText(text, values),
  };
  return { state, refresh: () => setRound((before) => ({ now: new Date(), round: before.round + 1 })) };
}
