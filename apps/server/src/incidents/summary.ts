import { tactics, type Severity } from '@sallyport/contracts';

const severities: readonly Severity[] = ['Informational', 'Low', 'Medium', 'High'];

/** The highest of some severities; Informational for none. */
export const highest = (all: readonly Severity[]): Severity =>
  severities[Math.max(0, ...all.map((severity) => severities.indexOf(severity)))] ?? 'Informational';

const tacticOrder: readonly string[] = tactics;
/** Each once, in the order of an attack; unknown ones last, by name. */
export function orderedTactics(names: readonly string[]): string[] {
  const place = (tactic: string) => (tacticOrder.indexOf(tactic) + 1 || tacticOrder.length + 1) - 1;
  return [...new Set(names)].toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}
const spoken = (tactic: string): string => tactic.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();

export interface AlertSummary {
  readonly name: string;
  readonly severity: Severity;
  readonly tactics: readonly string[];
  readonly startTime: Date;
}
export interface MainEntity {
  readonly kind: string;
  readonly name: string;
  /** How many alerts it is in. */
  readonly alerts: number;
}

const titleCharsMax = 512;

/**
 * What an incident is called: the alert's name when all have one, else the stages of the attack, and on what. The same alerts give the same title in
 * whatever order they came.
 */
export function titleOf(alerts: readonly AlertSummary[], entities: readonly MainEntity[]): string {
  const names = new Set(alerts.map((alert) => alert.name));
  const tactics = orderedTactics(alerts.flatMap((alert) => alert.tactics));
  const where = placeOf(entities);
  const [lead] = alerts.toSorted(
    (a, b) =>
      severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
      a.startTime.getTime() - b.startTime.getTime() ||
      (a.name < b.name ? -1 : 1),
  );
  if (!lead) return 'Empty incident';
  const title =
    names.size === 1
      ? `${lead.name}${where}`
      : tactics.length > 1
        ? `Multi-stage incident: ${spoken(tactics[0]!)} to ${spoken(tactics.at(-1)!)}${where}`
        : `${lead.name} and ${names.size - 1} related${where}`;
  return title.length > titleCharsMax ? `${title.slice(0, titleCharsMax - 1)}…` : title;
}

function placeOf(entities: readonly MainEntity[]): string {
  for (const [kind, word, plural] of [
    ['Host', 'on', 'hosts'],
    ['Account', 'by', 'accounts'],
    ['IP', 'from', 'addresses'],
  ] as const) {
    const all = entities.filter((entity) => entity.kind === kind);
    const [main] = all.toSorted((a, b) => b.alerts - a.alerts || (a.name < b.name ? -1 : 1));
    if (main) return all.length === 1 ? ` ${word} ${main.name}` : ` ${word} ${all.length} ${plural}`;
  }
  return '';
}
