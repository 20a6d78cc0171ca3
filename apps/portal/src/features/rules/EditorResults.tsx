import { makeStyles } from '@fluentui/react-components';
import { parseDuration, type FiringSettings } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { Tabs } from '../../shared/Tabs.tsx';
import type { RuleFields } from './draft.ts';
import { RulePreview } from './RulePreview.tsx';
import { RuleSimulation } from './RuleSimulation.tsx';

const useStyles = makeStyles({ root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0 } });

const operators: Readonly<Record<string, FiringSettings['triggerOperator']>> = {
  gt: 'GreaterThan',
  lt: 'LessThan',
  eq: 'Equal',
  ne: 'NotEqual',
  greaterthan: 'GreaterThan',
  lessthan: 'LessThan',
  equal: 'Equal',
  notequal: 'NotEqual',
};

/** What the form says now of what makes alerts of rows. */
function settingsOf(fields: RuleFields): Partial<FiringSettings> {
  const operator = operators[fields.triggerOperator.toLowerCase()];
  const threshold = Number(fields.triggerThreshold);
  return {
    ...(operator ? { triggerOperator: operator } : {}),
    ...(fields.triggerThreshold !== '' && Number.isInteger(threshold) ? { triggerThreshold: threshold } : {}),
    eventGrouping: fields.eventGroupingSettings.aggregationKind === 'AlertPerResult' ? 'AlertPerResult' : 'SingleAlert',
    suppression: fields.suppressionEnabled ? (parseDuration(fields.suppressionDuration) ?? 0) : 0,
  };
}

/** Below the query of a rule: the rows that it finds now, and what the rule would have raised. */
export function EditorResults(props: { fields: RuleFields; query: string; text: string }): ReactElement {
  const styles = useStyles();
  const [tab, setTab] = useState<'rows' | 'simulation'>('rows');
  return (
    <div className={styles.root}>
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          { id: 'rows', label: 'Rows' },
          { id: 'simulation', label: 'Simulation' },
        ]}
      />
      {tab === 'rows' ? (
        <RulePreview query={props.query} />
      ) : (
        <RuleSimulation ask={{ text: props.text }} settings={settingsOf(props.fields)} />
      )}
    </div>
  );
}
