import { makeStyles, mergeClasses, shorthands, tokens } from '@fluentui/react-components';
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { memo, type ReactElement } from 'react';
import { EntityIcon } from '../../../shared/EntityLink.tsx';
import { plural } from '../../../shared/numbers.ts';
import { elide, visible, words } from '../../../shared/text.ts';
import type { StoryNode } from './graph.ts';
import { StateMark, stateNames } from './StateMark.tsx';

export type ThingNode = Node<{ readonly node: StoryNode; readonly lit: boolean; readonly dim: boolean }, 'thing'>;

const NAME_MAX = 28;

const useStyles = makeStyles({
  root: {
    width: '100%',
    height: '100%',
    boxSizing: 'border-box',
    display: 'grid',
    gridTemplateColumns: 'auto minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    alignItems: 'center',
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}`,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStrokeAccessible}`,
  },
  name: {
    fontWeight: tokens.fontWeightSemibold,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    display: 'block',
  },
  below: {
    display: 'flex',
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground2,
    whiteSpace: 'nowrap',
  },
  // Shapes tell as much as colours.
  known: {
    ...shorthands.borderWidth(tokens.strokeWidthThicker),
    ...shorthands.borderColor(tokens.colorPaletteRedBorderActive),
    borderRadius: tokens.borderRadiusNone,
  },
  suspected: {
    ...shorthands.borderWidth(tokens.strokeWidthThick),
    ...shorthands.borderStyle('dashed'),
    ...shorthands.borderColor(tokens.colorPaletteDarkOrangeBorderActive),
    borderRadius: tokens.borderRadiusMedium,
  },
  contained: {
    ...shorthands.borderWidth(tokens.strokeWidthThickest),
    ...shorthands.borderStyle('double'),
    ...shorthands.borderColor(tokens.colorBrandStroke1),
    borderRadius: tokens.borderRadiusXLarge,
  },
  cleared: {
    ...shorthands.borderStyle('dotted'),
    ...shorthands.borderColor(tokens.colorPaletteGreenBorderActive),
    borderRadius: tokens.borderRadiusCircular,
  },
  seen: { borderRadius: tokens.borderRadiusCircular },
  // Several behind one another.
  group: {
    boxShadow: `4px 4px 0 0 ${tokens.colorNeutralBackground1}, 4px 4px 0 1px ${tokens.colorNeutralStrokeAccessible}`,
  },
  lit: { backgroundColor: tokens.colorBrandBackground2 },
  chosen: { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`, outlineOffset: '2px' },
  dim: { backgroundColor: tokens.colorNeutralBackground3 },
  handle: { visibility: 'hidden', pointerEvents: 'none' },
});

/** What a node is called: an entity's name, or how many of which kind. */
export const nodeName = (node: StoryNode): string =>
  node.members.length === 1
    ? visible(node.members[0].entity.name)
    : plural(node.members.length, words(node.kind).toLowerCase(), many(words(node.kind).toLowerCase()));

const many = (kind: string): string =>
  kind.endsWith('s') || kind.endsWith('x')
    ? `${kind}es`
    : /[^aeiou]y$/.test(kind)
      ? `${kind.slice(0, -1)}ies`
      : `${kind}s`;

/** What a node says to who does not see it. */
export const nodeLabel = (node: StoryNode): string =>
  `${node.members.length === 1 ? `${words(node.kind)} ` : ''}${nodeName(node)}, ${stateNames[node.state].toLowerCase()}, ${plural(node.alertCount, 'alert')}`;

export const Thing = memo(function Thing({ data, selected }: NodeProps<ThingNode>): ReactElement {
  const styles = useStyles();
  const { node } = data;
  return (
    <div
      className={mergeClasses(
        styles.root,
        styles[node.state],
        node.members.length > 1 && styles.group,
        data.dim && styles.dim,
        data.lit && styles.lit,
        selected && styles.chosen,
      )}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className={styles.handle} />
      <EntityIcon kind={node.kind} />
      <span>
        <bdi className={styles.name} title={nodeName(node)}>
          {elide(nodeName(node), NAME_MAX)}
        </bdi>
        <span className={styles.below}>
          <StateMark state={node.state} />
          <span>{plural(node.alertCount, 'alert')}</span>
        </span>
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} className={styles.handle} />
    </div>
  );
});
