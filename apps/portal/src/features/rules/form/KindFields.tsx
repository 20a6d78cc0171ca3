import { Caption1 } from '@fluentui/react-components';
import { Severity } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Section } from '../../../shared/Section.tsx';
import { Choice, Line, ListLine, Several, useFormStyles, type SectionProps } from './fields.tsx';

/** Names under which Microsoft's products stand in such rules; any other product's name will do. */
const products =
  'Such as Microsoft Defender Advanced Threat Protection, Azure Security Center, Microsoft Cloud App Security, or what ProductName says';

const told: Readonly<Record<string, string>> = {
  Fusion:
    'Alerts and anomalies of several tactics about one account, device or address, in the order of an attack, become one alert that says why. Without a query of its own it takes three stages within seven days.',
  ThreatIntelligence:
    'What is seen in the tables is looked for among all indicators that are in force, however long ago they came. Without a query of its own it looks for addresses, domains, URLs and hashes.',
};

/** What only rules of one kind have. */
export function KindFields({ fields, set }: SectionProps): ReactElement | null {
  const styles = useFormStyles();
  if (fields.kind === 'MicrosoftSecurityIncidentCreation')
    return (
      <Section title="Whose alerts become incidents" card>
        <div className={styles.fields}>
          <Line
            label="Product"
            hint={products}
            value={fields.productFilter}
            onChange={(value) => set(['productFilter'], value === '' ? undefined : value)}
          />
          <Several
            label="Severities"
            hint="All when none is chosen"
            options={Severity.options}
            values={fields.severitiesFilter}
            onChange={(values) => set(['severitiesFilter'], values)}
          />
          <ListLine
            label="Only alerts whose name has"
            values={fields.displayNamesFilter}
            onChange={(values) => set(['displayNamesFilter'], values)}
          />
          <ListLine
            label="But not those whose name has"
            values={fields.displayNamesExcludeFilter}
            onChange={(values) => set(['displayNamesExcludeFilter'], values)}
          />
        </div>
      </Section>
    );
  if (fields.kind === 'Anomaly')
    return (
      <Section title="Which anomaly" card>
        <div className={styles.fields}>
          <Line
            label="Name in Anomalies"
            hint="The rule’s name when empty"
            value={fields.anomalyName}
            onChange={(value) => set(['anomalyName'], value === '' ? undefined : value)}
          />
          <Choice
            label="Status"
            options={['Production', 'Flighting']}
            words={{ Production: 'In use', Flighting: 'Tried: counted, without alerts' }}
            value={fields.settingsStatus || 'Production'}
            onChange={(value) => set(['settingsStatus'], value)}
          />
          <Line
            label="From this score"
            hint="0 to 1"
            value={fields.anomalyScoreThreshold}
            onChange={(value) =>
              set(
                ['anomalyScoreThreshold'],
                value === '' ? undefined : /^(?:0?\.\d+|[01])$/.test(value) ? Number(value) : value,
              )
            }
          />
        </div>
      </Section>
    );
  const text = told[fields.kind];
  return text === undefined ? null : (
    <Section title="What it does" card>
      <Caption1>{text}</Caption1>
    </Section>
  );
}
