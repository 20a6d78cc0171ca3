import type { GridSettings, QueryResult } from '@sallyport/contracts';

export interface TreeLine {
  readonly id: string;
  /** The row; none for a line that only groups. */
  readonly row: number | undefined;
  readonly depth: number;
  readonly hasChildren: boolean;
  readonly isOpen: boolean;
  /** What a line that groups says. */
  readonly label: string | undefined;
}

interface Node {
  readonly id: string;
  readonly row: number | undefined;
  readonly label: string | undefined;
  readonly children: Node[];
}

const depthMax = 20;

/**
 * Rows as a tree: by a column that names each row's parent, or grouped by columns. `lines` are what shows when the lines named are turned over from how they begin (closed, or open at the top where
 * the workbook says so). Undefined: the settings ask for no tree, or name columns that aren't there.
 */
export function treeOf(
  settings: GridSettings['hierarchySettings'],
  result: QueryResult,
  order: readonly number[],
): { lines(turned: ReadonlySet<string>): TreeLine[] } | undefined {
  if (!settings) return undefined;
  const column = (name: string | null | undefined): number => result.columns.findIndex((one) => one.name === name);
  const roots =
    settings.treeType === 1 || (settings.groupBy?.length ?? 0) > 0
      ? grouped(
          result,
          order,
          (settings.groupBy ?? []).map(column).filter((at) => at >= 0),
        )
      : byParent(result, order, column(settings.idColumn), column(settings.parentColumn));
  if (!roots) return undefined;
  const opensTop = settings.expandTopLevel === true;
  return {
    lines: (turned) => {
      const lines: TreeLine[] = [];
      const walk = (nodes: readonly Node[], depth: number): void => {
        for (const { id, row, label, children } of nodes) {
          const isOpen = (opensTop && depth === 0) !== turned.has(id);
          lines.push({ id, row, depth, hasChildren: children.length > 0, isOpen, label });
          if (isOpen && depth < depthMax) walk(children, depth + 1);
        }
      };
      walk(roots, 0);
      return lines;
    },
  };
}

function byParent(result: QueryResult, order: readonly number[], id: number, parent: number): Node[] | undefined {
  if (id < 0 || parent < 0) return undefined;
  const nodes = new Map<string, Node>();
  for (const row of order) {
    const key = String(result.rows[row]?.[id] ?? '');
    if (!nodes.has(key)) nodes.set(key, { id: `id:${key}`, row, label: undefined, children: [] });
  }
  const roots: Node[] = [];
  for (const [key, node] of nodes) {
    const above = nodes.get(String(result.rows[node.row!]?.[parent] ?? ''));
    if (above && above !== node && !isUnder(above, node)) above.children.push(node);
    else roots.push(node);
    void key;
  }
  return roots;
}
/** Whether `node` lies below `above` already: rows may name each other in a circle. */
const isUnder = (node: Node, above: Node, depth = 0): boolean =>
  depth > depthMax || above.children.some((child) => child === node || isUnder(node, child, depth + 1));

function grouped(result: QueryResult, order: readonly number[], columns: readonly number[]): Node[] | undefined {
  const [first, ...rest] = columns;
  if (first === undefined) return undefined;
  const groups = new Map<string, number[]>();
  for (const row of order) {
    const key = String(result.rows[row]?.[first] ?? '');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups].map(([key, rows]) => ({
    id: `group:${columns.length}:${key}:${rows[0]}`,
    row: undefined,
    label: `${key === '' ? '(empty)' : key} (${rows.length})`,
    children:
      grouped(result, rows, rest) ?? rows.map((row) => ({ id: `row:${row}`, row, label: undefined, children: [] })),
  }));
}
