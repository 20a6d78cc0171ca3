import {
  Button,
  Dropdown,
  Field,
  Input,
  makeStyles,
  Option,
  Switch,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { AddRegular, DeleteRegular } from '@fluentui/react-icons';
import { EntityKind, Severity, tactics } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Section } from '../../shared/Section.tsx';
import type { RuleFields } from './draft.ts';

const useStyles = makeStyles({
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

export type SetField = (path: readonly [string, ...string[]], value: unknown) => void;

const operators = ['gt', 'lt', 'eq', 'ne'];
const operatorWords: Readonly<Record<string, string>> = {
  gt: 'More than',
  lt: 'Fewer than',
  eq: 'Exactly',
  ne: 'Other than',
};
const shortOperator = (operator: string): string =>
  ({ greaterthan: 'gt', lessthan: 'lt', equal: 'eq', notequal: 'ne' })[operator.toLowerCase()] ?? operator;

function Choice(props: {
  label: string;
  options: readonly string[];
  value: string;
  words?: Readonly<Record<string, string>>;
  onChange: (value: string) => void;
}): ReactElement {
  const styles = useStyles();
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

function Line(props: { label: string; hint?: string; value: string; onChange: (value: string) => void }): ReactElement {
  const styles = useStyles();
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

const byComma = (value: string): string[] =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** The fields of a rule but for its query. */
export function RuleForm({ fields, set }: { fields: RuleFields; set: SetField }): ReactElement {
  const styles = useStyles();
  const grouping = fields.incidentConfiguration.groupingConfiguration;
  const mappings = fields.entityMappings;
  const details = Object.entries(fields.customDetails);
  const group = (name: string, value: unknown): void =>
    set(['incidentConfiguration', 'groupingConfiguration', name], value);
  const isNrt = fields.kind.toUpperCase() === 'NRT';
  return (
    <div className={styles.fields}>
      <Section title="General" card>
        <div className={styles.fields}>
          <Line label="Name" value={fields.name} onChange={(value) => set(['name'], value)} />
          <Field label="Description">
            <Textarea value={fields.description} rows={3} onChange={(_, { value }) => set(['description'], value)} />
          </Field>
          <div className={styles.pair}>
            <Choice
              label="Severity"
              options={Severity.options}
              value={fields.severity}
              onChange={(value) => set(['severity'], value)}
            />
            <Choice
              label="Kind"
              options={['Scheduled', 'NRT']}
              words={{ NRT: 'Near real time' }}
              value={fields.kind === '' ? 'Scheduled' : fields.kind}
              onChange={(value) => set(['kind'], value)}
            />
          </div>
          <Field label="Tactics">
            <Dropdown
              className={styles.narrow}
              multiselect
              value={fields.tactics.join(', ')}
              selectedOptions={fields.tactics}
              onOptionSelect={(_, { selectedOptions }) => set(['tactics'], selectedOptions)}
            >
              {tactics.map((tactic) => (
                <Option key={tactic}>{tactic}</Option>
              ))}
            </Dropdown>
          </Field>
          <Line
            label="Techniques"
            hint="T1110, T1059.001"
            value={fields.relevantTechniques.join(', ')}
            onChange={(value) =>
              set(['relevantTechniques'], value.endsWith(',') ? [...byComma(value), ''] : byComma(value))
            }
          />
        </div>
      </Section>
      <Section title="When it runs and alerts" card>
        <div className={styles.fields}>
          {!isNrt && (
            <div className={styles.pair}>
              <Line
                label="Runs every"
                hint="5m, 1h, 1d"
                value={fields.queryFrequency}
                onChange={(value) => set(['queryFrequency'], value)}
              />
              <Line
                label="Looks back"
                hint="up to 90d"
                value={fields.queryPeriod}
                onChange={(value) => set(['queryPeriod'], value)}
              />
            </div>
          )}
          <div className={styles.pair}>
            <Choice
              label="Alerts on"
              options={operators}
              words={operatorWords}
              value={shortOperator(fields.triggerOperator === '' ? 'gt' : fields.triggerOperator)}
              onChange={(value) => set(['triggerOperator'], value)}
            />
            <Line
              label="Rows"
              value={fields.triggerThreshold}
              onChange={(value) => set(['triggerThreshold'], /^\d+$/.test(value) ? Number(value) : value)}
            />
          </div>
          <Choice
            label="Event grouping"
            options={['SingleAlert', 'AlertPerResult']}
            words={{ SingleAlert: 'One alert a run', AlertPerResult: 'One alert a row' }}
            value={fields.eventGroupingSettings.aggregationKind || 'SingleAlert'}
            onChange={(value) => set(['eventGroupingSettings', 'aggregationKind'], value)}
          />
          <Switch
            label="Quiet after an alert"
            checked={fields.suppressionEnabled}
            onChange={(_, { checked }) => set(['suppressionEnabled'], checked)}
          />
          {fields.suppressionEnabled && (
            <Line
              label="For"
              hint="5h when empty"
              value={fields.suppressionDuration}
              onChange={(value) => set(['suppressionDuration'], value === '' ? undefined : value)}
            />
          )}
        </div>
      </Section>
      <Section title="Entities" card>
        <div className={styles.fields}>
          {mappings.flatMap((mapping, at) =>
            mapping.fieldMappings.map((field, part) => {
              const change = (next: Partial<typeof field> & { entityType?: string }): void => {
                const { entityType = mapping.entityType, ...rest } = next;
                set(
                  ['entityMappings'],
                  mappings.map((one, i) =>
                    i === at
                      ? {
                          entityType,
                          fieldMappings: one.fieldMappings.map((f, j) => (j === part ? { ...f, ...rest } : f)),
                        }
                      : one,
                  ),
                );
              };
              return (
                <div key={`${at} ${part}`} className={styles.mapping}>
                  <Choice
                    label="Entity"
                    options={EntityKind.options}
                    value={mapping.entityType}
                    onChange={(entityType) => change({ entityType })}
                  />
                  <Line label="Identifier" value={field.identifier} onChange={(identifier) => change({ identifier })} />
                  <Line label="Column" value={field.columnName} onChange={(columnName) => change({ columnName })} />
                  <Button
                    appearance="subtle"
                    icon={<DeleteRegular />}
                    aria-label={`Remove ${mapping.entityType} ${field.identifier}`}
                    onClick={() =>
                      set(
                        ['entityMappings'],
                        mappings
                          .map((one, i) =>
                            i === at ? { ...one, fieldMappings: one.fieldMappings.filter((_, j) => j !== part) } : one,
                          )
                          .filter((one) => one.fieldMappings.length > 0),
                      )
                    }
                  />
                </div>
              );
            }),
          )}
          <Button
            size="small"
            icon={<AddRegular />}
            disabled={mappings.length >= 10}
            onClick={() =>
              set(
                ['entityMappings'],
                [...mappings, { entityType: 'Host', fieldMappings: [{ identifier: 'FullName', columnName: '' }] }],
              )
            }
          >
            Map an entity
          </Button>
        </div>
      </Section>
      <Section title="Alert details" card>
        <div className={styles.fields}>
          <Line
            label="Name of its alerts"
            hint="{{Column}} stands for a value; the rule’s name when empty"
            value={fields.alertDetailsOverride.alertDisplayNameFormat}
            onChange={(value) =>
              set(['alertDetailsOverride', 'alertDisplayNameFormat'], value === '' ? undefined : value)
            }
          />
          {details.map(([name, column], at) => {
            const change = (next: readonly [string, string] | undefined): void =>
              set(
                ['customDetails'],
                Object.fromEntries(details.flatMap((one, i) => (i === at ? (next ? [next] : []) : [one]))),
              );
            return (
              <div key={at} className={styles.mapping}>
                <Line label="Detail" value={name} onChange={(value) => change([value, column])} />
                <Line label="Column" value={column} onChange={(value) => change([name, value])} />
                <span />
                <Button
                  appearance="subtle"
                  icon={<DeleteRegular />}
                  aria-label={`Remove ${name}`}
                  onClick={() => change(undefined)}
                />
              </div>
            );
          })}
          <Button
            size="small"
            icon={<AddRegular />}
            disabled={details.length >= 20 || '' in fields.customDetails}
            onClick={() => set(['customDetails'], { ...fields.customDetails, '': '' })}
          >
            Add a custom detail
          </Button>
        </div>
      </Section>
      <Section title="Incidents" card>
        <div className={styles.fields}>
          <Switch
            label="Alerts become incidents"
            checked={fields.incidentConfiguration.createIncident}
            onChange={(_, { checked }) => set(['incidentConfiguration', 'createIncident'], checked)}
          />
          <Switch
            label="Group its alerts into one incident"
            checked={grouping.enabled}
            onChange={(_, { checked }) => group('enabled', checked)}
          />
          {grouping.enabled && (
            <>
              <Choice
                label="Alerts that belong together"
                options={['AllEntities', 'AnyAlert', 'Selected']}
                words={{
                  AllEntities: 'have the same entities',
                  AnyAlert: 'all of this rule',
                  Selected: 'as the YAML says',
                }}
                value={grouping.matchingMethod || 'AllEntities'}
                onChange={(value) => group('matchingMethod', value)}
              />
              <Line
                label="Within"
                hint="5h when empty"
                value={grouping.lookbackDuration}
                onChange={(value) => group('lookbackDuration', value === '' ? undefined : value)}
              />
              <Switch
                label="Open closed incidents again"
                checked={grouping.reopenClosedIncident}
                onChange={(_, { checked }) => group('reopenClosedIncident', checked)}
              />
            </>
          )}
        </div>
      </Section>
    </div>
  );
}
