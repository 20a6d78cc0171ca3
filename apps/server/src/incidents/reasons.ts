import type { IncidentReasons, Severity } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import { leadOf, severityOf, spoken, type RuleSummary } from './summary.ts';
import type { IncidentRow } from './types.ts';

const bySeverity: Readonly<Record<Severity, number>> = { High: 40, Medium: 25, Low: 12, Informational: 5 };
/** What a further tactic and a further rule add, and for how many. */
const tacticPoints = 10;
const tacticsMax = 4;
const rulePoints = 5;
const rulesMax = 4;
/** Many alerts of a single rule are a noisy rule rather than an attack. */
const noisyAlerts = 50;
const noisyPoints = 15;

/**
 * How sure it is that an incident's alerts are one real attack, 0 to 100: the severity of its gravest alert, stages of an attack that follow each other, and rules that agree.
 * What a person found stands above all that.
 */
export function confidenceOf(
  row: Pick<IncidentRow, 'severity' | 'tactics' | 'rule_ids' | 'alert_count' | 'classification'>,
): { readonly score: number; readonly reasons: readonly string[] } {
  if (row.classification === 'TruePositive') return { score: 100, reasons: ['A person found it to be an attack.'] };
  if (row.classification === 'FalsePositive' || row.classification === 'BenignPositive')
    return { score: 0, reasons: ['A person found it to be no attack.'] };
  const furtherTactics = Math.min(Math.max(0, row.tactics.length - 1), tacticsMax);
  const furtherRules = Math.min(Math.max(0, row.rule_ids.length - 1), rulesMax);
  const isNoisy = row.rule_ids.length === 1 && row.alert_count > noisyAlerts;
  const score =
    bySeverity[row.severity] + furtherTactics * tacticPoints + furtherRules * rulePoints - (isNoisy ? noisyPoints : 0);
  return {
    score: Math.max(0, Math.min(100, score)),
    reasons: [
      `Its severity is ${row.severity} (${bySeverity[row.severity]}).`,
      ...(furtherTactics > 0
        ? [`${row.tactics.length} tactics of an attack come together (+${furtherTactics * tacticPoints}).`]
        : []),
      ...(furtherRules > 0 ? [`${row.rule_ids.length} different rules agree (+${furtherRules * rulePoints}).`] : []),
      ...(isNoisy ? [`${row.alert_count} alerts are all of one rule (−${noisyPoints}).`] : []),
    ],
  };
}

/** Ties that are told. */
const linksMax = 20;
/** Rules that are read to tell; an incident with more is told by those. */
const rulesReadMax = 500;

/** Why an incident is called, rated and filled as it is. */
export async function reasonsFor(db: Queryable, row: IncidentRow): Promise<IncidentReasons> {
  const rules = (
    await db.query<Omit<RuleSummary, 'leadAt'> & { lead_at: Date; rule_id: string; alerts: number }>(
      'SELECT rule_id, alerts, rank, lead_at, name, tactics FROM incident_rules WHERE incident_number = $1 ORDER BY rank, lead_at, name LIMIT $2',
      [row.number, rulesReadMax],
    )
  ).map((rule) => ({ ...rule, leadAt: rule.lead_at.getTime() }));
  const links = await db.query<{ text: string; alerts: number }>(
    `SELECT linked_by AS text, count(*)::int AS alerts FROM alerts WHERE incident_number = $1 AND linked_by <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2`,
    [row.number, linksMax],
  );
  return {
    title: titleReason(row, rules),
    severity: severityReason(row, rules),
    tactics:
      row.tactics.length === 0
        ? 'None of its rules says a tactic.'
        : `Of ${rules.length === 1 ? 'its rule' : `its ${rules.length} rules`}, in the order of an attack: ${row.tactics.map(spoken).join(', ')}.`,
    confidence: [...confidenceOf(row).reasons],
    links: [...links],
  };
}

function titleReason(row: IncidentRow, rules: readonly RuleSummary[]): string {
  if (row.title_fixed) return 'A person called it so.';
  const lead = leadOf(rules);
  if (!lead) return 'It holds no alert.';
  if (rules.length === 1) return `All its alerts are of one rule; “${lead.name}” is the gravest and first.`;
  return row.tactics.length > 1
    ? `${rules.length} rules of ${row.tactics.length} tactics: it is called by the first and the last of them, and by what it is on.`
    : `${rules.length} rules of one tactic: it is called by the gravest and first alert, “${lead.name}”.`;
}

function severityReason(row: IncidentRow, rules: readonly RuleSummary[]): string {
  if (row.severity_fixed) return 'A person set it.';
  const lead = leadOf(rules);
  return lead ? `The highest of its alerts: “${lead.name}” is ${severityOf(lead.rank)}.` : 'It holds no alert.';
}
