import {
  Checkbox,
  Field,
  Input,
  makeStyles,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { OwnSourceInfo, SourceFiles, SourceReport } from '@sallyport/contracts';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { visible } from '../../shared/text.ts';
import { filesOf, fixturePath, type Draft } from './draft.ts';

const useStyles = makeStyles({
  differences: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
});

const differing = ({ fixtures }: SourceReport): string[] =>
  fixtures
    .filter(({ differences, message }) => differences.length > 0 || message !== undefined)
    .map(({ fixture }) => fixture);

function Differences({ report }: { report: SourceReport }): ReactElement {
  const styles = useStyles();
  return (
    <>
      {report.problems.map(({ file, path, message }) => (
        <MessageBar key={`${file} ${path} ${message}`} intent="error" layout="multiline">
          <MessageBarBody>
            {visible([file, path].filter((part) => part !== '').join(', '))}: {visible(message)}
          </MessageBarBody>
        </MessageBar>
      ))}
      {report.fixtures.map(({ fixture, message, differences }) => (
        <div key={`${fixture} ${message ?? ''}`} className={styles.differences}>
          <Text weight="semibold">{visible(fixture)}</Text>
          {message !== undefined && <Text>{visible(message)}</Text>}
          {differences.map(({ table, missing, unexpected }) => (
            <CodeBlock
              key={table}
              label={`difference in ${table}`}
              text={[`${table}`, ...missing.map((row) => `- ${row}`), ...unexpected.map((row) => `+ ${row}`)].join(
                '\n',
              )}
            />
          ))}
        </div>
      ))}
    </>
  );
}

/** Saves a source: its fixtures must do what they say, and what differs is shown before it is accepted. */
export function SaveDialog(props: {
  draft: Draft;
  /** Index of the stream whose raw text is shown. */
  at: number;
  sample: string;
  onSaved: (saved: OwnSourceInfo, files: SourceFiles) => void;
  onClose: () => void;
}): ReactElement {
  const { draft, sample } = props;
  const [note, setNote] = useState('');
  const [keep, setKeep] = useState(sample.trim() !== '');
  const [record, setRecord] = useState<readonly string[]>([]);
  const format = draft.streams[props.at]?.format ?? 'lines';
  const fixture = fixturePath(draft.streams.length > 1 ? `sample-${props.at + 1}` : 'sample', format);
  const save = useMutation({
    mutationFn: async () => {
      const lines = sample.endsWith('\n') ? sample : `${sample}\n`;
      const files = { ...filesOf(draft), ...(keep ? { [fixture]: lines } : {}) };
      const report = await client.checkSource({
        body: { id: draft.id, files, record: [...record, ...(keep ? [fixture] : [])] },
      });
      if (report.problems.length > 0 || report.fixtures.length > 0) return { report };
      const saved = await client.saveOwnSource({
        params: { id: draft.id },
        body: { files: report.files, version: draft.version, replaceShipped: draft.replaceShipped, note },
      });
      return { report, saved, files: report.files };
    },
    onSuccess: ({ saved, files }) => {
      if (saved !== undefined && files !== undefined) props.onSaved(saved, files);
    },
  });
  const report = save.data?.saved === undefined ? save.data?.report : undefined;
  const failing = report === undefined ? [] : differing(report);
  const incomplete = [draft.vendor, draft.product, draft.name, draft.id].some((text) => text.trim() === '');
  return (
    <FormDialog
      title={`${draft.version === null ? 'Save the source' : `Save version ${draft.version + 1}`} ${visible(draft.name)}`}
      submit="Save and use"
      ready={!incomplete}
      busy={save.isPending}
      error={save.error}
      failed="It was not saved"
      wide
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      {incomplete && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>Vendor, product, name and id are missing: they stand under About.</MessageBarBody>
        </MessageBar>
      )}
      <Field label="What has changed" hint="For those who look at its versions">
        <Input value={note} maxLength={500} onChange={(_, { value }) => setNote(value)} />
      </Field>
      <Checkbox
        checked={keep}
        disabled={sample.trim() === ''}
        onChange={(_, { checked }) => setKeep(checked === true)}
        label={`Keep the raw text as a fixture (${fixture}), with the rows that come now: later versions must give the same`}
      />
      {save.isPending && <ProgressBar aria-label="Checking the fixtures" />}
      {report && (
        <>
          <Text>It was not saved:</Text>
          <Differences report={report} />
          {failing.length > 0 && (
            <Checkbox
              checked={failing.every((one) => record.includes(one))}
              onChange={(_, { checked }) => setRecord(checked === true ? failing : [])}
              label="These are the rows that I want: expect them from now on"
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
