import type { PathStep } from '@sallyport/contracts';
import { readEnterpriseAttack } from '../../platform/attack.ts';
import type { ReadAlert } from './read.ts';

export interface Technique {
  readonly name: string;
  /** As Sentinel spells them: `CredentialAccess`. */
  readonly tactics: readonly string[];
}
export type Techniques = ReadonlyMap<string, Technique>;

/** MITRE's techniques by id, sub-techniques with their parent's name before their own. */
export async function loadTechniques(): Promise<Techniques> {
  const { tactics, techniques } = await readEnterpriseAttack();
  const spelled = new Map(
    tactics.map(({ id, name }) => [id, name.replaceAll(/\b[a-z]/g, (c) => c.toUpperCase()).replaceAll(' ', '')]),
  );
  const names = new Map(techniques.map(({ id, name }) => [id, name]));
  return new Map(
    techniques.map(({ id, name, parent, tactics: of }) => [
      id,
      {
        name: parent === undefined ? name : `${names.get(parent) ?? parent}: ${name}`,
        tactics: of.flatMap((tactic) => spelled.get(tactic) ?? []),
      },
    ]),
  );
}

const stepsMax = 200;
const alertsPerStep = 20;

/**
 * The techniques of some alerts in the order in which they were first seen. A technique stands under those of its alert's tactics that ATT&CK knows it by, else under
 * the alert's first; a tactic for which an alert names no technique stands by itself. Pure.
 */
export function attackPath(alerts: readonly ReadAlert[], techniques: Techniques): PathStep[] {
  const steps = new Map<string, PathStep>();
  const add = (tactic: string, technique: string, alert: ReadAlert): void => {
    const key = `${tactic}\0${technique}`;
    const step = steps.get(key);
    const ids = step?.alertIds ?? [];
    steps.set(key, {
      tactic,
      technique,
      name: techniques.get(technique)?.name ?? '',
      firstAt: step && step.firstAt < alert.startTime ? step.firstAt : alert.startTime,
      lastAt: step && step.lastAt > alert.endTime ? step.lastAt : alert.endTime,
      alertCount: (step?.alertCount ?? 0) + 1,
      alertIds: ids.length < alertsPerStep ? [...ids, alert.id] : ids,
    });
  };
  for (const alert of alerts) {
    const bare = new Set(alert.tactics);
    for (const technique of new Set(alert.techniques)) {
      const known = techniques.get(technique)?.tactics ?? [];
      const under = alert.tactics.filter((tactic) => known.includes(tactic));
      const places = under.length > 0 ? under : alert.tactics.slice(0, 1);
      for (const tactic of places.length > 0 ? places : known.slice(0, 1)) {
        bare.delete(tactic);
        add(tactic, technique, alert);
      }
    }
    for (const tactic of bare) add(tactic, '', alert);
  }
  return [...steps.values()]
    .toSorted(
      (a, b) => compare(a.firstAt, b.firstAt) || compare(a.tactic, b.tactic) || compare(a.technique, b.technique),
    )
    .slice(0, stepsMax);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
