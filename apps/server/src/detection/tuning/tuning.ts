import type { RuleTuning, TuningProposal } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import type { Principal } from '../../platform/principal.ts';

interface Parts {
  readonly queries: Queries;
  readonly now: () => Date;
}

/** False alerts that a value must have been in to be proposed. */
const falseMin = 2;
const proposalsMax = 8;
/** Values that one proposal names. */
const valuesMax = 20;
const dayMs = 86_400_000;

/**
 * What closed incidents say of a rule, and the values that tell its false alerts from its true ones. Counted for a value are the false alerts in which the field has no
 * other value, since an exception leaves rows out and not alerts, and all true alerts in which it stands. Throws as `Queries.run` does.
 */
export async function ruleTuning(
  { queries, now }: Parts,
  rule: AnalyticsRule,
  days: number,
  asking: { readonly as: Principal; readonly signal: AbortSignal },
): Promise<RuleTuning> {
  const to = now();
  const ask = (query: string) =>
    queries
      .run({
        query: `${judged(rule.id)}\n${query}`,
        now: to,
        // Incidents are closed after their alerts were raised, and every change writes a row.
        timespan: { from: new Date(to.getTime() - days * dayMs), to: new Date(to.getTime() + dayMs) },
        operation: 'hunting',
        limits: { seconds: 60 },
        ...asking,
      })
      .then(({ rows }) => rows);
  const [reasons, values, unions, thresholds] = await Promise.all([
    ask('judged | summarize Alerts = count() by Classification, Reason | order by Alerts desc'),
    ask(`${fields(rule)}\n${singles}`),
    ask(`${fields(rule)}\n${together}`),
    ask(threshold(rule)),
  ]);
  const found = z.array(z.tuple([z.string(), z.string(), z.number()])).parse(reasons);
  const count = (classification: string): number =>
    found.filter(([of]) => of === classification).reduce((sum, [, , n]) => sum + n, 0);
  const proposals = [
    ...z
      .array(ValueRow)
      .parse(values)
      .flatMap(([field, value, off, on]) => exceptionOf(rule, field, [value], off, on)),
    ...z
      .array(UnionRow)
      .parse(unions)
      .flatMap(([field, list, off, on]) =>
        exceptionOf(rule, field, z.array(z.string()).parse(JSON.parse(list)), off, on),
      ),
    ...z
      .array(ThresholdRow)
      .parse(thresholds)
      .flatMap(([n, off, on]) => thresholdOf(rule, n, off, on)),
  ];
  return {
    days,
    falsePositive: count('FalsePositive'),
    benignPositive: count('BenignPositive'),
    truePositive: count('TruePositive'),
    reasons: found.map(([classification, reason, alerts]) => ({ classification, reason, alerts })),
    proposals: proposals
      .filter((one) => one.falseRemoved >= falseMin && one.falseRemoved > 3 * one.trueRemoved)
      .toSorted((a, b) => a.trueRemoved - b.trueRemoved || b.falseRemoved - a.falseRemoved)
      .slice(0, proposalsMax),
  };
}

const ValueRow = z.tuple([z.string(), z.string(), z.number(), z.number()]);
const UnionRow = ValueRow;
const ThresholdRow = z.tuple([z.number().nullable(), z.number(), z.number()]);

const kqlText = (text: string): string => JSON.stringify(text);

/** The rule's alerts in closed incidents, each once, with what these were closed as. */
const judged = (ruleId: string): string => `let judged = materialize(SecurityIncident
| summarize arg_max(TimeGenerated, Status, Classification, ClassificationReason, AlertIds) by IncidentNumber
| where Status == 'Closed' and Classification in ('FalsePositive', 'BenignPositive', 'TruePositive')
| mv-expand AlertId = todynamic(AlertIds) to typeof(string)
| project AlertId, Classification, Reason = ClassificationReason
| join kind=inner (SecurityAlert
    | where AlertType == ${kqlText(ruleId)}
    | summarize arg_max(TimeGenerated, Entities, ExtendedProperties) by SystemAlertId) on $left.AlertId == $right.SystemAlertId
| project AlertId, Classification, Reason, IsFalse = Classification != 'TruePositive', Entities = todynamic(Entities),
    Properties = todynamic(ExtendedProperties));`;

/** What stands in the alerts, one row for each alert and field: identifiers of entities, whole names, and custom details. */
const fields = (rule: AnalyticsRule): string => `let facts = materialize(union
  (judged
  | mv-expand Entity = Entities
  | extend Kind = tolower(tostring(Entity.Type))
  | extend Whole = case(
      Kind == 'account' and isnotempty(Entity.UPNSuffix), strcat(Entity.Name, '@', Entity.UPNSuffix),
      Kind == 'account' and isnotempty(Entity.NTDomain), strcat(Entity.NTDomain, '\\\\', Entity.Name),
      Kind == 'account', tostring(Entity.Name),
      Kind == 'host' and isnotempty(Entity.DnsDomain), strcat(Entity.HostName, '.', Entity.DnsDomain),
      Kind == 'host', tostring(Entity.HostName), '')
  | mv-expand Key = array_concat(bag_keys(Entity), dynamic(['FullName'])) to typeof(string)
  | extend Value = iff(Key == 'FullName', Whole, tostring(Entity[Key]))
  | where Key !in ('$id', 'Type') and isnotempty(Value) and not(Value startswith '{')
  | project AlertId, IsFalse, Field = strcat(Kind, '_', tolower(Key)), Value),
  (judged
  | extend Details = todynamic(tostring(Properties['Custom Details']))
  | mv-expand Key = bag_keys(Details) to typeof(string)
  | mv-expand Value = Details[Key] to typeof(string)
  | where isnotempty(Value)
  | project AlertId, IsFalse, Field = strcat('detail ', Key), Value)
| where Field in (${fieldNames(rule).map(kqlText).join(', ') || "''"})
| distinct AlertId, IsFalse, Field, Value);`;

/** Fields that an exception of the rule can name. */
function fieldNames(rule: AnalyticsRule): string[] {
  return [
    ...rule.entityMappings.flatMap(({ kind, columns }) =>
      columns.map(({ identifier }) => `${kind}_${identifier}`.toLowerCase()),
    ),
    ...Object.keys(rule.customDetails).map((name) => `detail ${name}`),
  ];
}

/** Values, with the false alerts that have no other one in the field, and all true alerts that have it. */
const singles = `facts
| join kind=inner (facts | summarize Values = count() by AlertId, Field) on AlertId, Field
| summarize FalseRemoved = countif(IsFalse and Values == 1), TrueRemoved = countif(not(IsFalse)) by Field, Value
| where FalseRemoved >= ${falseMin}
| top 50 by FalseRemoved desc
| project Field, Value, FalseRemoved, TrueRemoved`;

/** Values that no true alert has, taken together. */
const together = `let clean = facts | summarize Trues = countif(not(IsFalse)), Falses = countif(IsFalse) by Field, Value | where Trues == 0
| partition hint.strategy=native by Field (top ${valuesMax} by Falses desc);
facts
| join kind=leftouter (clean | project Field, Value, Clean = true) on Field, Value
| summarize AllClean = countif(isnull(Clean)) == 0, IsFalse = take_any(IsFalse), Values = make_set(Value, ${valuesMax}) by AlertId, Field
| where AllClean and IsFalse
| mv-expand Value = Values to typeof(string)
| summarize FalseRemoved = count_distinct(AlertId), Values = make_set(Value, ${valuesMax}) by Field
| where array_length(Values) > 1
| project Field, Values = tostring(array_sort_asc(Values)), FalseRemoved, TrueRemoved = 0`;

/** The most rows that a false alert may have without a true one having as few. */
const threshold = (rule: AnalyticsRule): string =>
  rule.eventGrouping === 'SingleAlert' && rule.triggerOperator === 'GreaterThan'
    ? `let counted = judged | extend N = tolong(Properties['Search Query Results Overall Count']) | where isnotnull(N);
let least = toscalar(counted | where not(IsFalse) | summarize min(N));
counted
| where isnotnull(least)
| summarize FalseRemoved = countif(IsFalse and N < least), TrueRemoved = countif(not(IsFalse) and N < least)
| project Threshold = least - 1, FalseRemoved, TrueRemoved`
    : 'judged | take 0 | project Threshold = 0, FalseRemoved = 0, TrueRemoved = 0';

function exceptionOf(
  rule: AnalyticsRule,
  field: string,
  values: readonly string[],
  falseRemoved: number,
  trueRemoved: number,
): TuningProposal[] {
  const { name, label } = fieldOf(rule, field) ?? {};
  if (name === undefined || label === undefined) return [];
  const condition =
    values.length === 1 ? `${name} =~ ${kqlText(values[0] ?? '')}` : `${name} in~ (${values.map(kqlText).join(', ')})`;
  const value = values.join(', ');
  const title =
    values.length === 1
      ? `Leave out rows in which ${label} is ${value}`
      : `Leave out ${values.length} values of ${label}`;
  return [{ kind: 'exception', title, condition, threshold: null, field: label, value, falseRemoved, trueRemoved }];
}

/** A field as a condition names it. */
function fieldOf(rule: AnalyticsRule, field: string): { name: string; label: string } | undefined {
  const detail = /^detail (.*)$/s.exec(field)?.[1];
  if (detail !== undefined) {
    const column = rule.customDetails[detail];
    return column === undefined ? undefined : { name: `tostring(['${column}'])`, label: detail };
  }
  for (const { kind, columns } of rule.entityMappings)
    for (const { identifier } of columns)
      if (`${kind}_${identifier}`.toLowerCase() === field)
        return { name: `${kind}_${identifier}`, label: `${kind} ${identifier}` };
  return undefined;
}

function thresholdOf(
  rule: AnalyticsRule,
  threshold: number | null,
  falseRemoved: number,
  trueRemoved: number,
): TuningProposal[] {
  if (threshold === null || threshold <= rule.triggerThreshold) return [];
  return [
    {
      kind: 'threshold',
      title: `Raise an alert at more than ${threshold} rows, not at more than ${rule.triggerThreshold}`,
      condition: null,
      threshold,
      field: 'triggerThreshold',
      value: String(threshold),
      falseRemoved,
      trueRemoved,
    },
  ];
}
