import dagre from '@dagrejs/dagre';

export interface Place {
  readonly x: number;
  readonly y: number;
}
export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 56;
const GAP_ACROSS = 80;
const GAP_DOWN = 22;

/**
 * Where nodes stand, top left corners. Those of `kept` stay where they are: new ones come beside a node that they are tied to, at the first free place downwards. Without
 * any, all are laid out in layers, what acts at the left. Same input, same places.
 */
export function layoutOf(
  nodes: readonly { readonly id: string }[],
  links: readonly { readonly from: string; readonly to: string }[],
  kept: ReadonlyMap<string, Place> = new Map(),
): Map<string, Place> {
  const places = new Map(nodes.flatMap(({ id }) => (kept.has(id) ? [[id, kept.get(id)!] as const] : [])));
  if (places.size === 0) return layers(nodes, links);
  for (const { id } of nodes) {
    if (places.has(id)) continue;
    const into = links.find(({ from, to }) => to === id && places.has(from));
    const out = links.find(({ from, to }) => from === id && places.has(to));
    const beside = into ? places.get(into.from) : out ? places.get(out.to) : undefined;
    const x = beside ? beside.x + (into ? 1 : -1) * (NODE_WIDTH + GAP_ACROSS) : 0;
    places.set(id, free({ x, y: beside?.y ?? 0 }, places));
  }
  return places;
}

function free(from: Place, places: ReadonlyMap<string, Place>): Place {
  const taken = [...places.values()];
  let { y } = from;
  // Each round passes at least one node, so this ends.
  for (;;) {
    const at = y;
    const hit = taken.find(
      (place) => Math.abs(place.x - from.x) < NODE_WIDTH + GAP_DOWN && Math.abs(place.y - at) < NODE_HEIGHT + GAP_DOWN,
    );
    if (!hit) return { x: from.x, y };
    y = hit.y + NODE_HEIGHT + GAP_DOWN;
  }
}

function layers(
  nodes: readonly { readonly id: string }[],
  links: readonly { readonly from: string; readonly to: string }[],
): Map<string, Place> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: GAP_DOWN, ranksep: GAP_ACROSS });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of links) graph.setEdge(from, to);
  dagre.layout(graph);
  return new Map(
    nodes.map(({ id }) => {
      const { x, y } = graph.node(id);
      return [id, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) }];
    }),
  );
}

/** Of a node, the next one in a direction: nearest along it, what lies aside counting double. Undefined at the edge. */
export function nextInDirection(
  places: ReadonlyMap<string, Place>,
  from: string,
  key: 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight',
): string | undefined {
  const at = places.get(from);
  if (!at) return undefined;
  const [dx, dy] = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key] as [
    number,
    number,
  ];
  let best: { id: string; cost: number } | undefined;
  for (const [id, place] of places) {
    const along = (place.x - at.x) * dx + (place.y - at.y) * dy;
    if (id === from || along <= 0) continue;
    const cost = along + 2 * Math.abs((place.x - at.x) * dy + (place.y - at.y) * dx);
    if (best === undefined || cost < best.cost) best = { id, cost };
  }
  return best?.id;
}
