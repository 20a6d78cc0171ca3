import { Checkbox, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { builtInControls, builtInStrengths, type BuiltInControl } from '@sallyport/contracts/conditional-access';
import type { ReactElement } from 'react';
import { ChooseOne } from '../../../shared/choices.tsx';
import { FieldPair } from '../../../shared/FormDialog.tsx';
import type { DraftPolicy } from '../draft.ts';
import { Picker } from '../Picker.tsx';
import { controlWords } from '../words.ts';
import { Choose, orNone, Part, type FormProps } from './parts.tsx';

const useStyles = makeStyles({
  checks: { display: 'flex', flexDirection: 'column' },
  indent: { paddingLeft: tokens.spacingHorizontalXXXL },
});

type Grant = NonNullable<DraftPolicy['grantControls']>;
type Session = NonNullable<DraftPolicy['sessionControls']>;
const grants = builtInControls.filter((control): control is Exclude<BuiltInControl, 'block'> => control !== 'block');

/** What is demanded. */
export function GrantPart({ policy, names, onChange }: FormProps): ReactElement {
  const styles = useStyles();
  const grant: Grant = policy.grantControls ?? {};
  const controls = grant.builtInControls ?? [];
  const blocks = controls.includes('block');
  const strength = grant.authenticationStrength?.id;
  const set = (change: Grant | undefined): void => onChange({ ...policy, grantControls: change });
  const update = (change: Partial<Grant>): void => set({ ...grant, ...change });
  const strengths = names.choices('strength').map(({ id }) => id);
  return (
    <Part title="Grant">
      <Choose
        label="Access"
        options={[
          ['grant', 'Grant, when what is ticked is met'],
          ['block', 'Block'],
        ]}
        value={blocks ? 'block' : 'grant'}
        onChange={(kind) => set(kind === 'block' ? { operator: 'OR', builtInControls: ['block'] } : { operator: 'OR' })}
      />
      {!blocks && (
        <>
          <div className={styles.checks}>
            {grants.map((control) => (
              <Checkbox
                key={control}
                label={controlWords[control]}
                checked={controls.includes(control)}
                onChange={(_, { checked }) =>
                  update({
                    builtInControls: orNone(
                      grants.filter((one) => (one === control ? checked === true : controls.includes(one))),
                    ),
                  })
                }
              />
            ))}
            <Checkbox
              label="Require authentication strength"
              checked={strength !== undefined}
              onChange={(_, { checked }) =>
                update({
                  authenticationStrength: checked === true ? { id: builtInStrengths.multifactor.id } : undefined,
                })
              }
            />
            {strength !== undefined && (
              <div className={styles.indent}>
                <ChooseOne
                  label="Strength"
                  options={strengths.includes(strength) ? strengths : [strength, ...strengths]}
                  labelOf={(id) => names.of('strength', id)}
                  value={strength}
                  onChange={(id) => update({ authenticationStrength: { id } })}
                />
              </div>
            )}
          </div>
          <Picker
            label="Terms of use"
            kind="terms"
            names={names}
            values={grant.termsOfUse ?? []}
            onChange={(ids) => update({ termsOfUse: orNone(ids) })}
          />
          <Choose
            label="Of several controls"
            options={[
              ['AND', 'Require all the selected controls'],
              ['OR', 'Require one of the selected controls'],
            ]}
            value={grant.operator?.toUpperCase() === 'AND' ? 'AND' : 'OR'}
            onChange={(operator) => update({ operator })}
          />
        </>
      )}
    </Part>
  );
}

const everyTime = 'every time';
const unitOf = (session: Session): 'hours' | 'days' | typeof everyTime =>
  session.signInFrequency?.frequencyInterval === 'everyTime' ? everyTime : (session.signInFrequency?.type ?? 'hours');

/** What holds while the session lasts. */
export function SessionPart({ policy, onChange }: FormProps): ReactElement {
  const styles = useStyles();
  const session: Session = policy.sessionControls ?? {};
  const set = (change: Partial<Session>): void => {
    const next = Object.entries({ ...session, ...change }).filter(([, value]) => value !== undefined && value !== null);
    onChange({ ...policy, sessionControls: next.length === 0 ? undefined : { ...session, ...change } });
  };
  const {
    signInFrequency: frequency,
    persistentBrowser,
    cloudAppSecurity,
    continuousAccessEvaluation: evaluation,
  } = session;
  return (
    <Part title="Session">
      <div className={styles.checks}>
        <Checkbox
          label="Sign-in frequency"
          checked={frequency?.isEnabled === true}
          onChange={(_, { checked }) =>
            set({
              signInFrequency: checked
                ? {
                    isEnabled: true,
                    value: 4,
                    type: 'hours',
                    frequencyInterval: 'timeBased',
                    authenticationType: 'primaryAndSecondaryAuthentication',
                  }
                : undefined,
            })
          }
        />
        {frequency?.isEnabled && (
          <div className={styles.indent}>
            <FieldPair>
              <ChooseOne
                label="Sign in again after"
                options={['hours', 'days', everyTime]}
                value={unitOf(session)}
                onChange={(unit) =>
                  set({
                    signInFrequency: {
                      isEnabled: true,
                      authenticationType: frequency.authenticationType ?? 'primaryAndSecondaryAuthentication',
                      ...(unit === everyTime
                        ? { frequencyInterval: 'everyTime' }
                        : {
                            frequencyInterval: 'timeBased',
                            value: frequency.value ?? 4,
                            type: unit === 'days' ? 'days' : 'hours',
                          }),
                    },
                  })
                }
              />
              {unitOf(session) !== everyTime && (
                <Field label="How many">
                  <Input
                    type="number"
                    min={1}
                    max={8_760}
                    value={String(frequency.value ?? '')}
                    onChange={(_, { value }) =>
                      set({ signInFrequency: { ...frequency, value: value === '' ? undefined : Number(value) } })
                    }
                  />
                </Field>
              )}
            </FieldPair>
          </div>
        )}
        <Checkbox
          label="Persistent browser session"
          checked={persistentBrowser?.isEnabled === true}
          onChange={(_, { checked }) =>
            set({ persistentBrowser: checked ? { isEnabled: true, mode: 'never' } : undefined })
          }
        />
        {persistentBrowser?.isEnabled && (
          <div className={styles.indent}>
            <ChooseOne
              label="The session"
              options={['never', 'always']}
              labelOf={(mode) => (mode === 'never' ? 'ends with the browser' : 'persists')}
              value={persistentBrowser.mode ?? 'never'}
              onChange={(mode) => set({ persistentBrowser: { isEnabled: true, mode } })}
            />
          </div>
        )}
        <Checkbox
          label="Use application enforced restrictions"
          checked={session.applicationEnforcedRestrictions?.isEnabled === true}
          onChange={(_, { checked }) =>
            set({ applicationEnforcedRestrictions: checked ? { isEnabled: true } : undefined })
          }
        />
        <Checkbox
          label="Use Conditional Access app control"
          checked={cloudAppSecurity?.isEnabled === true}
          onChange={(_, { checked }) =>
            set({ cloudAppSecurity: checked ? { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } : undefined })
          }
        />
        {cloudAppSecurity?.isEnabled && (
          <div className={styles.indent}>
            <ChooseOne
              label="App control"
              options={['monitorOnly', 'blockDownloads', 'mcasConfigured']}
              labelOf={(type) =>
                ({
                  monitorOnly: 'Monitor only',
                  blockDownloads: 'Block downloads',
                  mcasConfigured: 'A policy of its own',
                })[type]
              }
              value={cloudAppSecurity.cloudAppSecurityType ?? 'monitorOnly'}
              onChange={(cloudAppSecurityType) => set({ cloudAppSecurity: { isEnabled: true, cloudAppSecurityType } })}
            />
          </div>
        )}
        <Checkbox
          label="Customize continuous access evaluation"
          checked={Boolean(evaluation)}
          onChange={(_, { checked }) =>
            set({ continuousAccessEvaluation: checked ? { mode: 'strictLocation' } : undefined })
          }
        />
        {evaluation && (
          <div className={styles.indent}>
            <ChooseOne
              label="Evaluation"
              options={['strictLocation', 'strictEnforcement', 'disabled']}
              labelOf={(mode) =>
                ({
                  strictLocation: 'Strictly enforce locations',
                  strictEnforcement: 'Strictly enforce',
                  disabled: 'Disable',
                })[mode]
              }
              value={evaluation.mode ?? 'strictLocation'}
              onChange={(mode) => set({ continuousAccessEvaluation: { mode } })}
            />
          </div>
        )}
        <Checkbox
          label="Disable resilience defaults"
          checked={session.disableResilienceDefaults === true}
          onChange={(_, { checked }) => set({ disableResilienceDefaults: checked === true ? true : undefined })}
        />
        <Checkbox
          label="Require token protection for sign-in sessions"
          checked={session.secureSignInSession?.isEnabled === true}
          onChange={(_, { checked }) => set({ secureSignInSession: checked ? { isEnabled: true } : undefined })}
        />
      </div>
    </Part>
  );
}
