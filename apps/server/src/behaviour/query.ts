import type { AnomalyTemplate, Parameter, Part } from './content.ts';

/** The time that a query judges: from (included) to (excluded). */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** KQL and the texts of its parameters, for `Queries.compile` and `Queries.run`. */
export interface ParametrisedQuery {
  readonly query: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export type Values = Readonly<Record<string, number | string>>;

/** An anomaly rule: a template with values, beside others of the same template. */
export interface AnomalyRule {
  readonly template: AnomalyTemplate;
  readonly status: 'Production' | 'Flighting';
  /** Values of its parameters that differ from the defaults. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Goes up with each change. */
  readonly configVersion: number;
}

/** Rows of one anomaly rule in one run: Microsoft's own bound on anomalies of a type. */
export const rowsMax = 3_000;

/** `RuleId` of an anomaly rule's rows: the template's id, or that with the flight's mark. */
export const ruleIdOf = (templateId: string, status: AnomalyRule['status']): string =>
  status === 'Production' ? templateId : `${templateId}-flighting`;

const datetime = (at: Date): string => `datetime(${at.toISOString()})`;
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function literal(parameter: Parameter, value: number | string): string {
  if (parameter.type === 'string') return text(String(value));
  const number = String(value);
  return parameter.type === 'real' && /^-?\d+$/.test(number) ? `${number}.0` : number;
}

function declared(parameters: readonly Parameter[], window: Window, values: Values) {
  const own = parameters.map(({ name, type }) => `${name}:${type}`);
  return {
    declaration: `declare query_parameters(${['windowStart:datetime', 'windowEnd:datetime', ...own].join(', ')});`,
    parameters: {
      windowStart: datetime(window.from),
      windowEnd: datetime(window.to),
      ...Object.fromEntries(parameters.map((p) => [p.name, literal(p, values[p.name] ?? p.default)])),
    },
  };
}

/** The query of a part over a window. */
export function partQuery(part: Part, window: Window, values: Values = {}): ParametrisedQuery {
  const { declaration, parameters } = declared(part.parameters, window, values);
  return { query: `${declaration}\n${part.query}`, parameters };
}

/** Text of a value; whole numbers without the `.0` of reals. */
const shownKql = (column: string): string => `replace_regex(tostring(${column}), @'^(-?\\d+)\\.0$', @'\\1')`;

/** `a {Column} b` as KQL: `strcat('a ', …, ' b')`. Columns are checked when the query is compiled. */
export function explanationKql(template: string): string {
  const parts = template
    .split(/\{([A-Za-z_]\w*)\}/)
    .map((piece, i) => (i % 2 === 1 ? shownKql(piece) : piece === '' ? undefined : text(piece)));
  return `strcat(${parts.filter((piece) => piece !== undefined).join(', ')})`;
}

const list = (values: readonly string[]): string => text(values.join(', '));

/**
 * The query of an anomaly rule over a window, as rows of `Anomalies`. What a rule has told of in the window's day, by its `Key`, it does not tell again that day,
 * unless `again` says so.
 * The query must give Key, Score (0 to 1), Observed, Expected, StartTime, EndTime and Reasons; it may give the columns named here and any that its explanation names.
 */
export function anomalyQuery(
  { template, status, parameters: given, configVersion }: AnomalyRule,
  window: Window,
  options: { readonly again?: boolean } = {},
): ParametrisedQuery {
  const { declaration, parameters } = declared(template.parameters, window, given);
  const ruleId = text(ruleIdOf(template.id, status));
  const values = template.parameters.map(({ name }) => `${text(name)}, ${name}`);
  const query = `${declaration}
let toldToday = Anomalies
  | where TimeGenerated >= startofday(windowEnd - 1ms) and TimeGenerated < windowEnd and RuleId == ${ruleId}
  | distinct Key = tostring(ExtendedProperties.Key);
${template.query.trimEnd()}
| where Score > 0
${options.again ? '' : '| join kind=leftanti toldToday on Key\n'}| top ${rowsMax} by Score desc
| extend Score = min_of(1.0, todouble(Score)), Description = ${explanationKql(template.explanation)}
| extend UserName = column_ifexists('UserName', ''), UserPrincipalName = column_ifexists('UserPrincipalName', ''), SourceIpAddress = column_ifexists('SourceIpAddress', ''),
    SourceCountry = column_ifexists('SourceCountry', ''), SourceDevice = column_ifexists('SourceDevice', ''), DestinationIpAddress = column_ifexists('DestinationIpAddress', ''),
    DestinationDevice = column_ifexists('DestinationDevice', ''), ActivityInsights = column_ifexists('ActivityInsights', dynamic({})), UserInsights = column_ifexists('UserInsights', dynamic({})),
    DeviceInsights = column_ifexists('DeviceInsights', dynamic({}))
| project TimeGenerated = windowEnd - 1ms, Id = hash_md5(strcat_delim('|', ${ruleId}, tostring(startofday(windowEnd - 1ms)), Key)), WorkspaceId = '', VendorName = 'Sallyport', AnomalyTemplateId = ${text(template.id)},
    AnomalyTemplateName = ${text(template.name)}, AnomalyTemplateVersion = ${text(template.version)}, RuleId = ${ruleId}, RuleName = ${text(template.name)}, RuleStatus = ${text(status)}, RuleConfigVersion = ${text(String(configVersion))},
    Description, Score, StartTime, EndTime, Tactics = ${list(template.tactics)}, Techniques = ${list(template.techniques)}, UserName, UserPrincipalName, SourceIpAddress,
    SourceLocation = bag_pack('CountryCode', SourceCountry), SourceDevice, DestinationIpAddress, DestinationDevice, ActivityInsights, UserInsights, DeviceInsights, AnomalyReasons = Reasons,
    AnomalyDetails = bag_pack('Kind', ${text(template.kind)}, 'Observed', todouble(Observed), 'Expected', todouble(Expected), 'Parameters', bag_pack(${values.join(', ')})),
    ExtendedProperties = bag_pack('Key', Key), SourceSystem = 'UEBA',
    Entities = set_difference(pack_array(
      iff(isempty(UserPrincipalName), dynamic(null), bag_pack('Type', 'account', 'Name', tostring(split(UserPrincipalName, '@')[0]), 'UPNSuffix', tostring(split(UserPrincipalName, '@')[1]), 'AadUserId', tostring(UserInsights.AccountObjectID))),
      iff(isempty(SourceIpAddress), dynamic(null), bag_pack('Type', 'ip', 'Address', SourceIpAddress)),
      iff(isempty(DestinationIpAddress), dynamic(null), bag_pack('Type', 'ip', 'Address', DestinationIpAddress)),
      iff(isempty(SourceDevice), dynamic(null), bag_pack('Type', 'host', 'HostName', SourceDevice)),
      iff(isempty(DestinationDevice), dynamic(null), bag_pack('Type', 'host', 'HostName', DestinationDevice))), dynamic([null]))`;
  return { query, parameters };
}
