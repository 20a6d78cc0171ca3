import { Field, Textarea } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { FieldPair } from '../../../shared/FormDialog.tsx';
import { ChooseOne } from '../../../shared/choices.tsx';

interface Filter {
  readonly mode: 'include' | 'exclude';
  readonly rule: string;
}

/** A rule over properties; without a text there is no filter. */
export function FilterField(props: {
  label: string;
  placeholder: string;
  filter: Filter | null | undefined;
  onChange: (filter: Filter | undefined) => void;
}): ReactElement {
  const { filter, label } = props;
  return (
    <FieldPair>
      <Field label={label}>
        <Textarea
          size="small"
          rows={2}
          value={filter?.rule ?? ''}
          placeholder={props.placeholder}
          spellCheck={false}
          onChange={(_, { value }) =>
            props.onChange(value === '' ? undefined : { mode: filter?.mode ?? 'include', rule: value })
          }
        />
      </Field>
      <ChooseOne
        label="What it fits is"
        options={['include', 'exclude']}
        labelOf={(mode) => (mode === 'include' ? 'included' : 'excluded')}
        value={filter?.mode ?? 'include'}
        disabled={!filter}
        onChange={(mode) => filter && props.onChange({ ...filter, mode })}
      />
    </FieldPair>
  );
}
