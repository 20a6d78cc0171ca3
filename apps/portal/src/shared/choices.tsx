import { Dropdown, Field, Option, Select } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { visible } from './text.ts';

const asItIs = (one: string): string => one;

/** A field in which one of a few values is chosen. */
export function ChooseOne<T extends string>(props: {
  label: string;
  options: readonly T[];
  labelOf?: (option: T) => string;
  value: T;
  disabled?: boolean;
  onChange: (value: T) => void;
}): ReactElement {
  const { options, labelOf = asItIs } = props;
  return (
    <Field label={props.label}>
      <Select
        value={props.value}
        disabled={props.disabled ?? false}
        onChange={(_, data) => {
          const chosen = options.find((one) => one === data.value);
          if (chosen !== undefined) props.onChange(chosen);
        }}
      >
        {options.map((one) => (
          <option key={one} value={one}>
            {visible(labelOf(one))}
          </option>
        ))}
      </Select>
    </Field>
  );
}

const NAMED_MAX = 3;

/** A field in which any number of values is chosen. Chosen ones are kept in the order of the options. */
export function ChooseSeveral<T extends string>(props: {
  label: string;
  hint?: string;
  /** Shown while none is chosen: what that means. */
  none: string;
  options: readonly T[];
  labelOf?: (option: T) => string;
  values: readonly T[];
  onChange: (values: T[]) => void;
}): ReactElement {
  const { options, values, labelOf = asItIs } = props;
  const named = values.slice(0, NAMED_MAX).map((one) => visible(labelOf(one)));
  const more = values.length - named.length;
  return (
    <Field label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })}>
      <Dropdown
        multiselect
        aria-label={props.label}
        placeholder={props.none}
        value={[...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')}
        selectedOptions={[...values]}
        onOptionSelect={(_, data) => props.onChange(options.filter((one) => data.selectedOptions.includes(one)))}
      >
        {options.map((one) => (
          <Option key={one} value={one} text={labelOf(one)}>
            {visible(labelOf(one))}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}
