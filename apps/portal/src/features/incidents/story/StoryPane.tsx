import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { IncidentStory } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { EntityIcon, EntityLink } from '../../../shared/EntityLink.tsx';
import { plural } from '../../../shared/numbers.ts';
import { Section } from '../../../shared/Section.tsx';
import { SidePanel } from '../../../shared/SidePanel.tsx';
import { visible, words } from '../../../shared/text.ts';
import { AlertLinks, EvidenceFacts } from './EvidenceFacts.tsx';
import type { StoryGraph, StoryLink, StoryNode } from './graph.ts';
import { nodeName } from './ThingNode.tsx';
import { VerdictMenu } from './VerdictMenu.tsx';

const MEMBERS_SHOWN = 100;
const TIES_SHOWN = 40;

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
  },
  muted: { color: tokens.colorNeutralForeground3 },
  tie: {
    justifyContent: 'flex-start',
    textAlign: 'start',
    fontWeight: tokens.fontWeightRegular,
    maxWidth: '100%',
    overflowWrap: 'anywhere',
  },
});

interface PaneProps {
  readonly number: number;
  readonly story: IncidentStory;
  readonly graph: StoryGraph;
  readonly node: StoryNode | undefined;
  readonly link: StoryLink | undefined;
  readonly onChoose: (id: string) => void;
  readonly onClose: () => void;
  readonly onOpenGroup: (id: string) => void;
}

/** Beside the graph: what is known of the node or the tie that is looked at, and where one may go from it. */
export function StoryPane(props: PaneProps): ReactElement | null {
  const { node, link } = props;
  if (node?.members.length === 1) return <EntityPane {...props} node={node} />;
  if (node) return <GroupPane {...props} node={node} />;
  return link ? <TiePane {...props} link={link} /> : null;
}

function EntityPane({ number, story, graph, node, onChoose, onClose }: PaneProps & { node: StoryNode }): ReactElement {
  const styles = useStyles();
  const evidence = node.members[0];
  const names = new Map(graph.nodes.map((one) => [one.id, nodeName(one)]));
  const ties = graph.links.filter(({ from, to }) => from === node.id || to === node.id);
  return (
    <SidePanel
      label="Entity"
      title={visible(evidence.entity.name)}
      onClose={onClose}
      footer={
        <>
          <EntityLink entity={evidence.entity} />
          <VerdictMenu number={number} evidence={evidence} />
        </>
      }
    >
      <EvidenceFacts number={number} story={story} evidence={evidence} />
      {ties.length > 0 && (
        <Section title="Ties">
          <ul className={styles.list}>
            {ties.slice(0, TIES_SHOWN).map((tie) => (
              <li key={tie.id}>
                <Button size="small" appearance="transparent" className={styles.tie} onClick={() => onChoose(tie.id)}>
                  {tie.from === node.id
                    ? `${tie.relation} ${names.get(tie.to) ?? ''}`
                    : `${names.get(tie.from) ?? ''} ${tie.relation} it`}
                </Button>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </SidePanel>
  );
}

function GroupPane({ node, onClose, onOpenGroup }: PaneProps & { node: StoryNode }): ReactElement {
  const styles = useStyles();
  return (
    <SidePanel
      label="Group"
      title={nodeName(node)}
      onClose={onClose}
      footer={
        <Button appearance="primary" onClick={() => onOpenGroup(node.id)}>
          Draw them apart
        </Button>
      }
    >
      <Text>They have the same ties, or stand out least, and are drawn as one.</Text>
      <ul className={styles.list}>
        {node.members.slice(0, MEMBERS_SHOWN).map(({ entity }) => (
          <li key={entity.id}>
            <EntityLink entity={entity} />
          </li>
        ))}
      </ul>
      {node.members.length > MEMBERS_SHOWN && (
        <Text size={200} className={styles.muted}>
          and {plural(node.members.length - MEMBERS_SHOWN, 'other', 'others')}: the tab Evidence has all
        </Text>
      )}
    </SidePanel>
  );
}

function TiePane({ number, story, graph, link, onChoose, onClose }: PaneProps & { link: StoryLink }): ReactElement {
  const styles = useStyles();
  const ids = new Set(link.edges.flatMap((edge) => edge.alertIds));
  const alerts = story.alerts.filter(({ id }) => ids.has(id));
  const ends = graph.nodes.filter(({ id }) => id === link.from || id === link.to);
  const names = new Map(ends.map((one) => [one.id, nodeName(one)]));
  return (
    <SidePanel
      label="Tie"
      title={`${names.get(link.from) ?? ''} ${link.relation} ${names.get(link.to) ?? ''}`}
      onClose={onClose}
    >
      <Section title="Between">
        <ul className={styles.list}>
          {ends.map((node) => (
            <li key={node.id}>
              <Button
                size="small"
                appearance="transparent"
                className={styles.tie}
                icon={<EntityIcon kind={node.kind} />}
                title={words(node.kind)}
                onClick={() => onChoose(node.id)}
              >
                <bdi>{nodeName(node)}</bdi>
              </Button>
            </li>
          ))}
        </ul>
      </Section>
      <Section title={`Told by ${plural(link.alertCount, 'alert')}`}>
        <AlertLinks number={number} alerts={alerts} />
      </Section>
    </SidePanel>
  );
}
