import { Field, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';
import { Section } from '../../../shared/Section.tsx';
import type { DraftPolicy } from '../draft.ts';
import type { Names } from '../names.ts';

export type Conditions = DraftPolicy['conditions'];
export type Users = NonNullable<Conditions['users']>;

/** A part of the form: shows a policy and answers what it becomes. */
export interface FormProps {
  readonly policy: DraftPolicy;
  readonly names: Names;
  readonly onChange: (policy: DraftPolicy) => void;
}

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  sides: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)', gap: tokens.spacingHorizontalL },
  side: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, minWidth: 0 },
  fieldset: { border: 'none', margin: 0, padding: 0, minWidth: 0 },
  legend: {
    padding: 0,
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    marginBottom: tokens.spacingVerticalXS,
  },
});

export function Part({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <Section title={title} card>
      <div className={useStyles().part}>{children}</div>
    </Section>
  );
}

/** Include at the left, exclude at the right, as the original has them. */
export function Sides({ include, exclude }: { include: ReactNode; exclude: ReactNode }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.sides}>
      <fieldset className={styles.fieldset}>
        <legend className={styles.legend}>Include</legend>
        <div className={styles.side}>{include}</div>
      </fieldset>
      <fieldset className={styles.fieldset}>
        <legend className={styles.legend}>Exclude</legend>
        <div className={styles.side}>{exclude}</div>
      </fieldset>
    </div>
  );
}

/** One of a few, all of them in sight. */
export function Choose<T extends string>(props: {
  label: string;
  options: readonly (readonly [value: T, label: string])[];
  value: T;
  hint?: string;
  onChange: (value: T) => void;
}): ReactElement {
  return (
    <Field label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })}>
      <RadioGroup
        value={props.value}
        onChange={(_, { value }) => {
          const chosen = props.options.find(([one]) => one === value);
          if (chosen) props.onChange(chosen[0]);
        }}
      >
        {props.options.map(([value, label]) => (
          <Radio key={value} value={value} label={label} />
        ))}
      </RadioGroup>
    </Field>
  );
}

/** Empty lists are left out of what is written. */
export const orNone = <T,>(list: readonly T[]): T[] | undefined => (list.length === 0 ? undefined : [...list]);

/** `a,b` as a list of those values that are known, and back. */
export const flagList = <const T extends string>(text: string | null | undefined, known: readonly T[]): T[] => {
  const given = (text ?? '').split(',').map((one) => one.trim());
  return known.filter((one) => given.includes(one));
};
export const flagText = (list: readonly string[]): string | undefined =>
  list.length === 0 ? undefined : list.join(',');
