import { makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import type { AccessEffect, PolicyEffect } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Mono } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  table: { width: '100%', borderCollapse: 'collapse', fontSize: tokens.fontSizeBase200 },
  cell: {
    textAlign: 'start',
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS} ${tokens.spacingVerticalXXS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    overflowWrap: 'anywhere',
  },
});

const resultWords: Readonly<Record<string, string>> = {
  success: 'passed',
  failure: 'refused',
  notApplied: 'not about them',
  notEnabled: 'off',
  reportOnlySuccess: 'would have passed',
  reportOnlyFailure: 'would have been blocked',
  reportOnlyInterrupted: 'would have been asked',
  reportOnlyNotApplied: 'not about them',
};
export const resultName = (result: string): string => resultWords[result] ?? result;

/** How many people a policy would have met, in a few words. */
export function effectWords({ usersBlocked, usersAsked }: PolicyEffect): string {
  const parts = [
    ...(usersBlocked > 0 ? [`${count(usersBlocked)} blocked`] : []),
    ...(usersAsked > 0 ? [`${count(usersAsked)} asked`] : []),
  ];
  return parts.join(', ') || 'nobody';
}

/** What a policy did, or would have done, to sign-ins of the past, with the first of them. */
export function EffectView({ effect, policy }: { effect: AccessEffect; policy: PolicyEffect }): ReactElement {
  const styles = useStyles();
  const { signIns, truncated, from, to } = effect;
  const results = Object.entries(policy.results).filter(([result]) => !/notApplied/i.test(result));
  if (signIns === 0)
    return (
      <Text>
        There are no sign-ins of these days to measure it by. Let it report for a while, or connect a source of
        sign-ins.
      </Text>
    );
  return (
    <div className={styles.root}>
      <Facts
        facts={[
          ['People blocked', count(policy.usersBlocked)],
          ['People asked', count(policy.usersAsked)],
          [
            'Sign-ins',
            results.length === 0
              ? `about none of ${count(signIns)}`
              : results.map(([result, n]) => `${count(n)} ${resultName(result)}`).join(', '),
          ],
          [
            'Measured on',
            <span key="on">
              {plural(signIns, 'sign-in')} from <RelativeTime at={from} /> to <RelativeTime at={to} />
            </span>,
          ],
        ]}
      />
      {truncated && (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>
            There were more sign-ins in these days; the newest {count(signIns)} were measured.
          </MessageBarBody>
        </MessageBar>
      )}
      {policy.examples.length > 0 && (
        <table className={styles.table} aria-label="Sign-ins that it meets">
          <thead>
            <tr>
              {['Who', 'Application', 'When'].map((name) => (
                <th key={name} scope="col" className={styles.cell}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {policy.examples.map((example, at) => (
              <tr key={`${at} ${example.id}`}>
                <td className={styles.cell}>
                  <TextLink to="/sign-ins" search={{ range: '30d', selected: example.id }}>
                    {visible(example.userPrincipalName)}
                  </TextLink>
                  <br />
                  <Mono text={example.ipAddress} />
                </td>
                <td className={styles.cell}>{visible(example.application)}</td>
                <td className={styles.cell}>
                  <RelativeTime at={example.at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** What would come of all sign-ins with a policy on, beside what comes of them now. */
export function ChangeView({ effect: { now, enforced } }: { effect: AccessEffect }): ReactElement {
  const line = (name: string, before: number, after: number): readonly [string, string] => [
    name,
    before === after ? count(before) : `${count(before)} now, ${count(after)} with it`,
  ];
  return (
    <Facts
      facts={[
        line('Let in', now.allow, enforced.allow),
        line('Asked for more', now.challenge, enforced.challenge),
        line('Blocked', now.block, enforced.block),
      ]}
    />
  );
}
