import {
  Button,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Select,
  Switch,
  Text,
  tokens,
} from '@fluentui/react-components';
import {
  CodeTextEditRegular,
  LinkRegular,
  MoreHorizontalRegular,
  PanelLeftContractRegular,
  PanelLeftExpandRegular,
  PlayRegular,
  PulseRegular,
  SaveRegular,
  StopRegular,
  TargetArrowRegular,
} from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import { count } from '../../shared/numbers.ts';
import { RefusableMenuItem, useRefusal } from '../../shared/Refusable.tsx';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { HistoryDialog } from './saved/HistoryDialog.tsx';
import { QueriesDialog } from './saved/QueriesDialog.tsx';
import { WorkspaceSwitch } from '../../shared/WorkspaceSwitch.tsx';

export const rowChoices = [1_000, 30_000, 100_000, 500_000] as const;

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
  hint: { color: tokens.colorNeutralForeground3 },
});

export interface ToolbarProps {
  readonly running: boolean;
  /** There is something to run. */
  readonly ready: boolean;
  /** Something was asked already. */
  readonly asked: boolean;
  readonly range: string;
  readonly rows: number;
  /** Its GUID; undefined: the first. */
  readonly workspace: string | undefined;
  readonly guided: boolean;
  readonly live: boolean;
  readonly schemaShown: boolean;
  readonly onStart: () => void;
  readonly onCancel: () => void;
  readonly onRange: (range: string) => void;
  readonly onRows: (rows: number) => void;
  readonly onWorkspace: (workspace: string | undefined) => void;
  readonly onGuided: (guided: boolean) => void;
  readonly onLive: (live: boolean) => void;
  readonly onRun: (query: string) => void;
  readonly onOpen: (query: string) => void;
  readonly onSave: () => void;
  readonly onRule: () => void;
  readonly onFormat: () => void;
  readonly onSchema: () => void;
}

export function Toolbar(props: ToolbarProps): ReactElement {
  const styles = useStyles();
  const why = useRefusal('saveRule');
  return (
    <div className={styles.bar}>
      {props.running ? (
        <Button size="small" icon={<StopRegular />} onClick={props.onCancel}>
          Cancel
        </Button>
      ) : (
        <Button
          size="small"
          appearance="primary"
          icon={<PlayRegular />}
          onClick={props.onStart}
          title="Shift-Enter"
          disabled={!props.ready}
        >
          Run
        </Button>
      )}
      <WorkspaceSwitch value={props.workspace} onChange={props.onWorkspace} />
      <TimeRange value={props.range} onChange={props.onRange} />
      <Select
        size="small"
        aria-label="Most rows"
        value={String(props.rows)}
        onChange={(_, { value }) => props.onRows(Number(value))}
      >
        {rowChoices.map((rows) => (
          <option key={rows} value={rows}>
            Up to {count(rows)}
          </option>
        ))}
      </Select>
      <Button size="small" appearance="subtle" icon={<SaveRegular />} disabled={!props.ready} onClick={props.onSave}>
        Save
      </Button>
      <QueriesDialog onRun={props.onRun} onOpen={props.onOpen} />
      <HistoryDialog onRun={props.onRun} onOpen={props.onOpen} />
      <Switch label="Guided" checked={props.guided} onChange={(_, { checked }) => props.onGuided(checked)} />
      <Switch
        label={{ children: 'Live' }}
        checked={props.live}
        disabled={!props.ready || props.workspace !== undefined}
        onChange={(_, { checked }) => props.onLive(checked)}
      />
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button size="small" appearance="subtle" icon={<MoreHorizontalRegular />} aria-label="More" />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<CodeTextEditRegular />} disabled={props.guided || !props.ready} onClick={props.onFormat}>
              Format the query
            </MenuItem>
            <RefusableMenuItem why={why} icon={<TargetArrowRegular />} disabled={!props.ready} onClick={props.onRule}>
              Make a rule of it
            </RefusableMenuItem>
            <MenuItem
              icon={<LinkRegular />}
              disabled={!props.asked}
              onClick={() => void navigator.clipboard.writeText(window.location.href)}
            >
              Copy link
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Button
        size="small"
        appearance="subtle"
        icon={props.schemaShown ? <PanelLeftContractRegular /> : <PanelLeftExpandRegular />}
        onClick={props.onSchema}
      >
        Schema
      </Button>
      {props.live ? (
        <Text size={200} className={styles.hint}>
          <PulseRegular /> looks every 10 seconds
        </Text>
      ) : (
        <Text size={200} className={styles.hint}>
          Shift-Enter runs
        </Text>
      )}
    </div>
  );
}
