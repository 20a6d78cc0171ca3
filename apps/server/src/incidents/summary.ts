import { tactics, type Severity } from '@sallyport/contracts';

const severities: readonly Severity[] = ['High', 'Medium', 'Low', 'Informational'];

/** 0 is High, 3 Informational. */
export const rankOf = (severity: Severity): number => severities.indexOf(severity);
/** Of a rank; Informational for any other number. */
export const severityOf = (rank: number): Severity => severities[rank] ?? 'Informational';

const tacticOrder: readonly string[] = tactics;
/** Each once, in the order of an attack; unknown ones last, by name. */
export function orderedTactics(names: readonly string[]): string[] {
  const place = (tactic: string) => (tacticOrder.indexOf(tactic) + 1 || tacticOrder.length + 1) - 1;
  return [...new Set(names)].toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}
export const spoken = (tactic: string): string => tactic.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();

/** What of an incident's alerts of one rule makes its title. */
export interface RuleSummary {
  /** Of the alert that leads. */
  readonly name: string;
  readonly rank: number;
  /** Milliseconds. */
  readonly leadAt: number;
  readonly tactics: readonly string[];
}
/** How many entities of a kind there are, and the name of one. */
export interface Place {
  readonly kind: string;
  readonly n: number;
  readonly name: string | null;
}

const titleCharsMax = 512;

/** The alert that leads an incident: the most severe, of these the earliest, of these the first by name. */
export const leadOf = <Rule extends RuleSummary>(rules: readonly Rule[]): Rule | undefined =>
  rules.toSorted((a, b) => a.rank - b.rank || a.leadAt - b.leadAt || (a.name < b.name ? -1 : 1))[0];

/**
 * What an incident is called: the leading alert's name when all are of one rule, else the stages of the attack, and on what. The same alerts give the same title in
 * whatever order they came. Of more than `toldMax` entities of a kind it says so.
 */
export function titleOf(rules: readonly RuleSummary[], places: readonly Place[], toldMax: number): string {
  const stages = orderedTactics(rules.flatMap((rule) => rule.tactics));
  const lead = leadOf(rules);
  if (!lead) return 'Empty incident';
  const where = placeOf(places, toldMax);
  const title =
    rules.length === 1
      ? `${lead.name}${where}`
      : stages.length > 1
        ? `Multi-stage incident: ${spoken(stages[0]!)} to ${spoken(stages.at(-1)!)}${where}`
        : `${lead.name} and ${rules.length - 1} related${where}`;
  return title.length > titleCharsMax ? `${title.slice(0, titleCharsMax - 1)}…` : title;
}

function placeOf(places: readonly Place[], toldMax: number): string {
  for (const [kind, word, plural] of [
    ['Host', 'on', 'hosts'],
    ['Account', 'by', 'accounts'],
    ['IP', 'from', 'addresses'],
  ] as const) {
    const place = places.find((one) => one.kind === kind);
    if (!place) continue;
    if (place.n === 1 && place.name !== null) return ` ${word} ${place.name}`;
    return ` ${word} ${place.n > toldMax ? `more than ${toldMax}` : place.n} ${plural}`;
  }
  return '';
}
