import { Button, Dropdown, makeStyles, Option, Tab, TabList, tokens } from '@fluentui/react-components';
import { AddRegular, WarningRegular } from '@fluentui/react-icons';
import type { DraftResult } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { visible } from '../../shared/text.ts';
import { newFlow, sourceColumns, type Draft, type Stream } from './draft.ts';
import { FlowEditor } from './FlowEditor.tsx';
import { AboutForm, RecogniseForm } from './StreamForms.tsx';
import { TransformEditor } from './TransformEditor.tsx';

const FLOWS_MAX = 10;

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    flexGrow: 1,
    minHeight: 0,
    minWidth: 0,
    gap: tokens.spacingVerticalXS,
  },
  bar: { display: 'flex', alignItems: 'center', flexWrap: 'wrap' },
  end: { marginLeft: 'auto' },
  fault: { color: tokens.colorPaletteRedForeground1 },
});

const flowTab = (index: number): string => `flow-${index}`;

/** The source in parts: whose it is, what is accepted, and a transform for each table. */
export function StreamPane(props: {
  draft: Draft;
  at: number;
  result: DraftResult | undefined;
  onAt: (index: number) => void;
  onChange: (change: Partial<Draft>) => void;
}): ReactElement {
  const styles = useStyles();
  const { draft, at, result } = props;
  const [chosen, setChosen] = useState(flowTab(0));
  const stream = draft.streams[at];
  if (stream === undefined) return <div className={styles.root} />;
  const tab = chosen.startsWith('flow-') && stream.flows[Number(chosen.slice(5))] === undefined ? flowTab(0) : chosen;
  const change = (part: Partial<Stream>): void =>
    props.onChange({ streams: draft.streams.map((one, i) => (i === at ? { ...one, ...part } : one)) });
  const index = tab.startsWith('flow-') ? Number(tab.slice(5)) : -1;
  const flow = stream.flows[index];
  const warns = (wrong: boolean) =>
    wrong ? { icon: <WarningRegular className={styles.fault} aria-label="has faults" /> } : {};
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        <TabList size="small" selectedValue={tab} onTabSelect={(_, { value }) => setChosen(String(value))}>
          {stream.flows.map(({ table }, i) => (
            <Tab key={flowTab(i)} value={flowTab(i)} {...warns((result?.flows[i]?.length ?? 0) > 0)}>
              {visible(table)}
            </Tab>
          ))}
          {stream.prepare !== null && (
            <Tab value="prepare" {...warns((result?.prepare.length ?? 0) > 0)}>
              Prepare
            </Tab>
          )}
          <Tab value="recognise" {...warns((result?.accept.length ?? 0) > 0)}>
            Accept and recognise
          </Tab>
          <Tab value="about">About</Tab>
        </TabList>
        <Button
          size="small"
          appearance="subtle"
          icon={<AddRegular />}
          disabled={stream.flows.length >= FLOWS_MAX}
          onClick={() => {
            change({ flows: [...stream.flows, newFlow] });
            setChosen(flowTab(stream.flows.length));
          }}
        >
          Table
        </Button>
        {draft.streams.length > 1 && (
          <Dropdown
            className={styles.end}
            size="small"
            aria-label="Stream"
            value={stream.name}
            selectedOptions={[String(at)]}
            onOptionSelect={(_, { optionValue }) => props.onAt(Number(optionValue))}
          >
            {draft.streams.map(({ name }, i) => (
              <Option key={name} value={String(i)}>
                {name}
              </Option>
            ))}
          </Dropdown>
        )}
      </div>
      {flow && (
        <FlowEditor
          key={`${draft.id} ${at} ${index}`}
          columns={result?.columns ?? sourceColumns(stream)}
          flow={flow}
          faults={result?.flows[index]}
          onChange={(next) => change({ flows: stream.flows.map((one, i) => (i === index ? next : one)) })}
          onRemove={
            stream.flows.length === 1
              ? undefined
              : () => {
                  change({ flows: stream.flows.filter((_, i) => i !== index) });
                  setChosen(flowTab(0));
                }
          }
        />
      )}
      {tab === 'prepare' && stream.prepare !== null && (
        <TransformEditor
          label="Prepare"
          value={stream.prepare}
          columns={sourceColumns(stream)}
          faults={result?.prepare}
          onChange={(prepare) => change({ prepare })}
        />
      )}
      {tab === 'recognise' && (
        <RecogniseForm
          stream={stream}
          columns={sourceColumns(stream)}
          faults={result?.accept}
          beginsFault={result?.begins ?? undefined}
          onChange={change}
        />
      )}
      {tab === 'about' && <AboutForm draft={draft} onChange={props.onChange} />}
    </div>
  );
}
