import { Combobox, makeStyles, Option, OptionGroup } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { visible } from '../../../shared/text.ts';
import { schemaQuery } from '../../hunting/schemaQuery.ts';
import { streamsQuery } from './queries.ts';

const WIDTH = '360px';
/** Of each group: more are found by typing. */
const SHOWN_MAX = 40;

const useStyles = makeStyles({ root: { minWidth: WIDTH } });

export const leaveOut = 'leave out';

const streamOfTable = (table: string): string => `${table.endsWith('_CL') ? 'Custom' : 'Microsoft'}-${table}`;

interface Choice {
  readonly value: string;
  readonly text: string;
}

/** Where a file's records go: to a source's stream, to a table as its rows, or nowhere. */
export function StreamChoice(props: {
  /** The stream; undefined when nothing recognises the file, null when it is left out. */
  value: string | null | undefined;
  /** What stands there while `value` is undefined. */
  none?: string;
  mayLeaveOut?: boolean;
  /** What it is called, for those who do not see the page; `Read as` where that is not said. */
  label?: string;
  /** In a dialog: what stands outside of it is hidden from those who do not see the page. */
  inline?: boolean;
  onChange: (stream: string | null) => void;
}): ReactElement {
  const styles = useStyles();
  const [typed, setTyped] = useState<string>();
  const streams = useQuery(streamsQuery).data;
  const tables = useQuery(schemaQuery).data?.tables;
  const sources = useMemo(
    () =>
      (streams ?? []).map(({ stream, sourceName, tables: into }): Choice => ({
        value: stream,
        text: `${sourceName}: ${stream.replace(/^Custom-/, '')} → ${into.join(', ')}`,
      })),
    [streams],
  );
  const asRows = useMemo(
    () => (tables ?? []).map(({ name }): Choice => ({ value: streamOfTable(name), text: `rows of ${name}` })),
    [tables],
  );
  const text =
    props.value === null
      ? 'Leave it out'
      : props.value === undefined
        ? (props.none ?? 'Not recognised')
        : ([...sources, ...asRows].find(({ value }) => value === props.value)?.text ?? props.value);
  const needle = typed?.trim().toLowerCase() ?? '';
  const matching = (all: readonly Choice[]): readonly Choice[] =>
    all.filter((one) => one.text.toLowerCase().includes(needle)).slice(0, SHOWN_MAX);
  const fresh = /^[a-z]\w{0,59}_cl$/i.test(needle) ? (typed?.trim().replace(/_cl$/i, '_CL') ?? '') : undefined;
  const isNew = fresh !== undefined && !tables?.some(({ name }) => name.toLowerCase() === fresh.toLowerCase());
  return (
    <Combobox
      className={styles.root}
      size="small"
      inlinePopup={props.inline ?? false}
      aria-label={props.label ?? 'Read as'}
      value={typed ?? visible(text)}
      selectedOptions={[props.value === null ? leaveOut : (props.value ?? '')]}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onOpenChange={(_, { open }) => setTyped(open ? '' : undefined)}
      onOptionSelect={(_, { optionValue }) => {
        // Typing lets go of what was chosen, which is told as a choice of nothing.
        if (optionValue === undefined) return;
        setTyped(undefined);
        props.onChange(optionValue === leaveOut ? null : optionValue);
      }}
    >
      {props.mayLeaveOut !== false && (
        <Option value={leaveOut} text="Leave it out">
          Leave it out
        </Option>
      )}
      {isNew && props.mayLeaveOut !== false && (
        <Option value={`Custom-${fresh}`} text={`new table ${fresh}`}>{`new table ${fresh}`}</Option>
      )}
      <OptionGroup label="Sources">
        {matching(sources).map(({ value, text: label }) => (
          <Option key={value} value={value} text={visible(label)}>
            {visible(label)}
          </Option>
        ))}
      </OptionGroup>
      <OptionGroup label="Tables">
        {matching(asRows).map(({ value, text: label }) => (
          <Option key={value} value={value} text={visible(label)}>
            {visible(label)}
          </Option>
        ))}
      </OptionGroup>
    </Combobox>
  );
}
