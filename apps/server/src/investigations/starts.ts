import { kqlString, type Entity, type EntityKind } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../hunting/index.ts';
import { askedKinds } from './subjects.ts';
import type { Playbook, Playbooks } from './content.ts';
import { systemPrincipal } from '../platform/principal.ts';

/** What of an alert decides which playbooks are for it. */
export interface JudgedAlert {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly severity: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly entities: readonly Pick<Entity, 'kind'>[];
}

const textCharsMax = 2_000;
const limits = { seconds: 30 };
const Answers = z.array(z.tuple([z.string(), z.preprocess(parsed, z.array(z.string()))]));

function parsed(cell: unknown): unknown {
  return typeof cell === 'string' ? (JSON.parse(cell) as unknown) : cell;
}

/** Playbooks whose entities an alert has: all that a person who starts one can want. */
export const playbooksByEntities = (playbooks: Playbooks, kinds: ReadonlySet<EntityKind>): readonly Playbook[] =>
  [...playbooks.values()].filter(({ entities }) =>
    entities.some((kind) => askedKinds(kind).some((asked) => kinds.has(asked))),
  );

/** KQL that judges alerts: one row an alert, with the ids of the playbooks whose condition it meets. */
export const conditionsQuery = (playbooks: Playbooks): string => `declare query_parameters(alerts:dynamic);
print Alert = alerts
| mv-expand Alert
| extend AlertId = tostring(Alert.id), AlertName = tostring(Alert.name), Description = tostring(Alert.description), Severity = tostring(Alert.severity),
    Tactics = todynamic(Alert.tactics), Techniques = todynamic(Alert.techniques), Kinds = todynamic(Alert.kinds)
| project AlertId, Playbooks = array_concat(${[...playbooks.values()]
  .map(({ id, condition }) => `iff(coalesce(tobool(${condition}), false), pack_array(${kqlString(id)}), dynamic([]))`)
  .join(',\n    ')})`;

/** The playbooks that each alert starts, by its id. Throws as `Queries.run` does. */
export async function startedBy(
  queries: Queries,
  playbooks: Playbooks,
  alerts: readonly JudgedAlert[],
  now: Date,
): Promise<ReadonlyMap<string, readonly Playbook[]>> {
  const given = alerts.map(({ entities, ...alert }) => ({
    ...alert,
    name: alert.name.slice(0, textCharsMax),
    description: alert.description.slice(0, textCharsMax),
    kinds: [...new Set(entities.map(({ kind }) => kind))],
  }));
  const { rows } = await queries.run({
    query: conditionsQuery(playbooks),
    parameters: { alerts: JSON.stringify(given) },
    now,
    as: systemPrincipal('investigations'),
    operation: 'alert',
    limits,
  });
  const met = new Map(Answers.parse(rows));
  return new Map(
    alerts.map(({ id, entities }) => {
      const ids = new Set(met.get(id) ?? []);
      const fitting = playbooksByEntities(playbooks, new Set(entities.map(({ kind }) => kind)));
      return [id, fitting.filter((playbook) => ids.has(playbook.id))];
    }),
  );
}
