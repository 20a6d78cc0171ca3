import { kqlString, type Entity } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../hunting/index.ts';
import { resolveEntities, type MappedEntity } from '../incidents/index.ts';
import type { EvidenceMapping, Playbook, Step } from './content.ts';
import { parameterNames, parametersOf, type Subject } from './subjects.ts';
import type { Points } from './verdict.ts';
import type { Principal } from '../platform/principal.ts';

/** Bounds of one query. */
const limits = { seconds: 60, memoryBytes: 1_024 * 2 ** 20 };
const rowsMax = 200;
const reasonCharsMax = 500;

export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** What one row says of one thing. */
export interface Found {
  readonly entity: Entity;
  readonly points: Points;
  readonly device: string;
  readonly firstSeen: Date | undefined;
  readonly lastSeen: Date | undefined;
  readonly rows: number;
  readonly widens: boolean;
}

export interface Answer {
  readonly found: readonly Found[];
  readonly rows: number;
  /** What a bound left out, in words. */
  readonly partial: string | undefined;
}

/** `a {Column} b` as KQL. Columns are checked when the query is compiled. */
function sentenceKql(template: string): string {
  const parts = template
    .split(/\{([A-Za-z_]\w*)\}/)
    .map((piece, i) => (i % 2 === 1 ? `tostring(${piece})` : piece === '' ? undefined : kqlString(piece)));
  return `strcat(${parts.filter((piece) => piece !== undefined).join(', ')})`;
}

function mappingKql(playbook: Playbook, step: Step, mapping: EvidenceMapping): string {
  const identifiers = Object.entries(mapping.identifiers).map(
    ([name, column]) => `${kqlString(name)}, tostring(${column})`,
  );
  const points = step.verdict.flatMap(({ when, score, reason, on }, index) =>
    on && !on.includes(mapping.kind)
      ? []
      : `iff(coalesce(tobool(${when}), false), pack_array(bag_pack('key', ${kqlString(`${playbook.id}/${step.id}/${index}`)}, 'score', ${score}, 'text', ${sentenceKql(reason)})), dynamic([]))`,
  );
  return `bag_pack('kind', ${kqlString(mapping.kind)}, 'identifiers', bag_pack(${identifiers.join(', ')}), 'points', ${
    points.length === 0 ? 'dynamic([])' : `array_concat(${points.join(', ')})`
  })`;
}

/** The step's query with its verdicts as KQL; its parameters are lists of texts and the window. */
export function stepQuery(playbook: Playbook, step: Step): string {
  const lists = parameterNames(step.for).map((name) => `${name}:dynamic`);
  return `declare query_parameters(windowStart:datetime, windowEnd:datetime, ${lists.join(', ')});
${body(playbook, step)}`;
}

const body = (playbook: Playbook, step: Step): string => `${step.query.trimEnd()}
| project Evidence = pack_array(${step.evidence.map((mapping) => mappingKql(playbook, step, mapping)).join(',\n    ')}),
    Device = tostring(column_ifexists('DeviceName', '')), FirstSeen = todatetime(FirstSeen), LastSeen = todatetime(LastSeen), Count = tolong(Count)`;

const datetime = (at: Date): string => `datetime(${at.toISOString()})`;

/** The values of its parameters, as texts of KQL constants. */
export const valuesOf = (step: Step, subjects: readonly Subject[], window: Window): Record<string, string> => ({
  windowStart: datetime(window.from),
  windowEnd: datetime(window.to),
  ...parametersOf(step.for, subjects),
});

/** The same question for a person, who can run it as it stands: values as `let` statements, each a JSON text in `dynamic(…)`. */
export function shownQuery(step: Step, subjects: readonly Subject[], window: Window): string {
  const lets = Object.entries(parametersOf(step.for, subjects))
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(step.query))
    .map(([name, value]) => `let ${name} = dynamic(${value});`);
  return `let windowStart = ${datetime(window.from)};\nlet windowEnd = ${datetime(window.to)};\n${lets.join('\n')}\n${step.query.trimEnd()}`;
}

const Time = z
  .string()
  .nullable()
  .transform((text) => (text === null ? undefined : new Date(text)));
const Pieces = z.array(
  z.object({
    kind: z.string(),
    identifiers: z.record(z.string(), z.string()),
    points: z.array(z.object({ key: z.string(), score: z.number(), text: z.string() })),
  }),
);
const Row = z.tuple([
  z.preprocess((cell) => (typeof cell === 'string' ? (JSON.parse(cell) as unknown) : cell), Pieces),
  z.string(),
  Time,
  Time,
  z.coerce.number().int().nullable(),
]);

/** Asks one step about some things. Throws as `Queries.run` does. */
export async function askStep(queries: Queries, { playbook, step, subjects, window, now, as }: Asked): Promise<Answer> {
  const answer = await queries.run({
    query: stepQuery(playbook, step),
    parameters: valuesOf(step, subjects, window),
    now,
    maxRows: rowsMax,
    as,
    operation: 'alert',
    limits,
  });
  const found = answer.rows.flatMap((row) => {
    const [pieces, device, firstSeen, lastSeen, count] = Row.parse(row);
    return pieces.flatMap((piece, index): Found[] => {
      const mapping = step.evidence[index];
      const entity = mapping && entityOf(mapping, piece.identifiers, device);
      if (!entity) return [];
      const points = Object.fromEntries(
        piece.points.map(({ key, score, text }) => [key, { score, text: text.slice(0, reasonCharsMax) }]),
      );
      return [{ entity, points, device, firstSeen, lastSeen, rows: count ?? 1, widens: mapping.widens }];
    });
  });
  return { found, rows: answer.rows.length, partial: answer.partial?.reason };
}

interface Asked {
  readonly playbook: Playbook;
  readonly step: Step;
  readonly subjects: readonly Subject[];
  readonly window: Window;
  readonly now: Date;
  readonly as: Principal;
}

/** The entity as alerts have it: a process and a local account are of the row's device. */
function entityOf(
  { kind }: EvidenceMapping,
  identifiers: Readonly<Record<string, string>>,
  device: string,
): Entity | undefined {
  const mapped: MappedEntity[] = [{ kind, identifiers }];
  if (kind !== 'Host' && device !== '') mapped.push({ kind: 'Host', identifiers: { HostName: device } });
  const entity = resolveEntities(mapped).find((one) => one.kind === kind);
  return (
    entity && {
      id: entity.id,
      kind,
      name: entity.name,
      identifiers: { ...entity.identifiers },
      strong: entity.strong,
    }
  );
}
