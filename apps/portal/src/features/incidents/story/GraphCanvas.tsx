import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowResetRegular, ZoomFitRegular, ZoomInRegular, ZoomOutRegular } from '@fluentui/react-icons';
import { MarkerType, Panel, ReactFlow, ReactFlowProvider, useReactFlow, type Edge } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { useMedia } from '../../../shared/hooks.ts';
import { plural } from '../../../shared/numbers.ts';
import type { StoryGraph } from './graph.ts';
import { layoutOf, nextInDirection, NODE_HEIGHT, NODE_WIDTH, type Place } from './layout.ts';
import { nodeLabel, nodeName, Thing, type ThingNode } from './ThingNode.tsx';

const nodeTypes = { thing: Thing };
/** With more ties than this, what ties is written only beside the node that is looked at. */
const LABELS_MAX = 14;

/** A node stays a target of 24 px (WCAG 2.2, 2.5.8), and its name can be read. What does not fit is panned to. */
const ZOOM_LEAST = 0.6;
/** Left free around it, pixels. */
const MARGIN = 16;

/** Where nodes were put, by incident: they stay there while the page lives. */
const remembered = new Map<number, Map<string, Place>>();

const useStyles = makeStyles({
  root: {
    width: '100%',
    height: '100%',
    '--xy-background-color': tokens.colorNeutralBackground2,
    '--xy-edge-stroke': tokens.colorNeutralStrokeAccessible,
    '--xy-edge-stroke-selected': tokens.colorBrandStroke1,
    '--xy-edge-label-color': tokens.colorNeutralForeground1,
    '--xy-edge-label-background-color': tokens.colorNeutralBackground2,
    '--xy-attribution-background-color': 'transparent',
    '& .react-flow__node:focus-visible': {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: '4px',
    },
    '& .react-flow__edge:focus-visible .react-flow__edge-path': { stroke: tokens.colorStrokeFocus2, strokeWidth: 3 },
    '& .react-flow__edge-text': { fontFamily: tokens.fontFamilyBase, fontSize: tokens.fontSizeBase100 },
  },
  panel: { display: 'flex', backgroundColor: tokens.colorNeutralBackground1, borderRadius: tokens.borderRadiusMedium },
});

export interface GraphCanvasProps {
  readonly number: number;
  readonly graph: StoryGraph;
  /** Id of the node or tie that is looked at. */
  readonly chosen: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
  /** Only what had begun by then (ISO 8601) is drawn; undefined: all. */
  readonly until: string | undefined;
  /** Nodes to point out. */
  readonly lit: ReadonlySet<string>;
}

function Canvas(props: GraphCanvasProps): ReactElement {
  const styles = useStyles();
  const { graph, chosen, until, lit, number } = props;
  const flow = useReactFlow();
  const still = useMedia('(prefers-reduced-motion: reduce)');
  const root = useRef<HTMLDivElement>(null);
  const [laid, setLaid] = useState(0);
  const places = useMemo(() => {
    const made = layoutOf(graph.nodes, graph.links, remembered.get(number));
    remembered.set(number, new Map([...(remembered.get(number) ?? []), ...made]));
    return made;
    // `laid` counts how often a person asked for a new layout.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [graph, number, laid]);
  const begun = (at: string): boolean => until === undefined || at <= until;
  const near = useMemo(() => {
    if (chosen === undefined) return undefined;
    const links = graph.links.filter((link) => link.id === chosen || link.from === chosen || link.to === chosen);
    return new Set([chosen, ...links.flatMap(({ id, from, to }) => [id, from, to])]);
  }, [graph, chosen]);

  const nodes = graph.nodes.map((node): ThingNode => {
    const isChosen = node.id === chosen;
    return {
      id: node.id,
      type: 'thing',
      position: places.get(node.id) ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      data: { node, lit: lit.has(node.id), dim: near !== undefined && !near.has(node.id) },
      selected: isChosen,
      hidden: !begun(node.firstAt),
      ariaLabel: nodeLabel(node),
      ariaRole: 'button',
      domAttributes: { 'aria-pressed': isChosen },
    };
  });
  const names = new Map(graph.nodes.map((node) => [node.id, nodeName(node)]));
  const edges = graph.links.map((link): Edge => {
    const isNear = near?.has(link.id) ?? false;
    const named = graph.links.length <= LABELS_MAX || isNear;
    return {
      id: link.id,
      source: link.from,
      target: link.to,
      ...(named ? { label: link.relation } : {}),
      selected: link.id === chosen,
      hidden: !begun(link.firstAt),
      animated: false,
      markerEnd: { type: MarkerType.ArrowClosed, color: 'var(--xy-edge-stroke)' },
      style: { strokeWidth: isNear ? 2.5 : 1.25, opacity: near !== undefined && !isNear ? 0.5 : 1 },
      ariaLabel: `${names.get(link.from)} ${link.relation} ${names.get(link.to)}, ${plural(link.alertCount, 'alert')}`,
      ariaRole: 'button',
    };
  });

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const item = (event.target as Element).closest('.react-flow__node, .react-flow__edge');
    const id = item?.getAttribute('data-id');
    if (id === null || id === undefined) return;
    if (event.key === 'Enter' || event.key === ' ') props.onChoose(id);
    else if (event.key === 'Escape') props.onChoose(undefined);
    else if (
      event.key === 'ArrowUp' ||
      event.key === 'ArrowDown' ||
      event.key === 'ArrowLeft' ||
      event.key === 'ArrowRight'
    ) {
      const shown = new Map([...places].filter(([one]) => nodes.some((node) => node.id === one && !node.hidden)));
      const next = nextInDirection(shown, id, event.key);
      if (next !== undefined)
        root.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(next)}"]`)?.focus();
    } else return;
    event.preventDefault();
  };
  const move = { duration: still ? 0 : 200 };
  /** All of it where it fits; else from where the story begins, at the left. */
  const showAll = (duration: number): void => {
    const room = root.current?.getBoundingClientRect();
    const box = flow.getNodesBounds(graph.nodes.map(({ id }) => id));
    if (!room || box.width === 0) return;
    const fitting = Math.min((room.width - 2 * MARGIN) / box.width, (room.height - 2 * MARGIN) / box.height);
    const zoom = Math.max(ZOOM_LEAST, Math.min(1, fitting));
    const middle = (space: number, size: number): number => (space - size * zoom) / 2;
    void flow.setViewport(
      {
        x: Math.max(MARGIN, middle(room.width, box.width)) - box.x * zoom,
        y: middle(room.height, box.height) - box.y * zoom,
        zoom,
      },
      { duration },
    );
  };
  return (
    // Keys of the nodes inside are heard here.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={root} className={styles.root} onKeyDown={onKeyDown}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        onNodeClick={(_, node) => props.onChoose(node.id)}
        onEdgeClick={(_, edge) => props.onChoose(edge.id)}
        onPaneClick={() => props.onChoose(undefined)}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        nodesFocusable
        edgesFocusable
        disableKeyboardA11y
        zoomOnScroll={false}
        panOnScroll={false}
        preventScrolling={false}
        minZoom={ZOOM_LEAST}
        maxZoom={2}
        onInit={() => showAll(0)}
        proOptions={{ hideAttribution: true }}
        aria-label="Entities and what ties them"
      >
        <Panel position="top-right" className={styles.panel}>
          <Button
            appearance="subtle"
            size="small"
            icon={<ZoomInRegular />}
            aria-label="Zoom in"
            title="Zoom in"
            onClick={() => void flow.zoomIn(move)}
          />
          <Button
            appearance="subtle"
            size="small"
            icon={<ZoomOutRegular />}
            aria-label="Zoom out"
            title="Zoom out"
            onClick={() => void flow.zoomOut(move)}
          />
          <Button
            appearance="subtle"
            size="small"
            icon={<ZoomFitRegular />}
            aria-label="Show all"
            title="Show all"
            onClick={() => showAll(move.duration)}
          />
          <Button
            appearance="subtle"
            size="small"
            icon={<ArrowResetRegular />}
            aria-label="Lay out anew"
            title="Lay out anew"
            onClick={() => {
              remembered.delete(number);
              setLaid((times) => times + 1);
              requestAnimationFrame(() => showAll(move.duration));
            }}
          />
        </Panel>
      </ReactFlow>
    </div>
  );
}

/** The drawing itself. Loaded when it is needed. Tab goes through nodes, arrows to the next in a direction, Enter looks at one, Esc lets go. */
export default function GraphCanvas(props: GraphCanvasProps): ReactElement {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}
