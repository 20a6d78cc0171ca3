import { Button, Dropdown, makeStyles, mergeClasses, Option, Text, tokens } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular, SearchSquareRegular, ShieldErrorFilled } from '@fluentui/react-icons';
import type { Incident, ProcessNode, ProcessTree } from '@sallyport/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { Copyable } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { plural } from '../../shared/numbers.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { elide, visible } from '../../shared/text.ts';
import { exact } from '../../shared/time.ts';
import { useNotify } from '../../shared/toast.tsx';
import { inWorkspace } from '../../shared/workspaces.ts';
import type { IncidentSearch } from './index.ts';
import { linesOf, withMore, type TreeLine } from './processes.ts';
import { processesQuery, useStory } from './queries.ts';
import { AlertLinks } from './story/EvidenceFacts.tsx';

const INDENT = 20;
const COMMAND_MAX = 220;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexGrow: 1, minHeight: 0 },
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalM },
  host: { minWidth: '260px', maxWidth: '100%' },
  end: { marginLeft: 'auto' },
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  tree: {
    flexGrow: 1,
    minWidth: 0,
    overflow: 'auto',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingVerticalXS,
  },
  line: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    minHeight: '32px',
    paddingRight: tokens.spacingHorizontalS,
    borderRadius: tokens.borderRadiusSmall,
    cursor: 'pointer',
    whiteSpace: 'nowrap',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: `calc(-1 * ${tokens.strokeWidthThick})`,
    },
  },
  open: { backgroundColor: tokens.colorNeutralBackground1Selected },
  toggle: { width: '20px', flexShrink: 0, display: 'inline-flex', color: tokens.colorNeutralForeground3 },
  name: { fontWeight: tokens.fontWeightSemibold, flexShrink: 0 },
  unseen: { fontStyle: 'italic', fontWeight: tokens.fontWeightRegular },
  command: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    minWidth: 0,
    flexGrow: 1,
  },
  alert: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXXS,
    color: tokens.colorPaletteRedForeground1,
    flexShrink: 0,
  },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, flexShrink: 0 },
});

interface TabProps {
  readonly incident: Incident;
  readonly search: IncidentSearch;
  readonly onSet: (change: IncidentSearch) => void;
}

/** On a device of the incident: the processes that alerts are about, with what started them and what they started. */
export function ProcessesTab({ incident, search, onSet }: TabProps): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const {
    data: tree,
    error,
    refetch,
  } = useQuery(processesQuery(incident.number, search.host, String(incident.alertCount)));
  if (error && !tree)
    return <ErrorState error={error} title="The processes could not be read" onRetry={() => void refetch()} />;
  if (!tree) return <Loading rows={12} label="Reading the processes" />;
  const host = tree.hosts.find(({ id }) => id === tree.hostId);
  if (!host)
    return (
      <EmptyState title="No device">
        None of the alerts is about a device, so there are no processes to show.
      </EmptyState>
    );
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        <Dropdown
          size="small"
          className={styles.host}
          aria-label="Device"
          value={visible(host.name)}
          selectedOptions={[host.id]}
          onOptionSelect={(_, { optionValue }) => onSet({ host: optionValue, node: undefined })}
        >
          {tree.hosts.map((one) => (
            <Option key={one.id} value={one.id} text={visible(one.name)}>
              {`${visible(one.name)} · ${plural(one.alertCount, 'alert')}`}
            </Option>
          ))}
        </Dropdown>
        <Text size={200}>
          {tree.basis === 'alerts'
            ? 'What the alerts are about, with what started it and what it started.'
            : 'The alerts name no process that was seen: this is what started when they did.'}{' '}
          {tree.partial ?? ''}
        </Text>
        {tree.query !== '' && (
          <Button
            size="small"
            appearance="subtle"
            className={styles.end}
            icon={<SearchSquareRegular />}
            onClick={() =>
              void navigate({
                to: '/hunting',
                search: { range: `${tree.from}/${tree.to}`, ...inWorkspace(incident.workspaceId) },
                hash: `query=${encodeFragment(tree.query)}`,
              })
            }
          >
            All processes of the device
          </Button>
        )}
      </div>
      {tree.nodes.length === 0 ? (
        <EmptyState title="No process was seen">
          No log of started processes (Sysmon, event 4688, auditd, Defender) of {visible(host.name)} has rows of that
          time.
        </EmptyState>
      ) : (
        <Tree
          key={tree.hostId}
          incident={incident}
          tree={tree}
          openKey={search.node}
          onOpen={(key) => onSet({ node: key })}
        />
      )}
    </div>
  );
}

function Tree(props: {
  incident: Incident;
  tree: ProcessTree;
  openKey: string | undefined;
  onOpen: (key: string | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const { incident, tree, openKey, onOpen } = props;
  const queries = useQueryClient();
  const notify = useNotify();
  const prefix = useId();
  const root = useRef<HTMLDivElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [more, setMore] = useState<readonly ProcessNode[]>([]);
  const [full, setFull] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState(0);
  const nodes = useMemo(() => withMore(tree.nodes, more), [tree.nodes, more]);
  const lines = useMemo(() => linesOf(nodes, closed), [nodes, closed]);
  const at = Math.min(active, Math.max(0, lines.length - 1));
  const open = nodes.find(({ key }) => key === openKey);

  const focus = (index: number): void => {
    const to = Math.max(0, Math.min(lines.length - 1, index));
    setActive(to);
    root.current?.querySelector<HTMLElement>(`#${CSS.escape(`${prefix}-${to}`)}`)?.focus();
  };
  const toggle = (key: string): void => {
    const next = new Set(closed);
    if (!next.delete(key)) next.add(key);
    setClosed(next);
  };
  const load = async (key: string): Promise<void> => {
    try {
      const found = await queries.fetchQuery(
        processesQuery(incident.number, tree.hostId ?? undefined, String(incident.alertCount), key),
      );
      setMore((before) => withMore(before, found.nodes));
      setFull((before) => new Set([...before, key]));
    } catch (error) {
      notify.failed('The processes could not be read', error);
    }
  };
  // As the ARIA practices have it for trees.
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const line = lines[at];
    if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
    const hasChildren = nodes.some(({ parentKey }) => parentKey === line.node.key);
    const acts: Record<string, () => void> = {
      ArrowDown: () => focus(at + 1),
      ArrowUp: () => focus(at - 1),
      Home: () => focus(0),
      End: () => focus(lines.length - 1),
      ArrowRight: () => {
        if (hasChildren && !line.isOpen) toggle(line.node.key);
        else if (line.isOpen) focus(at + 1);
        else if (line.missing > 0) void load(line.node.key);
      },
      ArrowLeft: () => {
        if (line.isOpen) toggle(line.node.key);
        else focus(lines.findIndex(({ node }) => node.key === line.node.parentKey));
      },
      Enter: () => onOpen(line.node.key),
      ' ': () => onOpen(line.node.key),
      Escape: () => onOpen(undefined),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  return (
    <div className={styles.split}>
      <div ref={root} className={styles.tree} role="tree" aria-label="Processes" onKeyDown={onKeyDown}>
        {lines.map((line, index) => (
          <Line
            key={line.node.key}
            id={`${prefix}-${index}`}
            line={line}
            isFull={full.has(line.node.key)}
            isOpenInPanel={line.node.key === openKey}
            tabIndex={index === at ? 0 : -1}
            onOpen={() => {
              setActive(index);
              onOpen(line.node.key);
            }}
            onToggle={() => {
              setActive(index);
              toggle(line.node.key);
            }}
            onMore={() => void load(line.node.key)}
          />
        ))}
      </div>
      {open && <ProcessPanel incident={incident} node={open} onClose={() => onOpen(undefined)} />}
    </div>
  );
}

function Line(props: {
  id: string;
  line: TreeLine;
  isFull: boolean;
  isOpenInPanel: boolean;
  tabIndex: number;
  onOpen: () => void;
  onToggle: () => void;
  onMore: () => void;
}): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const { line, isFull } = props;
  const { node } = line;
  const expandable = line.isOpen || node.childCount > line.missing;
  const command = visible(elide(node.commandLine, COMMAND_MAX));
  return (
    <div
      id={props.id}
      role="treeitem"
      aria-level={line.level}
      aria-posinset={line.place}
      aria-setsize={line.of}
      aria-selected={props.isOpenInPanel}
      {...(expandable ? { 'aria-expanded': line.isOpen } : {})}
      aria-label={[
        visible(node.fileName),
        node.wasSeen ? '' : 'its start was not seen',
        node.alertIds.length > 0 ? plural(node.alertIds.length, 'alert') : '',
        command,
      ]
        .filter((part) => part !== '')
        .join(', ')}
      tabIndex={props.tabIndex}
      className={mergeClasses(styles.line, props.isOpenInPanel && styles.open)}
      style={{ paddingLeft: (line.level - 1) * INDENT }}
      onClick={props.onOpen}
      // Keys are heard by the tree.
      onKeyDown={() => undefined}
    >
      <span
        className={styles.toggle}
        aria-hidden
        onClick={(event) => {
          if (!expandable) return;
          event.stopPropagation();
          props.onToggle();
        }}
      >
        {expandable && (line.isOpen ? <ChevronDownRegular /> : <ChevronRightRegular />)}
      </span>
      <span className={styles.muted}>
        {node.startedAt === null ? '' : exact(new Date(node.startedAt), zone).slice(11, 19)}
      </span>
      <span className={mergeClasses(styles.name, !node.wasSeen && styles.unseen)}>
        <bdi>{visible(node.fileName)}</bdi>
      </span>
      {node.processId !== null && <span className={styles.muted}>{node.processId}</span>}
      {node.alertIds.length > 0 && (
        <span className={styles.alert}>
          <ShieldErrorFilled aria-hidden />
          {node.alertIds.length}
        </span>
      )}
      <bdi className={styles.command} title={visible(elide(node.commandLine, 2_000))}>
        {command}
      </bdi>
      {line.missing > 0 && !isFull && (
        <Button
          size="small"
          appearance="subtle"
          tabIndex={-1}
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            props.onMore();
          }}
        >
          {plural(line.missing, 'more', 'more')}
        </Button>
      )}
    </div>
  );
}

function ProcessPanel(props: { incident: Incident; node: ProcessNode; onClose: () => void }): ReactElement {
  const { incident, node } = props;
  const { zone } = usePreferences();
  const { data: story } = useStory(incident);
  const alerts = (story?.alerts ?? []).filter(({ id }) => node.alertIds.includes(id));
  const code = (text: string, label: string): ReactElement | undefined =>
    text === '' ? undefined : <Copyable key={label} text={text} label={label} />;
  return (
    <SidePanel label="Process" title={visible(node.fileName)} onClose={props.onClose}>
      <Facts
        facts={[
          ['Started', node.startedAt === null ? 'Not seen' : exact(new Date(node.startedAt), zone)],
          ['Process id', node.processId ?? undefined],
          ['Command line', code(node.commandLine, 'command line')],
          ['Image', code(node.image, 'image')],
          ['Account', code(node.account, 'account')],
          ['Integrity', node.integrityLevel === '' ? undefined : visible(node.integrityLevel)],
          ['SHA-256', code(node.sha256, 'SHA-256')],
          ['Started others', node.childCount === 0 ? 'None' : plural(node.childCount, 'process', 'processes')],
        ]}
      />
      {alerts.length > 0 && (
        <Section title={plural(alerts.length, 'alert')}>
          <AlertLinks number={incident.number} alerts={alerts} />
        </Section>
      )}
    </SidePanel>
  );
}
