import { Dropdown, Field, Input, makeStyles, Option, Textarea, tokens } from '@fluentui/react-components';
import type { Column, QueryFault, StreamFormat } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { visible } from '../../shared/text.ts';
import { AcceptEditor } from './AcceptEditor.tsx';
import { idFor, streamFor, type Draft, type Stream } from './draft.ts';

const useStyles = makeStyles({
  form: {
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    gap: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    alignContent: 'start',
    overflowY: 'auto',
    flexGrow: 1,
    minHeight: 0,
    padding: tokens.spacingVerticalXS,
  },
  wide: { gridColumn: '1 / -1' },
  mono: { fontFamily: tokens.fontFamilyMonospace },
});

const formats: Record<StreamFormat, string> = {
  lines: 'Lines of text: RawData (string)',
  jsonObjects: 'JSON objects: RawData (dynamic)',
  columns: 'JSON objects as columns',
};
const isFormat = (value: string | undefined): value is StreamFormat => value !== undefined && value in formats;

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** What is accepted, and how the format is recognised. */
export function RecogniseForm(props: {
  stream: Stream;
  columns: readonly Column[];
  faults: readonly QueryFault[] | undefined;
  beginsFault: string | undefined;
  onChange: (change: Partial<Stream>) => void;
}): ReactElement {
  const styles = useStyles();
  const { stream, onChange } = props;
  return (
    <div className={styles.form}>
      <Field label="Records are">
        <Dropdown
          value={formats[stream.format]}
          selectedOptions={[stream.format]}
          onOptionSelect={(_, { optionValue }) => isFormat(optionValue) && onChange({ format: optionValue })}
        >
          {Object.entries(formats).map(([value, label]) => (
            <Option key={value} value={value}>
              {label}
            </Option>
          ))}
        </Dropdown>
      </Field>
      <Field label="Stream" hint="What senders call it: Custom- and a name">
        <Input
          className={styles.mono}
          value={stream.name}
          maxLength={100}
          onChange={(_, { value }) => onChange({ name: value })}
        />
      </Field>
      <AcceptEditor
        value={stream.accept}
        columns={props.columns}
        faults={props.faults}
        onChange={(accept) => onChange({ accept })}
      />
      {stream.format === 'lines' && (
        <Field
          className={styles.wide}
          label="A record begins with"
          hint="For records of several lines: what the line before and the line, joined by a line feed, must fit. Empty: each line is one"
          {...(props.beginsFault === undefined
            ? {}
            : { validationState: 'error' as const, validationMessage: visible(props.beginsFault) })}
        >
          <Input
            className={styles.mono}
            value={stream.begins}
            maxLength={2_000}
            onChange={(_, { value }) => onChange({ begins: value })}
          />
        </Field>
      )}
      {stream.format === 'lines' ? (
        <Field
          className={styles.wide}
          label="Recognised by"
          hint="Regular expressions on a line (RE2), one a line; half of a file’s records must fit one"
        >
          <Textarea
            className={styles.mono}
            value={stream.lines.join('\n')}
            resize="vertical"
            onChange={(_, { value }) => onChange({ lines: value.split('\n') })}
            onBlur={() => onChange({ lines: linesOf(stream.lines.join('\n')) })}
          />
        </Field>
      ) : (
        <Field
          className={styles.wide}
          label="Recognised by"
          hint="Paths that each object has, parted by blanks; another set on the next line"
        >
          <Textarea
            className={styles.mono}
            value={stream.paths.map((paths) => paths.join(' ')).join('\n')}
            resize="vertical"
            onChange={(_, { value }) => onChange({ paths: value.split('\n').map((line) => line.split(' ')) })}
            onBlur={() =>
              onChange({
                paths: stream.paths
                  .map((paths) => paths.filter((path) => path.trim() !== ''))
                  .filter((paths) => paths.length > 0),
              })
            }
          />
        </Field>
      )}
    </div>
  );
}

/** Whose format it is. Id and stream follow vendor and product until they are typed. */
export function AboutForm(props: { draft: Draft; onChange: (change: Partial<Draft>) => void }): ReactElement {
  const styles = useStyles();
  const { draft, onChange } = props;
  const text =
    (key: 'name' | 'link' | 'description') =>
    (_: unknown, { value }: { value: string }) =>
      onChange({ [key]: value });
  const identity = (change: { vendor?: string; product?: string }): void => {
    const [vendor, product] = [change.vendor ?? draft.vendor, change.product ?? draft.product];
    const follows = draft.version === null && (draft.id === '' || draft.id === idFor(draft.vendor, draft.product));
    const streams = draft.streams.map((stream) => {
      const mine = stream.name === '' || stream.name === streamFor(draft.vendor, draft.product, stream.format);
      return mine ? { ...stream, name: streamFor(vendor, product, stream.format) } : stream;
    });
    onChange({ ...change, streams, ...(follows ? { id: idFor(vendor, product) } : {}) });
  };
  return (
    <div className={styles.form}>
      <Field label="Vendor" required>
        <Input value={draft.vendor} maxLength={100} onChange={(_, { value }) => identity({ vendor: value })} />
      </Field>
      <Field label="Product" required>
        <Input value={draft.product} maxLength={100} onChange={(_, { value }) => identity({ product: value })} />
      </Field>
      <Field label="Name" required hint="As the list of sources shows it">
        <Input value={draft.name} maxLength={100} onChange={text('name')} />
      </Field>
      <Field
        label="Id"
        required
        hint={draft.version === null ? 'Small letters, digits and -; the folder’s name' : 'It is saved under this id'}
      >
        <Input
          className={styles.mono}
          value={draft.id}
          maxLength={60}
          readOnly={draft.version !== null || draft.replaceShipped}
          onChange={(_, { value }) => onChange({ id: value })}
        />
      </Field>
      <Field className={styles.wide} label="Link" hint="The vendor’s own description of the format, https">
        <Input value={draft.link} maxLength={500} onChange={text('link')} />
      </Field>
      <Field className={styles.wide} label="Description">
        <Textarea value={draft.description} maxLength={2_000} onChange={text('description')} />
      </Field>
    </div>
  );
}
