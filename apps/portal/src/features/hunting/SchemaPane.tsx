import {
  Button,
  makeStyles,
  SearchBox,
  Text,
  tokens,
  Tree,
  TreeItem,
  TreeItemLayout,
} from '@fluentui/react-components';
import { InfoRegular, MathFormulaRegular, TableRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import type { CatalogueSchema } from '../../shared/editor/schema.ts';
import { plural, short } from '../../shared/numbers.ts';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { TableDialog } from './TableDialog.tsx';
import { tablesQuery } from './schemaQuery.ts';

const TABLES_MAX = 200;

const useStyles = makeStyles({
  root: {
    width: '260px',
    flexShrink: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    minHeight: 0,
    '@media (max-width: 900px)': { display: 'none' },
  },
  list: {
    overflowY: 'auto',
    flexGrow: 1,
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingVerticalXS,
  },
  type: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  name: { overflow: 'hidden', textOverflow: 'ellipsis' },
  filled: { color: tokens.colorNeutralForeground1 },
  empty: { color: tokens.colorNeutralForeground3 },
  note: { color: tokens.colorNeutralForeground3, padding: tokens.spacingVerticalXS },
});

/** Tables, columns and functions; a click on a name writes it into the query. */
export function SchemaPane(props: {
  catalogue: CatalogueSchema | undefined;
  error: unknown;
  onInsert: (text: string) => void;
  /** Puts a query into the editor. */
  onOpen: (query: string) => void;
}): ReactElement {
  const styles = useStyles();
  const [text, setText] = useState('');
  const [shown, setShown] = useState<string>();
  const needle = text.trim().toLowerCase();
  const known = useQuery(tablesQuery).data?.tables;
  const rows = useMemo(() => new Map((known ?? []).map((table) => [table.name, table.rows])), [known]);
  const found = (props.catalogue?.tables ?? []).filter(
    (table) =>
      table.name.toLowerCase().includes(needle) ||
      (needle.length > 2 && table.columns.some((column) => column.name.toLowerCase().includes(needle))),
  );
  const isFilled = ({ name }: { readonly name: string }): boolean => (rows.get(name) ?? 0) > 0;
  // Where there is something to find stands first.
  const tables = [...found.filter(isFilled), ...found.filter((table) => !isFilled(table))];
  // The views of Sigma’s log sources are many, and for rules: they are shown to who asks for them.
  const functions = (props.catalogue?.functions ?? []).filter(
    ({ name }) => name.toLowerCase().includes(needle) && (!name.startsWith('_Sigma_') || needle.startsWith('_sigma')),
  );
  const insert = (name: string): ReactElement => (
    <Button size="small" appearance="subtle" onClick={() => props.onInsert(name)} aria-label={`Write ${name}`}>
      Use
    </Button>
  );
  const tableActions = (name: string): ReactElement => (
    <>
      <Button
        size="small"
        appearance="subtle"
        icon={<InfoRegular />}
        onClick={() => setShown(name)}
        aria-label={`About ${name}`}
      />
      {insert(name)}
    </>
  );
  return (
    <div className={styles.root}>
      {shown !== undefined && <TableDialog name={shown} onOpen={props.onOpen} onClose={() => setShown(undefined)} />}
      <SearchBox
        size="small"
        placeholder="Tables and columns"
        aria-label="Find tables and columns"
        value={text}
        onChange={(_, data) => setText(data.value)}
      />
      <div className={styles.list}>
        {props.error !== null && props.error !== undefined && <ErrorState error={props.error} title="No catalogue" />}
        {!props.catalogue && !props.error && <Loading rows={10} />}
        {props.catalogue && tables.length + functions.length === 0 && <EmptyState title="Nothing of that name" />}
        <Tree aria-label="Catalogue" size="small">
          {tables.slice(0, TABLES_MAX).map((table) => (
            <TreeItem key={table.name} itemType="branch" value={table.name}>
              <TreeItemLayout
                iconBefore={<TableRegular />}
                actions={tableActions(table.name)}
                main={{ className: styles.name }}
                className={isFilled(table) ? styles.filled : styles.empty}
                {...(isFilled(table)
                  ? { aside: <span className={styles.type}>{short(rows.get(table.name) ?? 0)}</span> }
                  : {})}
                title={table.name}
              >
                {table.name}
              </TreeItemLayout>
              <Tree>
                {table.columns.map((column) => (
                  <TreeItem
                    key={column.name}
                    itemType="leaf"
                    value={`${table.name}.${column.name}`}
                    onClick={() => props.onInsert(column.name)}
                  >
                    <TreeItemLayout aside={<span className={styles.type}>{column.type}</span>} className={styles.name}>
                      {column.name}
                    </TreeItemLayout>
                  </TreeItem>
                ))}
              </Tree>
            </TreeItem>
          ))}
          {functions.slice(0, TABLES_MAX).map((one) => (
            <TreeItem
              key={one.name}
              itemType="leaf"
              value={`function ${one.name}`}
              title={`${one.name}${one.parameters}`}
              onClick={() => props.onInsert(`${one.name}()`)}
            >
              <TreeItemLayout iconBefore={<MathFormulaRegular />} className={styles.name}>
                {one.name}
              </TreeItemLayout>
            </TreeItem>
          ))}
        </Tree>
        {tables.length > TABLES_MAX && (
          <Text size={200} block className={styles.note}>
            {plural(tables.length - TABLES_MAX, 'more table')}; type to find them.
          </Text>
        )}
      </div>
    </div>
  );
}
