import { Field, Input, Select, Switch, Textarea } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import type { Field as FormField, Value } from './fields.ts';

/** One field of the form, with its hint and what is wrong with it. */
export function FieldInput(props: {
  field: FormField;
  value: Value | undefined;
  fault: string | undefined;
  /** What stands in an empty secret that is kept. */
  kept?: boolean;
  onChange: (value: Value) => void;
}): ReactElement {
  const { field, value, fault, onChange } = props;
  const text = typeof value === 'string' ? value : '';
  if (field.type === 'switch')
    return (
      <Field {...(field.hint === undefined ? {} : { hint: field.hint })}>
        <Switch label={field.label} checked={value === true} onChange={(_, data) => onChange(data.checked)} />
      </Field>
    );
  return (
    <Field
      label={field.label}
      required={field.required}
      {...(field.hint === undefined ? {} : { hint: field.hint })}
      {...(fault === undefined ? {} : { validationState: 'error' as const, validationMessage: fault })}
    >
      {field.type === 'choice' ? (
        <Select value={text} onChange={(_, data) => onChange(data.value)}>
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </Select>
      ) : field.type === 'lines' ? (
        <Textarea value={text} rows={2} resize="vertical" onChange={(_, data) => onChange(data.value)} />
      ) : field.type === 'number' ? (
        <Input
          type="number"
          value={text}
          {...(field.range.min === undefined ? {} : { min: field.range.min })}
          {...(field.range.max === undefined ? {} : { max: field.range.max })}
          onChange={(_, data) => onChange(data.value)}
        />
      ) : field.type === 'secret' ? (
        <Input
          type="password"
          value={text}
          autoComplete="new-password"
          placeholder={props.kept ? 'Stays as it is' : ''}
          onChange={(_, data) => onChange(data.value)}
        />
      ) : (
        <Input value={text} spellCheck={false} onChange={(_, data) => onChange(data.value)} />
      )}
    </Field>
  );
}
