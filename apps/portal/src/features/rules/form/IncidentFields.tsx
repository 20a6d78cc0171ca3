import { Switch } from '@fluentui/react-components';
import { EntityKind } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Section } from '../../../shared/Section.tsx';
import { Choice, Line, ListLine, Several, useFormStyles, type SectionProps } from './fields.tsx';

/** Whether a rule's alerts become incidents, and which of them share one. */
export function IncidentFields({ fields, set }: SectionProps): ReactElement {
  const styles = useFormStyles();
  const grouping = fields.incidentConfiguration.groupingConfiguration;
  const group = (name: string, value: unknown): void =>
    set(['incidentConfiguration', 'groupingConfiguration', name], value);
  return (
    <Section title="Incidents" card>
      <div className={styles.fields}>
        <Switch
          label="Alerts become incidents"
          checked={fields.incidentConfiguration.createIncident ?? fields.kind !== 'Anomaly'}
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
                Selected: 'have the same of what is chosen',
              }}
              value={grouping.matchingMethod || 'AllEntities'}
              onChange={(value) => group('matchingMethod', value)}
            />
            {grouping.matchingMethod === 'Selected' && (
              <>
                <Several
                  label="The same entities of these types"
                  options={EntityKind.options}
                  values={grouping.groupByEntities}
                  onChange={(values) => group('groupByEntities', values)}
                />
                <Several
                  label="The same details"
                  options={['DisplayName', 'Severity']}
                  values={grouping.groupByAlertDetails}
                  onChange={(values) => group('groupByAlertDetails', values)}
                />
                <ListLine
                  label="The same custom details"
                  values={grouping.groupByCustomDetails}
                  onChange={(values) => group('groupByCustomDetails', values)}
                />
              </>
            )}
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
  );
}
