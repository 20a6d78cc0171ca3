import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { AnomalyConfig, AnomalyTemplate } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { Bars } from '../../shared/Bars.tsx';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useAnomalyRule } from './queries.ts';
import { Score } from './Score.tsx';
import { faultOf, valuesOf } from './tuning.ts';

const useStyles = makeStyles({
  text: { margin: 0 },
  fields: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  actions: { display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap', alignItems: 'center' },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL, overflowWrap: 'anywhere' },
});

const EXAMPLES = 8;

/** An anomaly rule: what it looks for, how it is set, what other values would find, and its flight beside production. */
export function AnomalyRulePanel({
  template,
  onClose,
}: {
  template: AnomalyTemplate;
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const why = useRefusal('setAnomalyRule', 'endAnomalyFlight', 'previewAnomalyRule');
  const { set, end, preview } = useAnomalyRule(template);
  const { production, flight } = template;
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>(() => textsOf(flight ?? production));
  const values = valuesOf(template.parameters, texts);
  const busy = set.isPending || end.isPending || preview.isPending;
  const off = busy || values === undefined;
  return (
    <SidePanel label="Anomaly rule" title={visible(template.name)} onClose={onClose}>
      <p className={styles.text}>{visible(template.description)}</p>
      <Facts
        facts={[
          ['Reads', template.tables.join(', ')],
          ['Tactics', template.tactics.map(words).join(', ')],
          ['Techniques', template.techniques.join(', ')],
          ['Version', template.version],
          ['Changed', production.updatedAt ? <Changed key="changed" config={production} /> : 'As it ships'],
          ['Last run', production.lastRun ? <LastRun key="run" config={production} /> : 'Not yet'],
        ]}
      />
      <RefusableSwitch
        label="Runs in production"
        checked={production.enabled}
        why={why}
        disabled={busy}
        onChange={(_, { checked }) => set.mutate({ status: 'Production', enabled: checked, values: production.values })}
      />
      {flight && (
        <Section title="Production and flight">
          <Facts
            facts={[
              ['Production', <Found key="production" template={template} config={production} />],
              ['Flight', <Found key="flight" template={template} config={flight} />],
              ...template.parameters
                .filter(({ name }) => production.values[name] !== flight.values[name])
                .map(
                  ({ name }) =>
                    [words(name), `${production.values[name] ?? ''} → ${flight.values[name] ?? ''}`] as const,
                ),
            ]}
          />
          <div className={styles.actions}>
            <RefusableButton
              size="small"
              appearance="primary"
              why={why}
              disabled={busy}
              onClick={() => end.mutate(true)}
            >
              Take into production
            </RefusableButton>
            <ConfirmAction
              label="End the flight"
              title="End the flight?"
              why={why}
              disabled={busy}
              onConfirm={() => end.mutate(false)}
            >
              Its settings are let go. The anomalies that it found stay.
            </ConfirmAction>
          </div>
        </Section>
      )}
      <Section title={flight ? 'Settings of the flight' : 'Settings'}>
        <div className={styles.fields}>
          {template.parameters.map((parameter) => {
            const fault = faultOf(parameter, texts[parameter.name] ?? '');
            return (
              <Field
                key={parameter.name}
                label={words(parameter.name)}
                hint={`${parameter.description}. Default ${parameter.default}`}
                {...(fault === undefined ? {} : { validationMessage: fault, validationState: 'error' as const })}
              >
                <Input
                  size="small"
                  inputMode="decimal"
                  value={texts[parameter.name] ?? ''}
                  disabled={why !== undefined}
                  onChange={(_, { value }) => setTexts((before) => ({ ...before, [parameter.name]: value }))}
                />
              </Field>
            );
          })}
        </div>
        <div className={styles.actions}>
          <RefusableButton why={why} size="small" disabled={off} onClick={() => values && preview.mutate(values)}>
            {preview.isPending ? 'Trying…' : 'Try on 7 days'}
          </RefusableButton>
          <RefusableButton
            why={why}
            size="small"
            disabled={off}
            onClick={() => values && set.mutate({ status: 'Flighting', enabled: true, values })}
          >
            {flight ? 'Change the flight' : 'Fly beside production'}
          </RefusableButton>
          <RefusableButton
            why={why}
            size="small"
            appearance={flight ? 'secondary' : 'primary'}
            disabled={off}
            onClick={() => values && set.mutate({ status: 'Production', enabled: production.enabled, values })}
          >
            Save in production
          </RefusableButton>
        </div>
        {preview.error && <ErrorState error={preview.error} />}
        {preview.data && (
          <>
            <span role="status">
              {plural(
                preview.data.days.reduce((sum, { anomalies }) => sum + anomalies, 0),
                'anomaly',
                'anomalies',
              )}{' '}
              in 7 days
            </span>
            <Bars
              values={preview.data.days.map(({ anomalies }) => anomalies)}
              label={`Anomalies a day: ${preview.data.days.map(({ anomalies }) => anomalies).join(', ')}`}
            />
            <ul className={styles.list}>
              {preview.data.anomalies.slice(0, EXAMPLES).map((anomaly) => (
                <li key={anomaly.id}>
                  <Score score={anomaly.score} /> <bdi>{visible(anomaly.description)}</bdi>
                </li>
              ))}
            </ul>
          </>
        )}
      </Section>
      <Section title="Query">
        <CodeBlock text={template.query} label="query" />
      </Section>
    </SidePanel>
  );
}

const textsOf = (config: AnomalyConfig): Record<string, string> =>
  Object.fromEntries(Object.entries(config.values).map(([name, value]) => [name, String(value)]));

function Changed({ config }: { config: AnomalyConfig }): ReactElement {
  return (
    <>
      <RelativeTime at={config.updatedAt} /> by <bdi>{visible(config.updatedBy ?? '')}</bdi>
    </>
  );
}

function LastRun({ config }: { config: AnomalyConfig }): ReactElement {
  const run = config.lastRun;
  if (!run) return <>Not yet</>;
  return (
    <>
      <RelativeTime at={run.startedAt} />
      {run.error === null ? `, ${run.elapsedSeconds.toFixed(1)} s` : `: ${visible(run.error)}`}
    </>
  );
}

function Found({ template, config }: { template: AnomalyTemplate; config: AnomalyConfig }): ReactElement {
  return (
    <TextLink to="/anomalies" search={{ tab: 'found', template: template.id, status: config.status }}>
      {count(config.anomalies)} in 14 days
    </TextLink>
  );
}
