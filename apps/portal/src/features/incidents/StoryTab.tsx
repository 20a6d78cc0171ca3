import { makeStyles, mergeClasses, shorthands, Text, tokens } from '@fluentui/react-components';
import type { Incident } from '@sallyport/contracts';
import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { EntityIcon } from '../../shared/EntityLink.tsx';
import { plural } from '../../shared/numbers.ts';
import { Section } from '../../shared/Section.tsx';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { prose, visible } from '../../shared/text.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { storyOf } from './story.ts';

const ROW = 44;
const NODE = 36;
/** Right edge of the alerts and left edge of the entities, in percent of the width. */
const [LEFT, RIGHT] = [48, 68];

const useStyles = makeStyles({
  graph: { position: 'relative', minWidth: '560px' },
  scroll: { overflowX: 'auto' },
  lines: { position: 'absolute', inset: 0, width: '100%', height: '100%', pointerEvents: 'none' },
  line: { fill: 'none', stroke: tokens.colorNeutralStroke1, strokeWidth: tokens.strokeWidthThin },
  lit: { stroke: tokens.colorBrandStroke1, strokeWidth: tokens.strokeWidthThick },
  node: {
    position: 'absolute',
    height: `${NODE}px`,
    boxSizing: 'border-box',
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    padding: `0 ${tokens.spacingHorizontalM}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  alert: { left: 0, width: `${LEFT}%`, borderRadius: tokens.borderRadiusMedium },
  entity: { left: `${RIGHT}%`, width: `${100 - RIGHT}%`, borderRadius: tokens.borderRadiusCircular },
  weak: { ...shorthands.borderStyle('dashed') },
  litNode: { ...shorthands.borderColor(tokens.colorBrandStroke1) },
  dim: { opacity: 0.45 },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 },
  time: { marginLeft: 'auto', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, flexShrink: 0 },
  note: { color: tokens.colorNeutralForeground3 },
  text: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxWidth: '90ch' },
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
});

/** Alerts by time at the left, the entities that join them at the right. Dashed: a name too weak to join alerts by. */
function Graph({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  const story = storyOf(incident);
  const [lit, setLit] = useState<{ side: 'alert' | 'entity'; index: number }>();
  const isLit = ([alert, entity]: readonly [number, number]): boolean =>
    lit !== undefined && (lit.side === 'alert' ? alert === lit.index : entity === lit.index);
  const litAlert = (index: number): boolean => story.links.some((link) => link[0] === index && isLit(link));
  const litEntity = (index: number): boolean => story.links.some((link) => link[1] === index && isLit(link));
  const rows = Math.max(story.alerts.length, story.entities.length);
  const height = rows * ROW;
  const y = (index: number, count: number): number => ((rows - count) / 2 + index) * ROW;
  const shade = (on: boolean): string | undefined => (lit === undefined ? undefined : on ? styles.litNode : styles.dim);
  const params = { number: String(incident.number) };
  return (
    <div className={styles.scroll}>
      <div className={styles.graph} style={{ height }} onMouseLeave={() => setLit(undefined)}>
        <svg className={styles.lines} viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" aria-hidden="true">
          {story.links.map((link) => {
            const [from, to] = [
              y(link[0], story.alerts.length) + NODE / 2,
              y(link[1], story.entities.length) + NODE / 2,
            ];
            const middle = (LEFT + RIGHT) / 2;
            return (
              <path
                key={link.join('-')}
                vectorEffect="non-scaling-stroke"
                className={mergeClasses(styles.line, isLit(link) && styles.lit)}
                d={`M${LEFT} ${from}C${middle} ${from} ${middle} ${to} ${RIGHT} ${to}`}
              />
            );
          })}
        </svg>
        {story.alerts.map((node, index) => (
          <Link
            key={node.key}
            to="/incidents/$number"
            params={params}
            search={{ tab: 'alerts', alert: node.alerts[0]!.systemAlertId }}
            className={mergeClasses(styles.node, styles.alert, shade(litAlert(index)))}
            style={{ top: y(index, story.alerts.length) }}
            title={visible(node.name)}
            onMouseEnter={() => setLit({ side: 'alert', index })}
            onFocus={() => setLit({ side: 'alert', index })}
            onBlur={() => setLit(undefined)}
          >
            <SeverityIcon severity={node.severity} />
            <span className={styles.name}>{visible(node.name)}</span>
            <span className={styles.time}>
              {node.alerts.length > 1 && `${node.alerts.length} × · `}
              <RelativeTime at={node.startTime} />
            </span>
          </Link>
        ))}
        {story.entities.map((entity, index) => (
          <Link
            key={entity.id}
            to="/incidents/$number"
            params={params}
            search={{ tab: 'entities', entity: entity.id }}
            className={mergeClasses(styles.node, styles.entity, !entity.strong && styles.weak, shade(litEntity(index)))}
            style={{ top: y(index, story.entities.length) }}
            title={visible(entity.name)}
            onMouseEnter={() => setLit({ side: 'entity', index })}
            onFocus={() => setLit({ side: 'entity', index })}
            onBlur={() => setLit(undefined)}
          >
            <EntityIcon kind={entity.kind} />
            <bdi className={styles.name}>{visible(entity.name)}</bdi>
          </Link>
        ))}
      </div>
      {(story.alertsLeftOut > 0 || story.entitiesLeftOut > 0) && (
        <Text size={200} className={styles.note}>
          Not drawn: {plural(story.alertsLeftOut, 'rule')} and {plural(story.entitiesLeftOut, 'entity', 'entities')};
          all are in their tabs.
        </Text>
      )}
    </div>
  );
}

export function StoryTab({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      {incident.description !== '' && (
        <Section title="What happened" card>
          <Text className={styles.text}>{prose(incident.description)}</Text>
        </Section>
      )}
      <Section title="Alerts and what joins them" card>
        <Graph incident={incident} />
      </Section>
    </div>
  );
}
