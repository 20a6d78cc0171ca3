import type { EntityKind, Evidence, IncidentStory, StoryEdge, StoryState } from '@sallyport/contracts';

/** A node of the story's graph: one entity, or several of one kind that would be drawn alike. */
export interface StoryNode {
  readonly id: string;
  readonly kind: EntityKind;
  /** Those of most alerts first. More than one: a group. */
  readonly members: readonly [Evidence, ...Evidence[]];
  readonly state: StoryState;
  readonly alertCount: number;
  readonly firstAt: string;
}

export interface StoryLink {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly relation: string;
  readonly edges: readonly StoryEdge[];
  readonly alertCount: number;
  readonly firstAt: string;
}

export interface StoryGraph {
  /** In the order of `firstAt`. */
  readonly nodes: readonly StoryNode[];
  readonly links: readonly StoryLink[];
  /** Entity → its node. */
  readonly nodeOf: ReadonlyMap<string, string>;
}

/** A few dozen: beyond that a drawing tells less than a list. */
export const NODES_MAX = 32;
/** A group that was opened shows at most this many of its members apart. */
const OPENED_MAX = 24;

const stateOrder: readonly StoryState[] = ['known', 'suspected', 'contained', 'seen', 'cleared'];
const by = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const weight = (a: Evidence, b: Evidence): number =>
  stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) ||
  b.alertCount - a.alertCount ||
  by(a.entity.name, b.entity.name) ||
  by(a.entity.id, b.entity.id);

/**
 * The story as a graph of at most a few dozen nodes. Where there are more entities, those of one kind with the same ties become one node, the largest such groups first; and
 * if that is not enough, what stands out least becomes one node a kind. `opened` groups are drawn by their members. Same story, same graph: nothing is left to chance,
 * and every entity is in one node.
 */
export function graphOf(
  story: Pick<IncidentStory, 'evidence' | 'edges'>,
  opened: ReadonlySet<string> = new Set(),
): StoryGraph {
  const evidence = story.evidence.toSorted(weight);
  const groups = groupsOf(evidence, story.edges);
  const nodes: StoryNode[] = [];
  const add = (id: string, members: readonly Evidence[]): void => {
    const [first, ...rest] = members;
    if (first) nodes.push(nodeOf(id, [first, ...rest]));
  };
  for (const [id, members] of groups) {
    if (!opened.has(id) || members.length === 1) {
      add(members.length === 1 ? members[0]!.entity.id : id, members);
      continue;
    }
    for (const member of members.slice(0, OPENED_MAX)) add(member.entity.id, [member]);
    add(`${id}:more`, members.slice(OPENED_MAX));
  }
  nodes.sort((a, b) => by(a.firstAt, b.firstAt) || by(a.id, b.id));
  const places = new Map(nodes.flatMap((node) => node.members.map(({ entity }) => [entity.id, node.id] as const)));
  return { nodes, links: linksOf(story.edges, places), nodeOf: places };
}

function nodeOf(id: string, members: readonly [Evidence, ...Evidence[]]): StoryNode {
  return {
    id,
    kind: members[0].entity.kind,
    members,
    state:
      members.map((one) => one.state).toSorted((a, b) => stateOrder.indexOf(a) - stateOrder.indexOf(b))[0] ?? 'seen',
    alertCount: members.reduce((most, one) => Math.max(most, one.alertCount), 0),
    firstAt: members.map((one) => one.firstSeenAt).toSorted(by)[0] ?? '',
  };
}

/** Group id → members; a group of one is an entity by itself. */
function groupsOf(evidence: readonly Evidence[], edges: readonly StoryEdge[]): Map<string, readonly Evidence[]> {
  const single = new Map<string, readonly Evidence[]>(evidence.map((one) => [one.entity.id, [one]]));
  if (evidence.length <= NODES_MAX) return single;
  const ties = new Map<string, string[]>();
  const tie = (id: string, text: string): void => void ties.set(id, [...(ties.get(id) ?? []), text]);
  for (const edge of edges) {
    tie(edge.from, `>${edge.relation}>${edge.to}`);
    tie(edge.to, `<${edge.relation}<${edge.from}`);
  }
  const alike = [
    ...Map.groupBy(evidence, ({ entity }) => `${entity.kind}|${(ties.get(entity.id) ?? []).toSorted(by).join('|')}`),
  ]
    .filter(([, members]) => members.length > 2)
    .toSorted(([a, m], [b, n]) => n.length - m.length || by(a, b));
  for (const [ties, members] of alike) {
    if (single.size <= NODES_MAX) return single;
    gather(single, `group:${members[0]!.entity.kind}:${hash(ties)}`, members);
  }
  if (single.size <= NODES_MAX) return single;
  // What stands out least goes by kind alone.
  const entries = [...single].toSorted(([, a], [, b]) => weight(a[0]!, b[0]!));
  const kinds = new Set(entries.map(([, members]) => members[0]!.entity.kind)).size;
  const rest = entries.slice(NODES_MAX - kinds).flatMap(([id, members]) => {
    single.delete(id);
    return members;
  });
  for (const [kind, members] of Map.groupBy(rest, ({ entity }) => entity.kind))
    single.set(`group:${kind}:rest`, members.toSorted(weight));
  return single;
}

function gather(groups: Map<string, readonly Evidence[]>, id: string, members: readonly Evidence[]): void {
  for (const { entity } of members) groups.delete(entity.id);
  groups.set(id, members);
}

/** FNV-1a: a short name for what a group is known by, the same while its ties are. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return (value >>> 0).toString(36);
}

function linksOf(edges: readonly StoryEdge[], places: ReadonlyMap<string, string>): StoryLink[] {
  const drawn = edges.flatMap((edge) => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    return from !== undefined && to !== undefined && from !== to ? [{ from, to, edge }] : [];
  });
  return [...Map.groupBy(drawn, ({ from, to }) => `${from}→${to}`)]
    .map(([id, some]): StoryLink => {
      const all = some.map(({ edge }) => edge);
      const relations = [...new Set(all.map(({ relation }) => relation))];
      return {
        id,
        from: some[0]!.from,
        to: some[0]!.to,
        relation: relations.slice(0, 2).join(', '),
        edges: all,
        alertCount: all.reduce((most, edge) => Math.max(most, edge.alertCount), 0),
        firstAt: all.map(({ firstAt }) => firstAt).toSorted(by)[0] ?? '',
      };
    })
    .toSorted((a, b) => by(a.firstAt, b.firstAt) || by(a.id, b.id));
}

/** Steps in which a story plays: a time and the alerts that began up to it, at most `max` steps. */
export interface StoryStep {
  readonly at: string;
  readonly alertIds: readonly string[];
}

export function stepsOf(alerts: IncidentStory['alerts'], max = 60): StoryStep[] {
  const sorted = alerts.toSorted((a, b) => by(a.startTime, b.startTime) || by(a.id, b.id));
  const size = Math.max(1, Math.ceil(sorted.length / max));
  const steps: StoryStep[] = [];
  for (let index = 0; index < sorted.length; index += size) {
    const some = sorted.slice(index, index + size);
    steps.push({ at: some.at(-1)!.startTime, alertIds: some.map(({ id }) => id) });
  }
  return steps;
}
