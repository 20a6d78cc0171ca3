import type { SocMetricName } from '@sallyport/contracts';

/**
 * KQL over `SecurityIncident`, of which each change of an incident is a row. Triage ends with a person's first change or comment, acknowledging with an
 * owner or a status beyond New, closing with Closed, as service levels have it. Times are in minutes.
 */

const base = (severity: string | undefined) => `
let incidents = materialize(SecurityIncident
| extend Taken = Status != 'New' or isnotempty(tostring(Owner.assignedTo))
| summarize arg_max(TimeGenerated, Title, Severity, Status, Classification, Owner, RelatedAnalyticRuleIds, FirstModifiedTime, ClosedTime, CreatedTime, AdditionalData),
    Acknowledged = minif(TimeGenerated, Taken) by IncidentNumber
| where CreatedTime between (From .. To) and isnull(AdditionalData.redirectIncidentNumber)${severity === undefined ? '' : `\n| where Severity == '${severity}'`}
| extend Owner = tostring(Owner.assignedTo), Closed = Status == 'Closed',
    Triage = (FirstModifiedTime - CreatedTime) / 1m, Acknowledge = (Acknowledged - CreatedTime) / 1m,
    Close = iff(Status == 'Closed', (ClosedTime - CreatedTime) / 1m, real(null)));`;

const figures = `Incidents = count(), Open = countif(not(Closed)), ClosedIncidents = countif(Closed),
    TriageP50 = percentile(Triage, 50), TriageP90 = percentile(Triage, 90),
    AcknowledgeP50 = percentile(Acknowledge, 50), AcknowledgeP90 = percentile(Acknowledge, 90),
    CloseP50 = percentile(Close, 50), CloseP90 = percentile(Close, 90),
    FalsePositives = countif(Classification == 'FalsePositive'), Classified = countif(isnotempty(Classification) and Classification != 'Undetermined')`;
const share = `| extend FalsePositiveShare = iff(Classified == 0, real(null), todouble(FalsePositives) / Classified)`;

const rowsMax = 200;

const tails: Record<SocMetricName, string> = {
  summary: `incidents\n| summarize ${figures}\n${share}`,
  bySeverity: `incidents\n| summarize ${figures} by Severity\n${share}\n| sort by Severity asc`,
  byOwner: `incidents\n| where isnotempty(Owner)\n| summarize ${figures} by Owner\n${share}\n| sort by Incidents desc, Owner asc\n| take ${rowsMax}`,
  byRule: `incidents\n| mv-expand Rule = RelatedAnalyticRuleIds to typeof(string)\n| summarize ${figures} by Rule\n${share}\n| sort by Incidents desc, Rule asc\n| take ${rowsMax}`,
  overTime: `incidents\n| summarize ${figures} by Day = bin(CreatedTime, 1d)\n${share}\n| sort by Day asc\n| take 400`,
};

/** The query of some figures. It is complete: it can be asked anywhere. `severity` is one of the enumeration. */
export const socMetricQuery = (
  name: SocMetricName,
  span: { readonly from: Date; readonly to: Date },
  severity: string | undefined,
): string =>
  `let From = datetime(${span.from.toISOString()});\nlet To = datetime(${span.to.toISOString()});${base(severity)}\n${tails[name]}`;
