import { Dropdown, Field, Input, Option } from '@fluentui/react-components';
import { tactics } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { byComma, words } from '../../../shared/text.ts';

export interface AttackValue {
  readonly tactics: readonly string[];
  /** As typed: ids with commas between. */
  readonly techniques: string;
}
const technique = /^T\d{4}(\.\d{3})?$/;

/** The techniques of a text; undefined where one of them is none. */
export function techniquesOf(text: string): string[] | undefined {
  const all = byComma(text.toUpperCase());
  return all.every((one) => technique.test(one)) ? all : undefined;
}

/** Tactics and techniques of MITRE ATT&CK. */
export function AttackFields(props: { value: AttackValue; onChange: (value: AttackValue) => void }): ReactElement {
  const { value } = props;
  return (
    <>
      <Field label="Tactics">
        <Dropdown
          multiselect
          placeholder="None"
          value={value.tactics.map(words).join(', ')}
          selectedOptions={[...value.tactics]}
          onOptionSelect={(_, { selectedOptions }) => props.onChange({ ...value, tactics: selectedOptions })}
        >
          {tactics.map((tactic) => (
            <Option key={tactic} value={tactic}>
              {words(tactic)}
            </Option>
          ))}
        </Dropdown>
      </Field>
      <Field
        label="Techniques"
        {...(techniquesOf(value.techniques) === undefined
          ? { validationState: 'error' as const, validationMessage: 'As T1003 or T1003.001, commas between' }
          : {})}
      >
        <Input
          placeholder="T1003, T1059.001"
          value={value.techniques}
          onChange={(_, data) => props.onChange({ ...value, techniques: data.value })}
        />
      </Field>
    </>
  );
}
