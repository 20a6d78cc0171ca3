import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from '@fluentui/react-components';
import type { Rule } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { visible } from '../../shared/text.ts';

const useStyles = makeStyles({ bar: { flexShrink: 0, marginBottom: tokens.spacingVerticalM } });

interface Told {
  readonly intent: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly body: ReactElement | string;
}

function toldOf(rule: Rule): Told | undefined {
  const { failing } = rule;
  if (rule.autoDisabled)
    return {
      intent: 'error',
      title: 'Sallyport switched this rule off',
      body: `${visible(rule.disabledReason ?? '')}. ${failing?.advice ?? ''}`,
    };
  if (rule.resting)
    return {
      intent: 'warning',
      title: 'This rule rests: its limit of cost is used up',
      body: (
        <>
          {visible(rule.resting.reason)}. It goes on <RelativeTime at={rule.resting.until} /> and then looks at what it
          missed. Let its query look back less or filter earlier, let it run less often, or raise the limit
          (`ruleCpuSecondsPerDay`).
        </>
      ),
    };
  if (!rule.enabled || rule.lastError === null) return undefined;
  if (failing?.failure === 'permanent')
    return {
      intent: 'error',
      title: `The last run failed, ${failing.inARow} of ${failing.disabledAt} times before it is switched off`,
      body: `${visible(rule.lastError)} ${failing.advice}`,
    };
  return {
    intent: 'warning',
    title: 'The last run failed, which may pass',
    body: `${visible(rule.lastError)} ${failing?.advice ?? ''}`,
  };
}

/** What keeps a rule from its work, and what to do about it; nothing when nothing does. */
export function RuleCondition({ rule }: { rule: Rule }): ReactElement | null {
  const styles = useStyles();
  const told = toldOf(rule);
  return told === undefined ? null : (
    <MessageBar className={styles.bar} intent={told.intent} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{told.title}</MessageBarTitle>
        {told.body}
      </MessageBarBody>
    </MessageBar>
  );
}
