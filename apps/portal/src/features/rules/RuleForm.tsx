import { Button, Dropdown, Field, Option, Switch, Textarea } from '@fluentui/react-components';
import { AddRegular, DeleteRegular } from '@fluentui/react-icons';
import { EntityKind, RuleKind, Severity, tactics } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Section } from '../../shared/Section.tsx';
import { byComma } from '../../shared/text.ts';
import { Choice, Line, ListLine, useFormStyles, type SectionProps } from './form/fields.tsx';
import { IncidentFields } from './form/IncidentFields.tsx';
import { KindFields } from './form/KindFields.tsx';
import { hasOwnQuery, kindWords } from './kinds.ts';

export type { SetField } from './form/fields.tsx';

const operators = ['gt', 'lt', 'eq', 'ne'];
const operatorWords: Readonly<Record<string, string>> = {
  gt: 'More than',
  lt: 'Fewer than',
  eq: 'Exactly',
  ne: 'Other than',
};
const shortOperator = (operator: string): string =>
  ({ greaterthan: 'gt', lessthan: 'lt', equal: 'eq', notequal: 'ne' })[operator.toLowerCase()] ?? operator;

/** The fields of a rule but for its query. */
export function RuleForm({ fields, set }: SectionProps): ReactElement {
  const styles = useFormStyles();
  const mappings = fields.entityMappings;
  const details = Object.entries(fields.customDetails);
  const kind = fields.kind === '' ? 'Scheduled' : fields.kind;
  const hasSchedule = kind.toUpperCase() !== 'NRT' && kind !== 'MicrosoftSecurityIncidentCreation';
  const isQuiet =
    fields.suppressionEnabled ?? (fields.query === '' && (kind === 'Fusion' || kind === 'ThreatIntelligence'));
  const setKind = (next: string): void => {
    set(['kind'], next);
    // Kinds with a query of their own begin with that.
    if (hasOwnQuery(next)) for (const name of ['query', 'queryFrequency', 'queryPeriod']) set([name], undefined);
    else if (fields.query === '') {
      for (const name of ['queryFrequency', 'queryPeriod']) set([name], next === 'NRT' ? undefined : '1h');
      set(['query'], 'SecurityEvent\n| where EventID == 4625');
    }
  };
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
            <Choice label="Kind" options={RuleKind.options} words={kindWords} value={kind} onChange={setKind} />
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
      <KindFields fields={fields} set={set} />
      <Section title="When it runs and alerts" card>
        <div className={styles.fields}>
          {hasSchedule && (
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
            checked={isQuiet}
            onChange={(_, { checked }) => set(['suppressionEnabled'], checked)}
          />
          {isQuiet && (
            <>
              <Line
                label="For"
                hint={kind === 'Scheduled' || kind === 'NRT' ? '5h when empty' : 'As long as its kind says when empty'}
                value={fields.suppressionDuration}
                onChange={(value) => set(['suppressionDuration'], value === '' ? undefined : value)}
              />
              <ListLine
                label="About rows with the same"
                hint="Columns, such as Computer, Account; the whole rule is quiet when empty"
                values={fields.suppressionFields}
                onChange={(values) => set(['suppressionFields'], values)}
              />
            </>
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
          <Field label="Description of its alerts" hint="The rule’s when empty">
            <Textarea
              value={fields.alertDetailsOverride.alertDescriptionFormat}
              rows={2}
              onChange={(_, { value }) =>
                set(['alertDetailsOverride', 'alertDescriptionFormat'], value === '' ? undefined : value)
              }
            />
          </Field>
          <div className={styles.pair}>
            <Line
              label="Column of their severity"
              value={fields.alertDetailsOverride.alertSeverityColumnName}
              onChange={(value) =>
                set(['alertDetailsOverride', 'alertSeverityColumnName'], value === '' ? undefined : value)
              }
            />
            <Line
              label="Column of their tactics"
              value={fields.alertDetailsOverride.alertTacticsColumnName}
              onChange={(value) =>
                set(['alertDetailsOverride', 'alertTacticsColumnName'], value === '' ? undefined : value)
              }
            />
          </div>
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
      <IncidentFields fields={fields} set={set} />
    </div>
  );
}
