import { Field, Input, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { policyStates } from '@sallyport/contracts/conditional-access';
import type { ReactElement } from 'react';
import { ResourcesPart, UsersPart } from './form/Assignments.tsx';
import { ConditionsPart, NetworkPart } from './form/ConditionParts.tsx';
import { GrantPart, SessionPart } from './form/Controls.tsx';
import { Choose, Part, type FormProps } from './form/parts.tsx';
import { stateWords } from './words.ts';

const useStyles = makeStyles({ root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM } });

/** Every condition and control of a policy, in the original's groups. */
export function PolicyForm(props: FormProps): ReactElement {
  const styles = useStyles();
  const { policy, onChange } = props;
  return (
    <div className={styles.root}>
      <Part title="General">
        <Field label="Name" required>
          <Input
            value={policy.displayName}
            maxLength={256}
            onChange={(_, { value }) => onChange({ ...policy, displayName: value })}
          />
        </Field>
        <Field label="Description">
          <Textarea
            rows={2}
            value={policy.description ?? ''}
            maxLength={2_000}
            onChange={(_, { value }) => onChange({ ...policy, description: value === '' ? undefined : value })}
          />
        </Field>
      </Part>
      <UsersPart {...props} />
      <ResourcesPart {...props} />
      <NetworkPart {...props} />
      <ConditionsPart {...props} />
      <GrantPart {...props} />
      <SessionPart {...props} />
      <Part title="Enable policy">
        <Choose
          label="State"
          options={policyStates.map((state) => [state, stateWords[state]] as const)}
          value={policy.state}
          onChange={(state) => onChange({ ...policy, state })}
        />
      </Part>
    </div>
  );
}
