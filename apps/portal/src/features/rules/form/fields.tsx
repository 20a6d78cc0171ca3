import { Dropdown, Field, Input, makeStyles, Option, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { byComma } from '../../../shared/text.ts';
import type { RuleFields } from '../draft.ts';

export const useFormStyles = makeStyles({
  fields: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  pair: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)', gap: tokens.spacingHorizontalS },
  mapping: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1fr) auto',
    gap: tokens.spacingHorizontalXS,
    alignItems: 'end',
  },
  narrow: { minWidth: 0 },
});

/** Sets one field of the rule's YAML; undefined takes it away. */
export type SetField = (path: readonly [string, ...string[]], value: unknown) => void;
export interface SectionProps {
  readonly fields: RuleFields;
  readonly set: SetField;
}

export function Choice(props: {
  label: string;
  options: readonly string[];
  value: string;
  words?: Readonly<Record<string, string>>;
  onChange: (value: string) => void;
}): ReactElement {
  const styles = useFormStyles();
  const word = (value: string): string => props.words?.[value] ?? value;
  return (
    <Field label={props.label}>
      <Dropdown
        className={styles.narrow}
        value={word(props.value)}
        selectedOptions={[props.value]}
        onOptionSelect={(_, { optionValue }) => optionValue !== undefined && props.onChange(optionValue)}
      >
        {props.options.map((option) => (
          <Option key={option} value={option}>
            {word(option)}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}

export function Line(props: {
  label: string;
  hint?: string;
  value: string;
  onChange: (value: string) => void;
}): ReactElement {
  const styles = useFormStyles();
  return (
    <Field label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })}>
      <Input
        input={{ className: styles.narrow }}
        className={styles.narrow}
        value={props.value}
        onChange={(_, { value }) => props.onChange(value)}
      />
    </Field>
  );
}

/** A list as a line: values with commas between. An empty one takes the field away. */
export function ListLine(props: {
  label: string;
  hint?: string;
  values: readonly string[];
  onChange: (values: readonly string[] | undefined) => void;
}): ReactElement {
  return (
    <Line
      label={props.label}
      {...(props.hint === undefined ? {} : { hint: props.hint })}
      value={props.values.join(', ')}
      onChange={(value) => {
        const values = value.endsWith(',') ? [...byComma(value), ''] : byComma(value);
        props.onChange(values.length === 0 ? undefined : values);
      }}
    />
  );
}

/** Several of some options. */
export function Several(props: {
  label: string;
  hint?: string;
  options: readonly string[];
  values: readonly string[];
  onChange: (values: readonly string[] | undefined) => void;
}): ReactElement {
  const styles = useFormStyles();
  return (
    <Field label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })}>
      <Dropdown
        className={styles.narrow}
        multiselect
        value={props.values.join(', ')}
        selectedOptions={[...props.values]}
        onOptionSelect={(_, { selectedOptions }) =>
          props.onChange(selectedOptions.length === 0 ? undefined : selectedOptions)
        }
      >
        {props.options.map((option) => (
          <Option key={option}>{option}</Option>
        ))}
      </Dropdown>
    </Field>
  );
}
