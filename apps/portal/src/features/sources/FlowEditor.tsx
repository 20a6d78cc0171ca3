import { Button, Combobox, makeStyles, Option, Text, tokens } from '@fluentui/react-components';
import type { QueryFault } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState, type ReactElement } from 'react';
import type { CatalogueSchema } from '../../shared/editor/schema.ts';
import { Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { schemaQuery } from '../hunting/schemaQuery.ts';
import { sourceColumns, type Flow, type Stream } from './draft.ts';

const KqlEditor = lazy(() => import('../../shared/editor/KqlEditor.tsx'));

const TABLES_SHOWN_MAX = 60;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
  bar: { display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  editor: {
    flexGrow: 1,
    minHeight: 0,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: 'hidden',
    ':focus-within': { border: `${tokens.strokeWidthThin} solid ${tokens.colorBrandStroke1}` },
  },
  end: { marginLeft: 'auto' },
  fault: { color: tokens.colorPaletteRedForeground1 },
  hint: { color: tokens.colorNeutralForeground3 },
});

/** One table and the transform that makes its rows. */
export function FlowEditor(props: {
  stream: Stream;
  flow: Flow;
  faults: readonly QueryFault[] | undefined;
  onChange: (flow: Flow) => void;
  onRemove: (() => void) | undefined;
}): ReactElement {
  const styles = useStyles();
  const { stream, flow, faults } = props;
  const [typed, setTyped] = useState<string>();
  const schema = useQuery(schemaQuery).data;
  const { format, columns } = stream;
  const catalogue = useMemo(
    (): CatalogueSchema => ({
      version: `source ${format}`,
      tables: [{ name: 'source', columns: [...sourceColumns({ format, columns })] }],
      functions: [],
    }),
    [format, columns],
  );
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
      <div className={styles.editor}>
        <Suspense fallback={<Loading rows={4} label="Loading the editor" />}>
          <KqlEditor
            label={`Transform to ${flow.table}`}
            value={flow.transform}
            onChange={(transform) => props.onChange({ ...flow, transform })}
            catalogue={catalogue}
            target={target}
            faults={faults}
          />
        </Suspense>
      </div>
    </div>
  );
}
