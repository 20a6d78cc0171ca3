import { hierarchy, treemap } from 'd3-hierarchy';
import type { ReactElement } from 'react';
import { useDark } from '../../../shared/dark.ts';
import { count } from '../../../shared/numbers.ts';
import { visible } from '../../../shared/text.ts';
import { colourOf, type Size } from './colours.ts';
import type { Branch } from './shapes.ts';

const PADDING = 2;
const [TEXT_WIDTH_MIN, TEXT_HEIGHT_MIN, CHARACTER] = [40, 18, 7];

/** Areas as large as their numbers, those of one outer level in one colour. */
export function TreemapChart({ tree, width, height }: Size & { tree: Branch }): ReactElement {
  const dark = useDark();
  const root = treemap<Branch>().size([width, height]).paddingInner(PADDING).paddingOuter(PADDING)(
    hierarchy(tree)
      .sum(({ value = 0 }) => value)
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0)),
  );
  const tops = new Map((root.children ?? []).map((child, index) => [child, index]));
  return (
    <svg width={width} height={height} role="img" aria-label="Treemap of the results">
      {root.leaves().map((leaf) => {
        const way = leaf.ancestors().toReversed().slice(1);
        const name = way.map(({ data }) => visible(data.name) || '(empty)').join(' › ');
        const [w, h] = [leaf.x1 - leaf.x0, leaf.y1 - leaf.y0];
        const top = way[0];
        return (
          <g key={name} transform={`translate(${leaf.x0},${leaf.y0})`}>
            <rect
              width={w}
              height={h}
              fill={colourOf((top && tops.get(top)) ?? 0, dark)}
              fillOpacity={dark ? 0.6 : 0.35}
            >
              <title>{`${name}: ${count(leaf.value ?? 0)}`}</title>
            </rect>
            {w > TEXT_WIDTH_MIN && h > TEXT_HEIGHT_MIN && (
              <text x={4} y={14} fontSize={12} fill="currentColor" pointerEvents="none">
                {(visible(leaf.data.name) || '(empty)').slice(0, Math.floor(w / CHARACTER))}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
