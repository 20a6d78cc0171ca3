import type { ProcessNode } from '@sallyport/contracts';

/** A line of the tree as it is shown. */
export interface TreeLine {
  readonly node: ProcessNode;
  readonly level: number;
  /** Its place among those beside it, from 1, and how many these are. */
  readonly place: number;
  readonly of: number;
  readonly isOpen: boolean;
  /** Children that are known but not loaded. */
  readonly missing: number;
}

/** Children by their parent's key; `null` at the top. Nodes come parents first. A node whose parent is not there stands at the top. */
export function childrenOf(nodes: readonly ProcessNode[]): ReadonlyMap<string | null, readonly ProcessNode[]> {
  const keys = new Set(nodes.map(({ key }) => key));
  return Map.groupBy(nodes, ({ parentKey }) => (parentKey !== null && keys.has(parentKey) ? parentKey : null));
}

/** The lines that are shown while the keys of `closed` are closed, downwards. */
export function linesOf(nodes: readonly ProcessNode[], closed: ReadonlySet<string>): TreeLine[] {
  const children = childrenOf(nodes);
  const lines: TreeLine[] = [];
  const add = (some: readonly ProcessNode[], level: number): void => {
    for (const [index, node] of some.entries()) {
      const below = children.get(node.key) ?? [];
      const isOpen = below.length > 0 && !closed.has(node.key);
      lines.push({
        node,
        level,
        place: index + 1,
        of: some.length,
        isOpen,
        missing: node.wasSeen ? Math.max(0, node.childCount - below.length) : 0,
      });
      if (isOpen) add(below, level + 1);
    }
  };
  add(children.get(null) ?? [], 1);
  return lines;
}

/** Nodes with what was loaded of a parent, each once, what was there first. */
export function withMore(nodes: readonly ProcessNode[], more: readonly ProcessNode[]): ProcessNode[] {
  const known = new Set(nodes.map(({ key }) => key));
  return [...nodes, ...more.filter(({ key }) => !known.has(key))];
}
