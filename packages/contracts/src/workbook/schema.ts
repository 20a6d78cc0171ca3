import { z } from 'zod';

/**
 * A workbook as Azure Monitor and Microsoft Sentinel write it (`Notebook/1.0`).
 * Source: https://github.com/microsoft/Application-Insights-Workbooks (schema/workbook.json, Documentation).
 */
const text = z.string().nullish();
const named = z.looseObject({});

export const WorkbookCondition = z.looseObject({
  parameterName: z.string(),
  comparison: z.string().default('isEqualTo'),
  value: z.union([z.string(), z.number(), z.boolean()]).nullish(),
});
export type WorkbookCondition = z.infer<typeof WorkbookCondition>;

export const TimeContext = z.looseObject({
  durationMs: z.number().nonnegative().optional(),
  createdTime: text,
  endTime: text,
});
export type TimeContext = z.infer<typeof TimeContext>;

/** How one column, or one part of a tile or node, is drawn. `formatter` is Microsoft's number: see `formatterKinds`. */
export const Formatter = z.looseObject({
  columnMatch: text,
  formatter: z.number().optional(),
  formatOptions: named.nullish(),
  numberFormat: z.looseObject({ unit: z.number().optional(), options: named.nullish() }).nullish(),
  dateFormat: named.nullish(),
  tooltipFormat: named.nullish(),
});
export type Formatter = z.infer<typeof Formatter>;

const SortBy = z.looseObject({ itemKey: z.string(), sortOrder: z.number().default(1) });

export const GridSettings = z.looseObject({
  formatters: z.array(Formatter).nullish(),
  rowLimit: z.number().int().positive().nullish(),
  filter: z.boolean().nullish(),
  sortBy: z.array(SortBy).nullish(),
  labelSettings: z.array(z.looseObject({ columnId: z.string(), label: text, comment: text })).nullish(),
  hierarchySettings: z
    .looseObject({
      /** 0: parent and child by id; 1: group by columns. */
      treeType: z.number().optional(),
      idColumn: text,
      parentColumn: text,
      expanderColumn: text,
      groupBy: z.array(z.string()).nullish(),
      finalBy: text,
      expandTopLevel: z.boolean().nullish(),
    })
    .nullish(),
});
export type GridSettings = z.infer<typeof GridSettings>;

export const TileSettings = z.looseObject({
  titleContent: Formatter.nullish(),
  subtitleContent: Formatter.nullish(),
  leftContent: Formatter.nullish(),
  rightContent: Formatter.nullish(),
  secondaryContent: Formatter.nullish(),
  showBorder: z.boolean().nullish(),
  sortCriteriaField: text,
  sortOrderField: z.number().nullish(),
  rowLimit: z.number().int().positive().nullish(),
});
export type TileSettings = z.infer<typeof TileSettings>;

export const ChartSettings = z.looseObject({
  xAxis: text,
  yAxis: z.array(z.string()).nullish(),
  group: text,
  createOtherGroup: z.number().nullish(),
  seriesLabelSettings: z.array(z.looseObject({ seriesName: text, label: text, color: text })).nullish(),
});
export type ChartSettings = z.infer<typeof ChartSettings>;

export const GraphSettings = z.looseObject({
  type: z.number().optional(),
  topContent: Formatter.nullish(),
  centerContent: Formatter.nullish(),
  bottomContent: Formatter.nullish(),
  leftContent: Formatter.nullish(),
  rightContent: Formatter.nullish(),
  nodeIdField: text,
  sourceIdField: text,
  targetIdField: text,
  nodeSize: z.number().nullish(),
});
export type GraphSettings = z.infer<typeof GraphSettings>;

export const MapSettings = z.looseObject({
  locInfo: text,
  locInfoColumn: text,
  latitude: text,
  longitude: text,
  sizeSettings: text,
  sizeAggregation: text,
  labelSettings: text,
  legendMetric: text,
});
export type MapSettings = z.infer<typeof MapSettings>;

export const StatSettings = z.looseObject({
  valueField: text,
  valueAggregation: text,
  tagText: text,
  unitName: text,
});

export const QueryContent = z.looseObject({
  query: z.string().max(100_000).default(''),
  /** 0 medium, 1 small, 2 large, 3 full, 4 tiny. */
  size: z.number().nullish(),
  title: text,
  noDataMessage: text,
  timeContext: TimeContext.nullish(),
  timeContextFromParameter: text,
  exportFieldName: text,
  exportParameterName: text,
  exportDefaultValue: text,
  exportMultipleValues: z.boolean().nullish(),
  exportedParameters: z
    .array(z.looseObject({ fieldName: text, parameterName: z.string(), defaultValue: text }))
    .nullish(),
  /** 0: logs (KQL). Others ask Azure services, which are not here; 8: JSON given in `query`. */
  queryType: z.number().default(0),
  visualization: text,
  gridSettings: GridSettings.nullish(),
  tileSettings: TileSettings.nullish(),
  chartSettings: ChartSettings.nullish(),
  graphSettings: GraphSettings.nullish(),
  mapSettings: MapSettings.nullish(),
  statSettings: StatSettings.nullish(),
  sortBy: z.array(SortBy).nullish(),
});
export type QueryContent = z.infer<typeof QueryContent>;

/** 1 text, 2 drop down, 4 time range, 5 resources, 6 subscriptions, 7 resource types, 8 locations, 10 options group. */
export const ParameterDefinition = z.looseObject({
  id: text,
  name: z.string().min(1).max(200),
  label: text,
  description: text,
  type: z.number(),
  isRequired: z.boolean().nullish(),
  isHiddenWhenLocked: z.boolean().nullish(),
  multiSelect: z.boolean().nullish(),
  quote: text,
  delimiter: text,
  query: text,
  queryType: z.number().nullish(),
  jsonData: text,
  value: z.unknown().optional(),
  /** What it is without a value, such as `value::all`. */
  defaultValue: z.unknown().optional(),
  timeContext: TimeContext.nullish(),
  timeContextFromParameter: text,
  criteriaData: z.array(named).nullish(),
  typeSettings: z
    .looseObject({
      selectableValues: z.array(TimeContext).nullish(),
      allowCustom: z.boolean().nullish(),
      additionalResourceOptions: z.array(z.string()).nullish(),
      selectAllValue: text,
      limitSelectTo: z.number().int().positive().nullish(),
      showDefault: z.boolean().nullish(),
    })
    .nullish(),
});
export type ParameterDefinition = z.infer<typeof ParameterDefinition>;

export const ParametersContent = z.looseObject({
  parameters: z.array(ParameterDefinition).max(200).default([]),
  style: text,
});

export const WorkbookLink = z.looseObject({
  id: text,
  cellValue: text,
  linkTarget: text,
  linkLabel: text,
  subTarget: text,
  preText: text,
  postText: text,
  preselected: z.boolean().nullish(),
  style: text,
});
export type WorkbookLink = z.infer<typeof WorkbookLink>;

export const LinksContent = z.looseObject({ style: text, links: z.array(WorkbookLink).max(200).default([]) });

interface Common {
  readonly name?: string | null | undefined;
  readonly customWidth?: string | null | undefined;
  readonly conditionalVisibility?: WorkbookCondition | null | undefined;
  readonly conditionalVisibilities?: readonly WorkbookCondition[] | null | undefined;
}
export type WorkbookItem = Common &
  (
    | { readonly type: 1; readonly content: z.infer<typeof TextContent> }
    | { readonly type: 3; readonly content: QueryContent }
    | { readonly type: 9; readonly content: z.infer<typeof ParametersContent> }
    | { readonly type: 10; readonly content: z.infer<typeof named> }
    | { readonly type: 11; readonly content: z.infer<typeof LinksContent> }
    | { readonly type: 12; readonly content: GroupContent }
    | { readonly type: 0; readonly content: UnknownContent }
  );
export interface GroupContent {
  readonly title?: string | null | undefined;
  readonly groupType?: string | null | undefined;
  readonly expandable?: boolean | null | undefined;
  readonly expanded?: boolean | null | undefined;
  readonly items: readonly WorkbookItem[];
}

/** A part that is not understood: the others are shown all the same. */
export interface UnknownContent {
  readonly type: unknown;
  readonly reason: string;
}

export const TextContent = z.looseObject({ json: z.string().max(200_000).default(''), style: text });

const itemsMax = 1_000;
const common = {
  name: text,
  customWidth: z.union([z.string(), z.number().transform(String)]).nullish(),
  conditionalVisibility: WorkbookCondition.nullish(),
  conditionalVisibilities: z.array(WorkbookCondition).nullish(),
};
/** Older workbooks hold the content as JSON text. */
const content = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'the content is neither an object nor JSON' });
      return z.NEVER;
    }
  }, schema);

const KnownItem: z.ZodType<WorkbookItem> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.looseObject({ ...common, type: z.literal(1), content: content(TextContent) }),
    z.looseObject({ ...common, type: z.literal(3), content: content(QueryContent) }),
    z.looseObject({ ...common, type: z.literal(9), content: content(ParametersContent) }),
    z.looseObject({ ...common, type: z.literal(10), content: content(named) }),
    z.looseObject({ ...common, type: z.literal(11), content: content(LinksContent) }),
    z.looseObject({
      ...common,
      type: z.literal(12),
      content: content(
        z.looseObject({
          title: text,
          groupType: text,
          expandable: z.boolean().nullish(),
          expanded: z.boolean().nullish(),
          items: z.array(WorkbookItem).max(itemsMax).default([]),
        }),
      ),
    }),
  ]),
) as z.ZodType<WorkbookItem>;

export const WorkbookItem: z.ZodType<WorkbookItem> = z
  .looseObject({ ...common, type: z.unknown() })
  .transform((item) => {
    const known = KnownItem.safeParse(item);
    if (known.success) return known.data;
    const [issue] = known.error.issues;
    const reason = `${issue?.path.join('.') || 'the part'}: ${issue?.message ?? 'not understood'}`;
    return { ...item, type: 0, content: { type: item.type, reason } };
  });

export const WorkbookDocument = z.looseObject({
  version: z.string().startsWith('Notebook/'),
  items: z.array(WorkbookItem).max(itemsMax),
});
export type WorkbookDocument = z.infer<typeof WorkbookDocument>;

/** Microsoft's numbers of renderers, by what they draw. An unknown one is drawn as `automatic`. */
export const formatterKinds: Readonly<Record<number, string>> = {
  0: 'automatic',
  1: 'text',
  2: 'right',
  3: 'bar',
  4: 'barUnderneath',
  5: 'hidden',
  6: 'date',
  7: 'link',
  8: 'heatmap',
  9: 'sparkLine',
  10: 'sparkBars',
  11: 'icon',
  12: 'bigNumber',
  13: 'resource',
  14: 'resourceGroup',
  15: 'subscription',
  16: 'resourceType',
  17: 'location',
  18: 'thresholds',
  21: 'sparkLine',
  22: 'compositeBar',
};

/** Thrown when a text holds no workbook. */
export class NotAWorkbook extends Error {}

const bytesMax = 5_000_000;

/**
 * Reads a workbook from its own JSON, from a resource of type `microsoft.insights/workbooks` (`serializedData`), or from an ARM template with one.
 * @throws NotAWorkbook with the place of the first fault.
 */
export function parseWorkbook(json: string): { document: WorkbookDocument; name: string | undefined } {
  if (json.length > bytesMax) throw new NotAWorkbook(`longer than ${bytesMax} characters`);
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new NotAWorkbook(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const resources = (Template.safeParse(value).data?.resources ?? [value]).flatMap(
    (one) => Resource.safeParse(one).data ?? [],
  );
  const resource = resources.find(({ type }) => /\/workbooks$/i.test(type));
  if (!resource) return { document: read(value), name: undefined };
  const { document } = parseWorkbook(resource.properties.serializedData);
  // `[…]` and `{…}` are expressions of the template, which nobody evaluates here.
  const { displayName } = resource.properties;
  return { document, name: displayName && /^[[{]/.test(displayName) ? undefined : displayName };
}

const Resource = z.looseObject({
  type: z.string(),
  properties: z.looseObject({ displayName: z.string().optional(), serializedData: z.string() }),
});
/** Solutions bring rules and more beside a workbook. */
const Template = z.object({ resources: z.array(z.unknown()) });

function read(value: unknown): WorkbookDocument {
  const parsed = WorkbookDocument.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new NotAWorkbook(`${issue?.path.join('.') || 'the workbook'}: ${issue?.message ?? 'not understood'}`);
}

/** All items, also those in groups, in their order. */
export function* itemsOf(items: readonly WorkbookItem[]): Generator<WorkbookItem> {
  for (const item of items) {
    yield item;
    if (item.type === 12) yield* itemsOf(item.content.items);
  }
}
