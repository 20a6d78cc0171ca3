import { makeStyles, tokens } from '@fluentui/react-components';
import {
  forceCenter,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  type SimulationNodeDatum,
} from 'd3-force';
import { useMemo, useState, type ReactElement } from 'react';
import { useDark } from '../../../shared/dark.ts';
import { plural } from '../../../shared/numbers.ts';
import { elide, visible } from '../../../shared/text.ts';
import { colourOf, type Size } from './colours.ts';
import type { Net } from './shapes.ts';

interface Node extends SimulationNodeDatum {
  readonly id: string;
  readonly links: number;
}

/** Steps of the layout: it is computed before it is shown, from fixed places, so that the same rows always look the same. */
const STEPS = 300;
const [LINK_LENGTH, REPULSION, ROOM] = [70, -160, 16];
const TEXT_MAX = 28;
const MARGIN = 24;

const useStyles = makeStyles({
  node: {
    cursor: 'pointer',
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  text: { fontSize: tokens.fontSizeBase200, fill: tokens.colorNeutralForeground1, pointerEvents: 'none' },
});

/** Rows as edges between what they name. A press on a node dims what it has no edge to. */
export function GraphChart({ net, width, height }: Size & { net: Net }): ReactElement {
  const styles = useStyles();
  const dark = useDark();
  const [chosen, setChosen] = useState<string>();
  const { nodes, links } = useMemo(() => {
    const made: Node[] = net.nodes.map((node) => ({ ...node }));
    const tied = net.links.map((link) => ({ ...link }));
    forceSimulation(made)
      .force(
        'link',
        forceLink<Node, (typeof tied)[number]>(tied)
          .id(({ id }) => id)
          .distance(LINK_LENGTH),
      )
      .force('charge', forceManyBody().strength(REPULSION))
      .force('collide', forceCollide(ROOM))
      .force('center', forceCenter(0, 0))
      .stop()
      .tick(STEPS);
    return { nodes: made, links: net.links };
  }, [net]);
  const xs = nodes.map(({ x = 0 }) => x);
  const ys = nodes.map(({ y = 0 }) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [wide, tall] = [Math.max(1, Math.max(...xs) - left), Math.max(1, Math.max(...ys) - top)];
  const scale = Math.min((width - 2 * MARGIN) / wide, (height - 2 * MARGIN) / tall, 2);
  const placeOf = new Map(
    nodes.map(({ id, x = 0, y = 0 }) => [
      id,
      {
        x: (width - wide * scale) / 2 + (x - left) * scale,
        y: (height - tall * scale) / 2 + (y - top) * scale,
      },
    ]),
  );
  const near = new Set(
    chosen === undefined
      ? []
      : [
          chosen,
          ...links.flatMap(({ source, target }) => (source === chosen ? [target] : target === chosen ? [source] : [])),
        ],
  );
  const dim = (id: string): boolean => chosen !== undefined && !near.has(id);
  return (
    <svg width={width} height={height} aria-label={`Graph of ${plural(nodes.length, 'node')}`}>
      {links.map(({ source, target, rows, label }) => {
        const [from, to] = [placeOf.get(source), placeOf.get(target)];
        if (!from || !to) return null;
        const tied = chosen === undefined || source === chosen || target === chosen;
        return (
          <line
            key={JSON.stringify([source, target])}
            x1={from.x}
            y1={from.y}
            x2={to.x}
            y2={to.y}
            stroke={tokens.colorNeutralStroke1}
            strokeWidth={1 + Math.min(4, Math.log2(rows))}
            opacity={tied ? 1 : 0.15}
          >
            <title>{`${visible(source)} → ${visible(target)}${label === '' ? '' : ` · ${visible(label)}`} (${plural(rows, 'row')})`}</title>
          </line>
        );
      })}
      {nodes.map(({ id, links: degree }) => {
        const at = placeOf.get(id);
        if (!at) return null;
        const choose = (): void => setChosen(chosen === id ? undefined : id);
        return (
          <g
            key={id}
            className={styles.node}
            role="button"
            tabIndex={0}
            aria-pressed={chosen === id}
            aria-label={`${visible(id)}, ${plural(degree, 'edge')}`}
            opacity={dim(id) ? 0.2 : 1}
            transform={`translate(${at.x},${at.y})`}
            onClick={choose}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return;
              event.preventDefault();
              choose();
            }}
          >
            <circle
              r={4 + Math.min(10, Math.sqrt(degree) * 2)}
              fill={colourOf(0, dark)}
              stroke={tokens.colorNeutralBackground1}
            />
            <text className={styles.text} x={10} y={4}>
              {elide(visible(id), TEXT_MAX)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
