import { Checkbox, Field, Input, ProgressBar, Radio, RadioGroup, Select, Textarea } from '@fluentui/react-components';
import { SallyportError, type Watchlist } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { FilePreview, Problems } from './FilePreview.tsx';
import { beginningOf, watchlistTemplatesQuery } from './queries.ts';

/** Lines that a refused file was told of. */
const linesOf = (error: unknown): { line: number; message: string }[] =>
  error instanceof SallyportError
    ? (error.details ?? []).flatMap(({ message, target }) => {
        const line = Number(/^line (\d+)$/.exec(target ?? '')?.[1]);
        return Number.isNaN(line) ? [] : [{ line, message }];
      })
    : [];

const aliasOf = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 64);

/** Makes a list, of a file, a template or names of columns; or brings a file into one that is there. */
export function WatchlistDialog(props: {
  list?: Watchlist;
  onClose: () => void;
  onDone: (alias: string) => void;
}): ReactElement {
  const { list } = props;
  const notify = useNotify();
  const queries = useQueryClient();
  const { data: templates } = useQuery(watchlistTemplatesQuery);
  const [name, setName] = useState('');
  const [alias, setAlias] = useState('');
  const [description, setDescription] = useState('');
  const [columns, setColumns] = useState('');
  const [searchKey, setSearchKey] = useState(list?.itemsSearchKey ?? '');
  const [file, setFile] = useState<File>();
  const [mode, setMode] = useState<'replace' | 'append'>('replace');
  const [skipFaulty, setSkipFaulty] = useState(false);
  const preview = useMutation({
    mutationFn: async (picked: File) => {
      const { part, whole } = await beginningOf(picked);
      const found = await client.previewWatchlist({
        query: list && mode === 'append' ? { searchKey: list.itemsSearchKey } : {},
        body: part,
      });
      return { found, whole };
    },
    onSuccess: ({ found }) => {
      setColumns(found.columns.join('\n'));
      setSearchKey((before) => (found.columns.includes(before) ? before : (found.columns[0] ?? '')));
    },
  });
  const named = columns
    .split('\n')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const save = useMutation({
    mutationFn: async () => {
      const target =
        list ??
        (await client.createWatchlist({
          body: { alias, name, description, columns: named, itemsSearchKey: searchKey, source: file?.name ?? '' },
        }));
      if (!file) return { alias: target.alias, added: 0 };
      const { added } = await client
        .uploadWatchlistItems({
          params: { alias: target.alias },
          query: { mode, searchKey, source: file.name, ...(skipFaulty ? { skipFaulty } : {}) },
          body: file,
        })
        .catch(async (error: unknown) => {
          // A list that was made for this file alone does not stay behind without it.
          if (!list) await client.deleteWatchlist({ params: { alias: target.alias } });
          throw error;
        });
      return { alias: target.alias, added };
    },
    onSuccess: ({ alias: made, added }) => {
      for (const key of ['watchlists', 'watchlist']) void queries.invalidateQueries({ queryKey: [key] });
      notify.done(`${plural(added, 'item')} brought into ${visible(made)}`);
      props.onDone(made);
    },
  });
  const ready = list ? file !== undefined : name.trim().length >= 3 && alias.length >= 3 && named.includes(searchKey);
  const refused = linesOf(save.error);
  return (
    <FormDialog
      title={list ? `Bring items into ${visible(list.name)}` : 'New watchlist'}
      submit={list ? 'Bring' : 'Create'}
      ready={ready}
      busy={save.isPending}
      error={save.error}
      failed="Nothing was changed"
      wide
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      {!list && (
        <>
          <Field label="Begin with" hint="A template has the columns that shared rules ask for">
            <Select
              onChange={(_, { value }) => {
                const template = templates?.templates.find((one) => one.alias === value);
                if (!template) return;
                setName(template.name);
                setAlias(template.alias);
                setDescription(template.description);
                setColumns(template.columns.join('\n'));
                setSearchKey(template.itemsSearchKey);
              }}
            >
              <option value="">Nothing</option>
              {templates?.templates.map((one) => (
                <option key={one.alias} value={one.alias}>
                  {one.name}
                </option>
              ))}
            </Select>
          </Field>
          <FieldPair>
            <Field label="Name" required>
              <Input
                value={name}
                maxLength={64}
                onChange={(_, { value }) => {
                  if (alias === aliasOf(name)) setAlias(aliasOf(value));
                  setName(value);
                }}
              />
            </Field>
            <Field label="Alias" required hint="What queries call it">
              <Input value={alias} maxLength={64} onChange={(_, { value }) => setAlias(value)} />
            </Field>
          </FieldPair>
          <Field label="Description">
            <Textarea value={description} onChange={(_, { value }) => setDescription(value)} />
          </Field>
        </>
      )}
      <Field label="File" required={list !== undefined} hint="CSV, TSV, or an object of JSON a line">
        <input
          type="file"
          aria-label="File of items"
          accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson"
          onChange={(event) => {
            const picked = event.target.files?.[0];
            setFile(picked);
            save.reset();
            if (picked) preview.mutate(picked);
          }}
        />
      </Field>
      {list && (
        <RadioGroup
          layout="horizontal"
          value={mode}
          aria-label="What becomes of the items that are there"
          onChange={(_, { value }) => setMode(value === 'append' ? 'append' : 'replace')}
        >
          <Radio value="replace" label={`In the place of the ${plural(list.items, 'item')} there`} />
          <Radio value="append" label="Beside them" />
        </RadioGroup>
      )}
      {!file && !list && (
        <FieldPair>
          <Field label="Columns" required hint="One a line">
            <Textarea value={columns} onChange={(_, { value }) => setColumns(value)} />
          </Field>
          <Field label="Search key" required hint="The column that queries join by">
            <Select value={searchKey} onChange={(_, { value }) => setSearchKey(value)}>
              {['', ...named].map((one) => (
                <option key={one} value={one}>
                  {visible(one)}
                </option>
              ))}
            </Select>
          </Field>
        </FieldPair>
      )}
      {preview.isPending && <ProgressBar aria-label="Looking at the file" />}
      {preview.error && <ErrorState error={preview.error} title="The file can’t be read" />}
      {file && preview.data && (
        <FilePreview
          preview={preview.data.found}
          whole={preview.data.whole}
          searchKey={searchKey}
          onSearchKey={setSearchKey}
        />
      )}
      {file && (
        <Checkbox
          label="Leave out lines that are no item"
          checked={skipFaulty}
          onChange={(_, { checked }) => setSkipFaulty(checked === true)}
        />
      )}
      {save.isPending && <ProgressBar aria-label="Bringing the items" />}
      {refused.length > 0 && <Problems problems={refused} />}
    </FormDialog>
  );
}
