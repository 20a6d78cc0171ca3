import { Combobox, Option } from '@fluentui/react-components';
import { useState, type ReactElement } from 'react';
import { matchingPeople, useAssignable } from './people.ts';
import { visible } from './text.ts';

/** A person or a group, found by typing; another name than those that are known may be typed, too. Null: nobody. */
export function PersonPicker(props: {
  label: string;
  value: string | null;
  onChange: (name: string | null) => void;
  size?: 'small' | 'medium';
}): ReactElement {
  const people = useAssignable();
  const [typed, setTyped] = useState<string>();
  const [open, setOpen] = useState(false);
  const text = typed ?? props.value ?? '';
  const shown = matchingPeople(people, typed ?? '');
  const keep = (name: string): void => {
    setTyped(undefined);
    setOpen(false);
    props.onChange(name.trim() === '' ? null : name.trim());
  };
  return (
    <Combobox
      aria-label={props.label}
      size={props.size ?? 'medium'}
      freeform
      // An empty list would cover what stands below.
      open={open && shown.length > 0}
      onOpenChange={(_, data) => setOpen(data.open)}
      clearable
      placeholder="Name or group"
      value={text}
      selectedOptions={props.value === null ? [] : [props.value]}
      onChange={(event) => setTyped(event.target.value)}
      onOptionSelect={(event, { optionValue }) => {
        // Without an option it is cleared by a click; by Enter, nothing was pointed out.
        if (optionValue !== undefined || event.type === 'click') keep(optionValue ?? '');
      }}
      // Enter takes the one that is pointed out; where none is known, what was typed counts.
      onKeyDown={(event) =>
        event.key === 'Enter' && typed !== undefined && (shown.length === 0 || !event.defaultPrevented) && keep(typed)
      }
      onBlur={() => typed !== undefined && keep(typed)}
    >
      {shown.map(({ name, hint }) => (
        <Option key={name} value={name} text={name}>
          {visible(name)} · {visible(hint)}
        </Option>
      ))}
    </Combobox>
  );
}
