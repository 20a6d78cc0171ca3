import { makeStyles, tokens } from '@fluentui/react-components';
import type { Column, QueryFault } from '@sallyport/contracts';
import { lazy, Suspense, useMemo, type ReactElement } from 'react';
import type { CatalogueSchema } from '../../shared/editor/schema.ts';
import { Loading } from '../../shared/States.tsx';

const KqlEditor = lazy(() => import('../../shared/editor/KqlEditor.tsx'));

const useStyles = makeStyles({
  editor: {
    flexGrow: 1,
    minHeight: 0,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: 'hidden',
    ':focus-within': { border: `${tokens.strokeWidthThin} solid ${tokens.colorBrandStroke1}` },
  },
});

/** KQL over `source`, whose columns are completed; and those of the table that it fills, where there is one. */
export function TransformEditor(props: {
  label: string;
  value: string;
  columns: readonly Column[];
  target?: { readonly table: string; readonly columns: readonly Column[] } | undefined;
  faults: readonly QueryFault[] | undefined;
  onChange: (value: string) => void;
}): ReactElement {
  const styles = useStyles();
  const key = JSON.stringify(props.columns);
  const catalogue = useMemo(
    (): CatalogueSchema => ({
      version: key,
      tables: [{ name: 'source', columns: JSON.parse(key) as Column[] }],
      functions: [],
    }),
    [key],
  );
  return (
    <div className={styles.editor}>
      <Suspense fallback={<Loading rows={4} label="Loading the editor" />}>
        <KqlEditor
          label={props.label}
          value={props.value}
          onChange={props.onChange}
          catalogue={catalogue}
          target={props.target}
          faults={props.faults}
        />
      </Suspense>
    </div>
  );
}
