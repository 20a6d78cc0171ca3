import { Field, Input } from '@fluentui/react-components';
import { TimeZone } from '@sallyport/contracts';
import { useId, type ReactElement } from 'react';

const ZONES: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

export const isTimeZone = (name: string): boolean => TimeZone.safeParse(name).success;

/** The name of a time zone, completed from those that the browser knows. `optional`: it may be left empty. */
export function TimeZoneInput(props: {
  label: string;
  hint: string;
  value: string;
  optional?: boolean;
  onChange: (value: string) => void;
}): ReactElement {
  const list = useId();
  const isWrong = !(props.optional === true && props.value === '') && !isTimeZone(props.value);
  return (
    <div>
      <Field
        label={props.label}
        hint={props.hint}
        {...(isWrong
          ? { validationState: 'error' as const, validationMessage: 'The name of a time zone, such as Europe/Berlin' }
          : {})}
      >
        <Input
          value={props.value}
          maxLength={64}
          spellCheck={false}
          list={list}
          onChange={(_, data) => props.onChange(data.value)}
        />
      </Field>
      <datalist id={list}>
        {ZONES.map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </datalist>
    </div>
  );
}
