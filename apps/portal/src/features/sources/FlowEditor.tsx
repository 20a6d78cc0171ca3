import { Button, Combobox, makeStyles, Option, Text, tokens } from '@fluentui/react-components';
import type { Column, QueryFault } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { visible } from '../../shared/text.ts';
import { schemaQuery } from '../hunting/schemaQuery.ts';
import type { Flow } from './draft.ts';
import { TransformEditor } from './TransformEditor.tsx';

const TABLES_SHOWN_MAX = 60;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
  bar: { display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  end: { marginLeft: 'auto' },
  fault: { color: tokens.colorPaletteRedForeground1 },
  hint: { color: tokens.colorNeutralForeground3 },
});

/** One table and the transform that makes its rows. */
export function FlowEditor(props: {
  /** What `source` has. */
  columns: readonly Column[];
  flow: Flow;
  faults: readonly QueryFault[] | undefined;
  onChange: (flow: Flow) => void;
  onRemove: (() => void) | undefined;
}): ReactElement {
  const styles = useStyles();
  const { flow, faults } = props;
  const [typed, setTyped] = useState<string>();
  const schema = useQuery(schemaQuery).data;
  const table = schema?.tables.find(({ name }) => name === flow.table);
  const target = useMemo(() => table && { table: table.name, columns: table.columns }, [table]);
  const needle = (typed ?? '').toLowerCase();
  const names = (schema?.tables ?? []).map(({ name }) => name).filter((name) => name.toLowerCase().includes(needle));
  const [first] = faults ?? [];
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        <Text size={200}>Rows of</Text>
        <Combobox
          size="small"
          aria-label="Table"
          value={typed ?? flow.table}
          selectedOptions={[flow.table]}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onOpenChange={(_, { open }) => setTyped(open ? '' : undefined)}
          onOptionSelect={(_, { optionValue }) => {
            setTyped(undefined);
            if (optionValue !== undefined) props.onChange({ ...flow, table: optionValue });
          }}
        >
          {names.slice(0, TABLES_SHOWN_MAX).map((name) => (
            <Option key={name}>{name}</Option>
          ))}
        </Combobox>
        {schema && !table && (
          <Text size={200} className={styles.fault}>
            There is no such table
          </Text>
        )}
        {first ? (
          <Text size={200} className={styles.fault} role="status">
            {visible(first.message)}
          </Text>
        ) : (
          <Text size={200} className={styles.hint}>
            Begins with source, ends in project; Ctrl-Space completes {table ? `columns of ${table.name}` : 'names'}
          </Text>
        )}
        {props.onRemove && (
          <Button className={styles.end} size="small" appearance="subtle" onClick={props.onRemove}>
            Remove
          </Button>
        )}
      </div>
      <TransformEditor
        label={`Transform to ${flow.table}`}
        value={flow.transform}
        columns={props.columns}
        target={target}
        faults={faults}
        onChange={(transform) => props.onChange({ ...flow, transform })}
      />
    </div>
  );
}
