import { Anomaly, type AnomalyStatus, type Cell, type Column } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../hunting/index.ts';
import { systemPrincipal, type Principal } from '../platform/principal.ts';

export interface AnomalyFilter {
  readonly from: Date;
  readonly to: Date;
  readonly status: AnomalyStatus;
  readonly templateId?: string | undefined;
  readonly minimumScore: number;
  readonly search: string;
  readonly limit: number;
}

/** As anomalies are shown: columns of `Anomaly` by name, in brackets, since some are words of KQL. */
export const shownColumns = `
| project ['id'] = Id, ['time'] = TimeGenerated, ['startTime'] = StartTime, ['endTime'] = EndTime, ['templateId'] = AnomalyTemplateId, ['name'] = RuleName, ['status'] = RuleStatus, ['configVersion'] = RuleConfigVersion,
    ['description'] = Description, ['score'] = Score, ['tactics'] = Tactics, ['techniques'] = Techniques, ['user'] = coalesce(UserPrincipalName, UserName), ['sourceIp'] = SourceIpAddress, ['sourceDevice'] = SourceDevice,
    ['destinationIp'] = DestinationIpAddress, ['destinationDevice'] = DestinationDevice, ['country'] = tostring(SourceLocation.CountryCode), ['reasons'] = AnomalyReasons, ['observed'] = toreal(AnomalyDetails.Observed),
    ['expected'] = toreal(AnomalyDetails.Expected), ['parameters'] = AnomalyDetails.Parameters`;

const query = `declare query_parameters(status:string, templateId:string, minimumScore:real, searched:string);
Anomalies
| where RuleStatus == status and Score >= minimumScore and (templateId == '' or AnomalyTemplateId == templateId)
| where searched == '' or UserPrincipalName contains searched or UserName contains searched or SourceIpAddress contains searched or SourceDevice contains searched or DestinationDevice contains searched
    or DestinationIpAddress contains searched or Description contains searched
| summarize arg_max(_TimeReceived, *) by Id
| sort by Score desc, TimeGenerated desc, Id asc
${shownColumns}`;

const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const real = (value: number): string => `real(${value})`;

/** Newest settings of each anomaly, highest score first. Throws as `Queries.run` does. */
export async function readAnomalies(
  queries: Queries,
  filter: AnomalyFilter,
  asked: { readonly as: Principal; readonly now: Date; readonly signal?: AbortSignal },
): Promise<{ anomalies: Anomaly[]; more: boolean }> {
  const { status, templateId = '', minimumScore, search, limit } = filter;
  const answer = await queries.run({
    ...asked,
    query,
    parameters: {
      status: text(status),
      templateId: text(templateId),
      minimumScore: real(minimumScore),
      searched: text(search),
    },
    timespan: filter,
    maxRows: limit + 1,
    operation: 'hunting',
  });
  const anomalies = anomaliesOf(answer.columns, answer.rows);
  return { anomalies: anomalies.slice(0, limit), more: anomalies.length > limit };
}

const Reasons = z.array(z.record(z.string(), z.unknown())).catch([]);
const Parameters = z.record(z.string(), z.unknown()).catch({});

/** Rows with the columns of `shownColumns`. */
export function anomaliesOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): Anomaly[] {
  const names = columns.map(({ name }) => name);
  return rows.map((row) => {
    const cells = Object.fromEntries(names.map((name, i) => [name, row[i]]));
    return Anomaly.parse({
      ...cells,
      reasons: Reasons.parse(json(cells['reasons'])),
      parameters: Parameters.parse(json(cells['parameters'])),
    });
  });
}

function json(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return undefined;
  }
}

/** Anomalies of each rule (`RuleId`) in a time. */
export async function countAnomalies(
  queries: Queries,
  asked: { readonly from: Date; readonly to: Date; readonly as: Principal },
): Promise<Map<string, number>> {
  const answer = await queries.run({
    query: 'Anomalies | summarize Count = count_distinct(Id) by RuleId',
    timespan: asked,
    now: asked.to,
    maxRows: 10_000,
    as: asked.as,
    operation: 'hunting',
  });
  return new Map(answer.rows.map(([id, count]) => [String(id), Number(count)]));
}

/** Days with something learned. */
export async function learnedDays(queries: Queries, now: Date): Promise<number> {
  const answer = await queries.run({
    query: "BehaviorDaily_CL | where Dimension == 'Action' | summarize count_distinct(bin(TimeGenerated, 1d))",
    now,
    maxRows: 1,
    as: systemPrincipal('behaviour'),
    operation: 'hunting',
  });
  return Number(answer.rows[0]?.[0] ?? 0);
}
