import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { SourceFiles } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { draftOf, filesOf } from './draft.ts';

const DiffEditor = lazy(() => import('../../shared/editor/DiffEditor.tsx'));

const [WIDTH, HEIGHT] = ['1120px', '60vh'];

const useStyles = makeStyles({
  surface: { maxWidth: WIDTH, width: '100%' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, height: HEIGHT },
  bar: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM },
  editor: {
    flexGrow: 1,
    minHeight: 0,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: 'hidden',
  },
});

/** The source as it ships at the left, as it stands in the editor at the right. */
export function CompareDialog(props: { id: string; files: SourceFiles; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const { id, files } = props;
  const [chosen, setChosen] = useState<string>();
  const shipped = useQuery({
    queryKey: ['sourceFiles', id, 'shipped'],
    queryFn: ({ signal }) => client.getSourceFiles({ signal, params: { id }, query: { shipped: 'true' } }),
  });
  // Both as the editor writes them: else every file would differ by its name and its order.
  const theirs: SourceFiles = shipped.data ? filesOf(draftOf(shipped.data.files, null)) : {};
  const differing = [...new Set([...Object.keys(theirs), ...Object.keys(files)])]
    .filter((path) => theirs[path] !== files[path])
    .toSorted((a, b) => Number(b === 'source.yml') - Number(a === 'source.yml') || a.localeCompare(b));
  const path = chosen !== undefined && differing.includes(chosen) ? chosen : differing[0];
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && props.onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{visible(id)} as it ships, and as it is here</DialogTitle>
          <DialogContent className={styles.content}>
            {shipped.error && <ErrorState error={shipped.error} onRetry={() => void shipped.refetch()} />}
            {shipped.isPending && <Loading rows={4} label="Loading the shipped source" />}
            {shipped.data && path === undefined && (
              <EmptyState title="They are the same">No file of the source differs from the shipped one.</EmptyState>
            )}
            {shipped.data && path !== undefined && (
              <>
                <div className={styles.bar}>
                  <Select aria-label="File" size="small" value={path} onChange={(_, { value }) => setChosen(value)}>
                    {differing.map((one) => (
                      <option key={one} value={one}>
                        {one}
                        {theirs[one] === undefined ? ' (only here)' : files[one] === undefined ? ' (only shipped)' : ''}
                      </option>
                    ))}
                  </Select>
                  <Text size={200}>
                    {plural(differing.length, 'differing file')}; left as it ships, right as it is here
                  </Text>
                </div>
                <div className={styles.editor}>
                  <Suspense fallback={<Loading rows={4} label="Loading the comparison" />}>
                    <DiffEditor
                      label={path}
                      before={theirs[path] ?? ''}
                      after={files[path] ?? ''}
                      language={path.endsWith('.kql') ? 'kusto' : 'plaintext'}
                    />
                  </Suspense>
                </div>
              </>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Close</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
