import {
  Button,
  Combobox,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Option,
  tokens,
} from '@fluentui/react-components';
import { ClipboardTaskListLtrRegular } from '@fluentui/react-icons';
import type { Cell } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { elide, visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { ingestionErrorsQuery, sourcesQuery } from '../data/queries.ts';
import { uploadsQuery } from '../data/upload/queries.ts';
import { SAMPLE_MAX } from './queries.ts';

const [LINES_MAX, SHOWN_MAX] = [100, 40];

const useStyles = makeStyles({
  combo: { minWidth: '240px' },
  list: { maxHeight: '60vh', overflowY: 'auto', gap: tokens.spacingVerticalNone },
});

const generic = 'GenericEvents_CL | top 100 by TimeGenerated | project Message, Event = tostring(Event)';

const asLines = (texts: readonly string[]): string =>
  texts
    .slice(0, LINES_MAX)
    .map((text) => text.replaceAll(/[\r\n]+/g, ' '))
    .join('\n')
    .slice(0, SAMPLE_MAX);

const textOf = (row: readonly Cell[]): string =>
  String(row.find((cell) => typeof cell === 'string' && cell !== '') ?? '');

/** Raw text from what has come in: lines that nothing could read, events that nothing knew, files that wait. */
export function TakeSamples({ onTake }: { onTake: (text: string) => void }): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const errors = useQuery(ingestionErrorsQuery).data?.errors ?? [];
  const staged = (useQuery(uploadsQuery).data ?? []).filter(({ state }) => state === 'staged');
  const byStream = [...Map.groupBy(errors, ({ stream }) => stream)];
  const take = (work: Promise<readonly string[]>): void =>
    void work.then(
      (texts) => onTake(asLines(texts)),
      (error: unknown) => notify.failed('The lines could not be taken', error),
    );
  const ofFile = async (id: string, file: string): Promise<string[]> =>
    (await client.previewUpload({ params: { id }, body: { file } })).refused.map(({ text }) => text);
  const ofGeneric = async (): Promise<string[]> => {
    const { rows } = await client.runQuery({ body: { query: generic, maxRows: LINES_MAX } });
    return rows.map(textOf).filter((text) => text !== '');
  };
  const unread = staged.flatMap(({ id, files }) =>
    files.filter(({ stream, message }) => stream === null && message === undefined).map(({ file }) => ({ id, file })),
  );
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button size="small" icon={<ClipboardTaskListLtrRegular />}>
          Take lines
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList className={styles.list}>
          {byStream.map(([stream, lines]) => (
            <MenuItem key={stream} onClick={() => onTake(asLines(lines.map(({ raw }) => raw)))}>
              {plural(lines.length, 'refused line')} of {visible(elide(stream, 60))}
            </MenuItem>
          ))}
          {unread.map(({ id, file }) => (
            <MenuItem key={`${id}/${file}`} onClick={() => take(ofFile(id, file))}>
              The uploaded file {visible(elide(file, 60))}
            </MenuItem>
          ))}
          <MenuItem onClick={() => take(ofGeneric())}>Events that no source knew (GenericEvents_CL)</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** Any source as a beginning. */
export function StartFrom({ onStart }: { onStart: (id: string) => void }): ReactElement {
  const styles = useStyles();
  const [typed, setTyped] = useState('');
  const sources = useQuery(sourcesQuery).data?.sources ?? [];
  const needle = typed.trim().toLowerCase();
  const shown = sources.filter(({ id, name, vendor }) => `${id} ${name} ${vendor}`.toLowerCase().includes(needle));
  return (
    <Combobox
      className={styles.combo}
      size="small"
      aria-label="Start from a source"
      placeholder="Start from a source"
      value={typed}
      selectedOptions={[]}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onOptionSelect={(_, { optionValue }) => {
        setTyped('');
        if (optionValue !== undefined) onStart(optionValue);
      }}
    >
      {shown.slice(0, SHOWN_MAX).map(({ id, name }) => (
        <Option key={id} value={id} text={visible(name)}>
          {visible(`${name} (${id})`)}
        </Option>
      ))}
    </Combobox>
  );
}
