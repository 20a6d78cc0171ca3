import {
  criteriaValue,
  dropDownValue,
  fillQuery,
  parametersIn,
  resourceOptions,
  rowOptions,
  staticOptions,
  textValue,
  timeValue,
  UnsafeParameter,
  type ParameterDefinition,
  type ParameterOption,
  type ParameterValue,
  type QueryResult,
  type TimeContext,
  type Timespan,
} from '@sallyport/contracts';
import { z } from 'zod';

/** What a person chose: texts of a drop down or a field, or a time. */
export const Choice = z.union([
  z.array(z.string().max(2_000)).max(2_000),
  z.object({
    durationMs: z
      .number()
      .positive()
      .max(10 * 366 * 86_400_000),
  }),
  z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
]);
export type Choice = z.infer<typeof Choice>;
export type Choices = Readonly<Record<string, Choice>>;

/** What the address says was chosen; what can't be read is nothing. */
export function choicesOf(address: string | undefined): Choices {
  if (address === undefined) return {};
  try {
    return z.record(z.string().max(200), Choice).parse(JSON.parse(address));
  } catch {
    return {};
  }
}

/** A parameter as it stands: its value, or why it has none yet. */
export interface ParameterState {
  readonly definition: ParameterDefinition;
  readonly options: readonly ParameterOption[];
  readonly value: ParameterValue | undefined;
  /** Its options are still asked for. */
  readonly pending: boolean;
  /** Why its options could not be asked for. */
  readonly error: unknown;
}

export interface OptionsRequest {
  readonly query: string;
  readonly timespan: Timespan | undefined;
}

type Answer = { readonly data: QueryResult | undefined; readonly error: unknown };

const [TEXT, DROPDOWN, TIME, OPTIONS] = [1, 2, 4, 10];

interface Place {
  readonly now: Date;
  /** Name of the workspace. */
  readonly workspace: string;
}

/**
 * Works out all parameters in their order: each may use those before it. `asked` answers for the options of a parameter; what it is asked for is what must be fetched. `exported` are texts
 * that selected rows gave.
 */
export function evaluateParameters(
  definitions: readonly ParameterDefinition[],
  choices: Choices,
  exported: ReadonlyMap<string, ParameterValue>,
  place: Place,
  asked: (request: OptionsRequest) => Answer,
): { readonly states: readonly ParameterState[]; readonly values: ReadonlyMap<string, ParameterValue> } {
  const values = new Map<string, ParameterValue>(exported);
  const states: ParameterState[] = [];
  for (const definition of definitions) {
    const state = evaluate(definition, choices[definition.name], values, states, place, asked);
    states.push(state);
    if (state.value) values.set(definition.name, state.value);
  }
  return { states, values };
}

function evaluate(
  definition: ParameterDefinition,
  choice: Choice | undefined,
  values: ReadonlyMap<string, ParameterValue>,
  before: readonly ParameterState[],
  { now, workspace }: Place,
  asked: (request: OptionsRequest) => Answer,
): ParameterState {
  const plain = { definition, options: [], pending: false, error: undefined };
  const texts = Array.isArray(choice) ? choice : undefined;
  if (definition.type === TIME) return { ...plain, value: timeOf(definition, choice, now) };
  const resources = resourceOptions(definition, workspace);
  if (resources) {
    // Whatever the workbook’s author chose is elsewhere.
    const own = {
      ...definition,
      value: undefined,
      isRequired: definition.isRequired === true && resources.length === 0,
    };
    return { ...plain, options: resources, value: dropDownValue(own, resources, texts, true) };
  }
  const decided = criteriaValue(definition, values);
  if (decided) return { ...plain, value: decided };
  const isList = definition.type === DROPDOWN || definition.type === OPTIONS;
  if (!isList) {
    const own = definition.value;
    if (texts) return { ...plain, value: textValue(texts[0] ?? '') };
    const fromQuery = definition.query ? optionsOf(definition, values, before, now, asked) : undefined;
    if (definition.type === TEXT && fromQuery) {
      const [first] = fromQuery.options;
      return { ...plain, ...fromQuery, value: fromQuery.pending ? undefined : textValue(first?.value ?? '') };
    }
    const text = typeof own === 'string' || typeof own === 'number' ? String(own) : '';
    return { ...plain, value: textValue(text, true) };
  }
  const written = staticOptions(definition.jsonData);
  if (!definition.query?.trim() || definition.jsonData) {
    return { ...plain, options: written, value: dropDownValue(definition, written, texts, true) };
  }
  const { options, pending, error } = optionsOf(definition, values, before, now, asked);
  return {
    definition,
    options,
    pending,
    error,
    value: pending ? undefined : dropDownValue(definition, options, texts, false),
  };
}

function optionsOf(
  definition: ParameterDefinition,
  values: ReadonlyMap<string, ParameterValue>,
  before: readonly ParameterState[],
  now: Date,
  asked: (request: OptionsRequest) => Answer,
): { readonly options: readonly ParameterOption[]; readonly pending: boolean; readonly error: unknown } {
  const query = definition.query ?? '';
  const waits = parametersIn(query).some((name) =>
    before.some((state) => state.definition.name === name && state.pending),
  );
  if (waits) return { options: [], pending: true, error: undefined };
  try {
    const timespan = timespanOf(definition.timeContextFromParameter, definition.timeContext, values, now);
    const { data, error } = asked({ query: fillQuery(query, values), timespan });
    const options = data
      ? rowOptions(
          data.columns.map(({ name }) => name),
          data.rows,
        )
      : [];
    return { options, pending: data === undefined && !error, error: error ?? undefined };
  } catch (error) {
    if (error instanceof UnsafeParameter) return { options: [], pending: false, error };
    throw error;
  }
}

function timeOf(definition: ParameterDefinition, choice: Choice | undefined, now: Date): ParameterValue {
  if (choice && !Array.isArray(choice)) {
    if ('durationMs' in choice) return timeValue(choice, now);
    const [from, to] = [new Date(choice.from), new Date(choice.to)];
    if (from < to) return { kind: 'time', from, to, label: `${choice.from} to ${choice.to}` };
  }
  const own = TimeOwn.safeParse(definition.value);
  return timeValue(own.data ?? definition.typeSettings?.selectableValues?.[0] ?? {}, now);
}
const TimeOwn = z.looseObject({ durationMs: z.number().positive(), endTime: z.string().nullish() });

/** The time of a query: of the parameter it names, or its own; undefined is all time. */
export function timespanOf(
  parameter: string | null | undefined,
  context: TimeContext | null | undefined,
  values: ReadonlyMap<string, ParameterValue>,
  now: Date,
): Timespan | undefined {
  const named = parameter ? values.get(parameter) : undefined;
  const time = named?.kind === 'time' ? named : context?.durationMs ? timeValue(context, now) : undefined;
  if (time?.kind !== 'time') return undefined;
  return { from: time.from.toISOString(), to: time.to.toISOString() };
}
