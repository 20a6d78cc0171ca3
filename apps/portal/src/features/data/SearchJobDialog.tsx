import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { useNow } from '../../shared/hooks.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Loading } from '../../shared/States.tsx';
import { spanOf } from '../../shared/time.ts';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { schemaQuery } from '../hunting/schemaQuery.ts';

const KqlEditor = lazy(() => import('../../shared/editor/KqlEditor.tsx'));

const HEIGHT = '180px';
const SUFFIX = '_SRCH';
const YEAR_MS = 365 * 86_400_000;

const useStyles = makeStyles({
  code: { fontFamily: tokens.fontFamilyMonospace },
  editor: {
    height: HEIGHT,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: 'hidden',
    ':focus-within': { border: `${tokens.strokeWidthThin} solid ${tokens.colorBrandStroke1}` },
  },
});

/** What a search job asks, over which time, and what its table is called. */
export function SearchJobDialog({ onClose }: { onClose: () => void }): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const now = useNow();
  const catalogue = useQuery(schemaQuery).data;
  const [name, setName] = useState('');
  const [query, setQuery] = useState('');
  const [range, setRange] = useState(() => `${new Date(now.getTime() - YEAR_MS).toISOString()}/${now.toISOString()}`);
  const span = spanOf(range, now);
  const table = `${name.trim().replace(/_SRCH$/i, '')}${SUFFIX}`;
  const isName = /^[A-Za-z]\w{0,57}_SRCH$/.test(table);
  const start = useMutation({
    mutationFn: (over: { from: string; to: string }) =>
      client.startSearchJob({ body: { table, query: query.trim(), ...over } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['searchJobs'] });
      notify.done(`The search job ${table} has begun`);
      onClose();
    },
  });
  return (
    <FormDialog
      title="New search job"
      submit="Begin"
      wide
      ready={isName && query.trim() !== '' && span !== undefined}
      busy={start.isPending}
      error={start.error}
      failed="It has not begun"
      onSubmit={() => span && start.mutate(span)}
      onClose={onClose}
    >
      <Field
        label="Table"
        required
        hint={`Its answer becomes this table, of a million rows at most: ${isName ? table : `a name, and ${SUFFIX}`}`}
        {...(name.trim() === '' || isName
          ? {}
          : { validationState: 'error' as const, validationMessage: 'a letter, then letters, digits or _' })}
      >
        <Input
          className={styles.code}
          value={name}
          maxLength={58}
          spellCheck={false}
          contentAfter={SUFFIX}
          onChange={(_, data) => setName(data.value)}
        />
      </Field>
      <Field label="Over" required>
        <span>
          <TimeRange value={range} onChange={setRange} />
        </span>
      </Field>
      <Field label="Query" required hint="KQL over tables, such as Syslog | where SyslogMessage has 'root'">
        <div className={styles.editor}>
          <Suspense fallback={<Loading rows={3} label="Loading the editor" />}>
            <KqlEditor label="Query" value={query} onChange={setQuery} catalogue={catalogue} />
          </Suspense>
        </div>
      </Field>
    </FormDialog>
  );
}
