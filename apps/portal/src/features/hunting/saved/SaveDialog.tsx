import { Button, Field, Input, makeStyles, Select, Textarea, tokens } from '@fluentui/react-components';
import type { SavedQuery } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type ReactElement } from 'react';
import { client, useMe } from '../../../shared/api.ts';
import { FieldPair, FormDialog } from '../../../shared/FormDialog.tsx';
import { RefusableSwitch, useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { AttackFields, techniquesOf, type AttackValue } from './AttackFields.tsx';
import { savedQueriesQuery, versionsQuery } from './queries.ts';

const useStyles = makeStyles({
  code: { '& textarea': { fontFamily: tokens.fontFamilyMonospace } },
  versions: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXXS, margin: 0, padding: 0 },
  version: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

const functionName = /^[A-Za-z_]\w*$/;

/** What is saved: a new query, or a change of one. */
export interface SaveDraft {
  readonly query: string;
  readonly saved?: SavedQuery;
  readonly asFunction?: boolean;
}

function Versions({ saved, onChoose }: { saved: SavedQuery; onChoose: (query: string) => void }): ReactElement | null {
  const styles = useStyles();
  const { data } = useQuery(versionsQuery(saved.id));
  if (!data || data.versions.length < 2) return null;
  return (
    <Field label="Earlier versions">
      <ul className={styles.versions}>
        {data.versions
          .filter(({ version }) => version !== saved.version)
          .map((one) => (
            <li key={one.version} className={styles.version}>
              {one.version}, {visible(one.by)}, <RelativeTime at={one.at} />
              <Button size="small" onClick={() => onChoose(one.query)} aria-label={`Take version ${one.version}`}>
                Take
              </Button>
            </li>
          ))}
      </ul>
    </Field>
  );
}

/** Saves a query for oneself or for all, or as a function that every query may call. */
export function SaveDialog({ draft, onClose }: { draft: SaveDraft; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const me = useMe();
  const shareRefused = useRefusal('alerts.manage');
  const defineRefused = useRefusal('detectionTuning.manage');
  const folders = useId();
  const { saved } = draft;
  const [name, setName] = useState(saved?.name ?? '');
  const [folder, setFolder] = useState(saved?.folder ?? '');
  const [description, setDescription] = useState(saved?.description ?? '');
  const [query, setQuery] = useState(draft.query);
  const [attack, setAttack] = useState<AttackValue>({
    tactics: saved?.tactics ?? [],
    techniques: saved?.techniques.join(', ') ?? '',
  });
  const [isFunction, setIsFunction] = useState(saved ? saved.functionName !== null : (draft.asFunction ?? false));
  const [shared, setShared] = useState(saved?.shared ?? false);
  const [called, setCalled] = useState(saved?.functionName ?? '');
  const [parameters, setParameters] = useState(saved?.functionParameters ?? '');
  const known = useQuery(savedQueriesQuery);
  const techniques = techniquesOf(attack.techniques);
  const own = saved === undefined || saved.owner === me.userPrincipalName;
  const save = useMutation({
    mutationFn: () => {
      const body = {
        name: name.trim(),
        folder: folder.trim(),
        description,
        query,
        tactics: [...attack.tactics],
        techniques: techniques ?? [],
        shared: shared || isFunction,
        functionName: isFunction ? called.trim() : null,
        functionParameters: isFunction ? parameters.trim() : '',
      };
      return saved
        ? client.updateSavedQuery({ params: { id: saved.id }, body: { ...body, version: saved.version } })
        : client.createSavedQuery({ body });
    },
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ['saved-queries'] });
      if (made.functionName !== null) void queries.invalidateQueries({ queryKey: ['schema'] });
      notify.done(
        made.functionName === null ? `“${visible(made.name)}” is saved` : `Queries may now call ${made.functionName}()`,
      );
      onClose();
    },
  });
  const good =
    name.trim() !== '' && query.trim() !== '' && techniques !== undefined && (!isFunction || functionName.test(called));
  return (
    <FormDialog
      title={saved ? `Change “${visible(saved.name)}”` : 'Save'}
      submit="Save"
      ready={good}
      busy={save.isPending}
      error={save.error}
      failed="It was not saved"
      wide
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <FieldPair>
        <Field label="As" {...(defineRefused === undefined ? {} : { hint: `As a function: ${defineRefused}` })}>
          <Select
            value={isFunction ? 'function' : 'query'}
            disabled={defineRefused !== undefined || saved !== undefined}
            onChange={(_, data) => setIsFunction(data.value === 'function')}
          >
            <option value="query">Query</option>
            <option value="function">Function, for every query to call</option>
          </Select>
        </Field>
        <Field label="Name" required>
          <Input value={name} maxLength={256} onChange={(_, data) => setName(data.value)} />
        </Field>
      </FieldPair>
      {isFunction && (
        <FieldPair>
          <Field
            label="Called as"
            required
            {...(called === '' || functionName.test(called)
              ? {}
              : { validationState: 'error' as const, validationMessage: 'Letters, digits and _' })}
          >
            <Input value={called} maxLength={128} onChange={(_, data) => setCalled(data.value)} />
          </Field>
          <Field label="Parameters" hint="As user:string, days:int=7. A table: T:(*) or T:(TimeGenerated:datetime).">
            <Input value={parameters} maxLength={2_000} onChange={(_, data) => setParameters(data.value)} />
          </Field>
        </FieldPair>
      )}
      <FieldPair>
        <Field label="Folder" hint="Parts with / between.">
          <Input value={folder} maxLength={256} list={folders} onChange={(_, data) => setFolder(data.value)} />
        </Field>
        <datalist id={folders}>
          {[...new Set((known.data?.queries ?? []).map((one) => one.folder))].map((one) => (
            <option key={one} value={one}>
              {visible(one)}
            </option>
          ))}
        </datalist>
        {!isFunction && (
          <Field label="Who sees it">
            <RefusableSwitch
              why={shareRefused}
              label={shared ? 'Everybody' : 'Only you'}
              checked={shared}
              disabled={!own}
              onChange={(_, data) => setShared(data.checked)}
            />
          </Field>
        )}
      </FieldPair>
      <Field label="Description">
        <Textarea value={description} rows={2} onChange={(_, data) => setDescription(data.value)} />
      </Field>
      <Field label={isFunction ? 'Body' : 'Query'} className={styles.code}>
        <Textarea value={query} rows={6} onChange={(_, data) => setQuery(data.value)} />
      </Field>
      <FieldPair>
        <AttackFields value={attack} onChange={setAttack} />
      </FieldPair>
      {saved && <Versions saved={saved} onChoose={setQuery} />}
    </FormDialog>
  );
}
