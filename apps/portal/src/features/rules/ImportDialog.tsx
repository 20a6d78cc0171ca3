import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { RuleImport, RuleProblem } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { Severity } from '../../shared/Severity.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '1080px', width: '92vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  grid: { display: 'flex', height: '300px', minHeight: 0 },
  problems: { display: 'flex', height: '150px', minHeight: 0 },
  hidden: { display: 'none' },
});

interface Brought {
  readonly path: string;
  readonly text?: string;
  readonly zip?: string;
}
type Found = Omit<RuleImport['rules'][number], 'severity' | 'form' | 'kind' | 'rules'> & {
  readonly severity: RuleImport['rules'][number]['severity'] | undefined;
  readonly form: RuleImport['rules'][number]['form'] | 'hunting';
};

/** Rules, and behind them hunting queries. */
const allFound = ({ rules, hunting }: RuleImport): readonly Found[] => [
  ...rules,
  ...hunting.map((query) => ({ ...query, severity: undefined, form: 'hunting' as const })),
];

/** A byte array as base64, in pieces that a call takes. */
function base64Of(bytes: Uint8Array): string {
  const piece = 0x8000;
  let text = '';
  for (let at = 0; at < bytes.length; at += piece) text += String.fromCharCode(...bytes.subarray(at, at + piece));
  return btoa(text);
}

async function read(files: readonly File[]): Promise<Brought[]> {
  const wanted = files.filter(({ name }) => /\.(ya?ml|json|kql|zip)$/i.test(name));
  return Promise.all(
    wanted.map(async (file): Promise<Brought> => {
      const path = file.webkitRelativePath === '' ? file.name : file.webkitRelativePath;
      return /\.zip$/i.test(file.name)
        ? { path, zip: base64Of(new Uint8Array(await file.arrayBuffer())) }
        : { path, text: await file.text() };
    }),
  );
}

const states = { new: ['good', 'New'], changed: ['waiting', 'Changed'], same: ['off', 'Same as here'] } as const;

const foundColumns: readonly GridColumn<Found>[] = [
  {
    id: 'state',
    header: 'State',
    min: 124,
    cell: ({ state }) => <Status tone={states[state][0]}>{states[state][1]}</Status>,
  },
  {
    id: 'severity',
    header: 'Severity',
    min: 124,
    cell: ({ severity }) => severity && <Severity severity={severity} />,
  },
  { id: 'name', header: 'Rule or query', min: 220, grow: 3, cell: ({ name }) => visible(name) },
  {
    id: 'form',
    header: 'Form',
    min: 100,
    cell: ({ form }) =>
      ({ sentinel: 'Sentinel', arm: 'ARM', defender: 'Defender', sigma: 'Sigma', hunting: 'Hunting' })[form],
  },
  { id: 'path', header: 'File', min: 160, grow: 2, drop: 1, cell: ({ path, line }) => visible(`${path}:${line}`) },
  {
    id: 'warnings',
    header: 'Notes',
    min: 180,
    grow: 3,
    cell: ({ warnings }) => visible(warnings.map(({ message }) => message).join('; ')),
  },
];
const problemColumns: readonly GridColumn<RuleProblem>[] = [
  { id: 'path', header: 'File', min: 200, grow: 1, cell: ({ path, line }) => visible(`${path}:${line}`) },
  { id: 'message', header: 'Why it is not taken', min: 300, grow: 2, cell: ({ message }) => visible(message) },
];

/** Brings rules: files are looked at first, and nothing is saved before it is asked for. */
export function ImportDialog({ onClose }: { onClose: () => void }): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [files, setFiles] = useState<readonly Brought[]>([]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [off, setOff] = useState(false);
  const preview = useMutation({
    mutationFn: async (picked: readonly File[]) => {
      const brought = await read(picked);
      if (brought.length === 0) throw new Error('none of these is a .yaml, .yml, .json, .kql or .zip file');
      return { brought, found: await client.importRules({ body: { files: brought } }) };
    },
    onSuccess: ({ brought, found }) => {
      setFiles(brought);
      setChosen(
        new Set(
          allFound(found)
            .filter(({ state }) => state !== 'same')
            .map(({ id }) => id),
        ),
      );
    },
  });
  const save = useMutation({
    mutationFn: () =>
      client.importRules({
        body: { files: [...files], apply: true, only: [...chosen], ...(off ? { enabled: false } : {}) },
      }),
    onSuccess: ({ saved }) => {
      for (const key of ['rules', 'hunting-queries']) void queries.invalidateQueries({ queryKey: [key] });
      notify.done(`${plural(saved, word)} imported`);
      onClose();
    },
  });
  const found = preview.data?.found;
  const all = found ? allFound(found) : [];
  const word = found?.hunting.length ? 'item' : 'rule';
  const inState = (wanted: Found['state']): number => all.filter(({ state }) => state === wanted).length;
  const busy = preview.isPending || save.isPending;
  const error = save.error ?? preview.error;
  const pick = (list: FileList | null): void => {
    save.reset();
    if (list !== null && list.length > 0) preview.mutate([...list]);
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Import rules and hunting queries</DialogTitle>
          <DialogContent className={styles.content}>
            <Text>
              Rules and hunting queries: Sentinel’s YAML, ARM templates and solution packages (mainTemplate.json),
              Sigma, Defender’s custom detections as JSON, and KQL (.kql): files, a folder, or zips of them. You see
              what they are before anything is saved.
            </Text>
            <div className={styles.row}>
              <Button disabled={busy} onClick={() => input.current?.click()}>
                Choose files
              </Button>
              <Button disabled={busy} onClick={() => folder.current?.click()}>
                Choose a folder
              </Button>
              <input
                ref={input}
                className={styles.hidden}
                type="file"
                multiple
                accept=".yaml,.yml,.json,.kql,.zip"
                aria-label="Files with rules"
                onChange={(event) => {
                  pick(event.target.files);
                  event.target.value = '';
                }}
              />
              <input
                ref={(element) => {
                  folder.current = element;
                  element?.setAttribute('webkitdirectory', '');
                }}
                className={styles.hidden}
                type="file"
                aria-label="Folder with rules"
                onChange={(event) => {
                  pick(event.target.files);
                  event.target.value = '';
                }}
              />
            </div>
            {busy && <ProgressBar aria-label={save.isPending ? 'Saving the rules' : 'Looking at the files'} />}
            {error && !busy && <ErrorState error={error} title="Nothing was imported" />}
            {found && (
              <>
                <Text>
                  {plural(found.rules.length, 'rule')}
                  {found.hunting.length > 0 &&
                    ` and ${plural(found.hunting.length, 'hunting query', 'hunting queries')}`}
                  : {inState('new')} new, {inState('changed')} changed, {inState('same')} as here.{' '}
                  {found.problems.length} broken, {plural(found.skipped.length, 'file')} with neither.
                </Text>
                {all.length > 0 && (
                  <div className={styles.grid}>
                    <Grid
                      label="Rules and queries found"
                      rows={all}
                      columns={foundColumns}
                      rowId={({ id }) => id}
                      selected={chosen}
                      onSelect={setChosen}
                    />
                  </div>
                )}
                {found.problems.length > 0 && (
                  <div className={styles.problems}>
                    <Grid
                      label="Problems"
                      rows={found.problems}
                      columns={problemColumns}
                      rowId={({ path, line, message }) => `${path}:${line} ${message}`}
                    />
                  </div>
                )}
                {found.rules.some(({ warnings }) => warnings.some(({ code }) => code === 'InvalidQuery')) && (
                  <MessageBar intent="warning" layout="multiline">
                    <MessageBarBody>
                      Rules whose query does not compile here, most often for a table that is not known, are imported
                      switched off.
                    </MessageBarBody>
                  </MessageBar>
                )}
                <Checkbox
                  checked={off}
                  onChange={(_, { checked }) => setOff(checked === true)}
                  label="Import them switched off"
                />
              </>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" disabled={busy || chosen.size === 0} onClick={() => save.mutate()}>
              Import {chosen.size > 0 ? plural(chosen.size, word) : ''}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
