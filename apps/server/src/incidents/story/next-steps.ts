import { readFile } from 'node:fs/promises';
import {
  EntityKind,
  kqlString,
  tactics as tacticOrder,
  type Evidence,
  type NextStep,
  type PathStep,
} from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ReadAlert } from './read.ts';

/** What one does about a kind of entity, in words and as KQL. */
const Guide = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: z.string().min(1),
  why: z.string().min(1),
  kind: EntityKind,
  /** Only where the incident has one of them; none: always. */
  tactics: z.array(z.enum(tacticOrder)).default([]),
  /** Its identifiers that stand in the query, each as a `let <kind>_<identifier>`. The step is left out where one is not known. */
  identifiers: z.array(z.string().regex(/^[A-Z][A-Za-z]*$/)).min(1),
  query: z.string().min(1),
});
export type Guide = z.infer<typeof Guide>;

export const guidesFile = new URL('../../../../../content/incidents/next-steps.yaml', import.meta.url);

/** Throws when the file can't be read or has a fault. */
export const loadGuides = async (): Promise<readonly Guide[]> =>
  z.array(Guide).parse(parse(await readFile(guidesFile, 'utf8')));

const stepsMax = 14;
const entitiesPerGuide = 2;
const dayMs = 86_400_000;

/** The query of a guide about one entity: its identifiers come first, as constants. Undefined where one is not known. */
export function queryOf(guide: Guide, identifiers: Readonly<Record<string, string>>): string | undefined {
  const lets: string[] = [];
  for (const name of guide.identifiers) {
    const value = identifiers[name];
    if (value === undefined || value === '') return undefined;
    lets.push(`let ${guide.kind}_${name} = ${kqlString(value)};`);
  }
  return [...lets, guide.query.trim()].join('\n');
}

interface Story {
  readonly alerts: readonly ReadAlert[];
  readonly descriptions: ReadonlyMap<string, string>;
  readonly evidence: readonly Evidence[];
  readonly path: readonly PathStep[];
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/**
 * What to do next: first what the rules' authors say of false positives, worst alerts first; then what one does about the entities that stand out, by how far the
 * attack came. Each once. Pure.
 */
export function nextSteps(story: Story, guides: readonly Guide[]): NextStep[] {
  const seen = new Set(story.path.map((step) => step.tactic));
  const latest = Math.max(-1, ...[...seen].map((tactic) => order.indexOf(tactic)));
  const range = {
    from: new Date(story.firstAt.getTime() - 7 * dayMs).toISOString(),
    to: new Date(story.lastAt.getTime() + dayMs).toISOString(),
  };
  const weight: Record<Evidence['state'], number> = { known: 0, suspected: 1, seen: 2, contained: 3, cleared: 4 };
  const evidence = story.evidence
    .filter((one) => one.state !== 'cleared')
    .toSorted((a, b) => weight[a.state] - weight[b.state] || b.alertCount - a.alertCount);
  const guided = guides
    .filter((guide) => guide.tactics.length === 0 || guide.tactics.some((tactic) => seen.has(tactic)))
    .flatMap((guide) =>
      evidence
        .filter((one) => one.entity.kind === guide.kind)
        .flatMap((one): { readonly step: NextStep; readonly order: number }[] => {
          const query = queryOf(guide, one.entity.identifiers);
          if (query === undefined) return [];
          const distance = Math.min(
            order.length,
            ...guide.tactics.filter((tactic) => seen.has(tactic)).map((tactic) => latest - order.indexOf(tactic)),
          );
          const step: NextStep = {
            id: `${guide.id}:${one.entity.id}`,
            title: `${guide.title}: ${one.entity.name.slice(0, 120)}`,
            why: guide.why,
            source: 'guide',
            tactics: guide.tactics,
            link: { kind: 'hunt', query, ...range },
          };
          return [{ step, order: weight[one.state] * 100 + distance }];
        })
        .slice(0, entitiesPerGuide),
    )
    .toSorted((a, b) => a.order - b.order);
  return [...ruledSteps(story), ...guided.map(({ step }) => step)].slice(0, stepsMax);
}

const order: readonly string[] = tacticOrder;
const ruledMax = 4;
const severityRank = { High: 0, Medium: 1, Low: 2, Informational: 3 } as const;

/** Rules say after `False positives:` in their description what else may have raised them. */
function ruledSteps({ alerts, descriptions }: Story): NextStep[] {
  const steps = new Map<string, { readonly step: NextStep; readonly rank: number }>();
  for (const alert of alerts) {
    const harmless = falsePositives(descriptions.get(alert.ruleId) ?? '');
    if (harmless === undefined || steps.has(alert.ruleId)) continue;
    const step: NextStep = {
      id: `rule:${alert.ruleId}`,
      title: `Rule out what is harmless: ${alert.name.slice(0, 120)}`,
      why: `The rule’s author names ${harmless}`,
      source: 'rule',
      tactics: alert.tactics,
      link: { kind: 'rule', id: alert.ruleId },
    };
    steps.set(alert.ruleId, { step, rank: severityRank[alert.severity] });
  }
  return [...steps.values()]
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, ruledMax)
    .map(({ step }) => step);
}

/** `False positives: installation of policy tools.` → `installation of policy tools.`; undefined when a text has no such paragraph. */
export function falsePositives(description: string): string | undefined {
  const found = /(?:^|\n)\s*(?:known )?false positives?:\s*([^\n]+(?:\n[^\n]+)*)/i.exec(description)?.[1];
  const text = found?.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
  if (text === undefined || text === '' || /^(?:unknown|unlikely|none)\b/i.test(text)) return undefined;
  return text;
}
