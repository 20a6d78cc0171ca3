import { Caption1, makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from '@fluentui/react-components';
import type { Client } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { costText, cpuText } from './cost.ts';

const useStyles = makeStyles({
  line: { color: tokens.colorNeutralForeground3, marginBottom: tokens.spacingVerticalXS },
  bar: { flexShrink: 0, marginBottom: tokens.spacingVerticalS },
});

/** What all rules took today, and whether that is over the limit. */
export function RulesCost({ cost }: { cost: Awaited<ReturnType<Client['listRules']>>['cost'] }): ReactElement {
  const styles = useStyles();
  const limit = cost.cpuSecondsMax > 0 ? ` The limit of a day is ${cpuText(cost.cpuSecondsMax)}.` : '';
  if (cost.cpuSecondsMax === 0 || cost.cpuSeconds <= cost.cpuSecondsMax)
    return (
      <Caption1 className={styles.line}>
        Today (UTC) the rules took {costText(cost)}; of it {cpuText(cost.shared.cpuSeconds)} went to asking many at
        once.{limit}
      </Caption1>
    );
  return (
    <MessageBar className={styles.bar} intent="warning" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>The rules are over their limit of cost</MessageBarTitle>
        Today (UTC) they took {costText(cost)}.{limit} Those that took more than an equal share rest until the day ends,
        and then look at what they missed. Sort by cost to see them, or raise the limit (`rulesCpuSecondsPerDay`).
      </MessageBarBody>
    </MessageBar>
  );
}
