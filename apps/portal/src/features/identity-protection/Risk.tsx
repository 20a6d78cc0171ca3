import type { IdentityRiskLevel, RiskDetail, RiskJudgement, RiskState } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { useRefusal } from '../../shared/Refusable.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { words } from '../../shared/text.ts';

const severities = { high: 'High', medium: 'Medium', low: 'Low' } as const;

export function Level({ level }: { level: IdentityRiskLevel }): ReactElement {
  return level === 'none' || level === 'hidden' ? (
    <Status tone="off">{level === 'none' ? 'None' : 'Hidden'}</Status>
  ) : (
    <Severity severity={severities[level]} />
  );
}

const tones: Readonly<Record<RiskState, Tone>> = {
  none: 'off',
  confirmedSafe: 'good',
  remediated: 'good',
  dismissed: 'off',
  atRisk: 'waiting',
  confirmedCompromised: 'bad',
};
export const stateNames: Readonly<Record<RiskState, string>> = {
  none: 'No risk',
  confirmedSafe: 'Confirmed safe',
  remediated: 'Remediated',
  dismissed: 'Dismissed',
  atRisk: 'At risk',
  confirmedCompromised: 'Confirmed compromised',
};
export const State = ({ state }: { state: RiskState }): ReactElement => (
  <Status tone={tones[state]}>{stateNames[state]}</Status>
);

const details: Partial<Record<RiskDetail, string>> = {
  userPassedMFADrivenByRiskBasedPolicy: 'Passed multifactor authentication that a risk policy asked for',
  userPerformedSecuredPasswordChange: 'Changed the password',
  userPerformedSecuredPasswordReset: 'Reset the password',
  adminGeneratedTemporaryPassword: 'An administrator gave a temporary password',
  adminDismissedAllRiskForUser: 'An administrator dismissed all risk',
  adminDismissedAllRiskForServicePrincipal: 'An administrator dismissed all risk',
  adminDismissedRiskForSignIn: 'An administrator dismissed the risk of the sign-in',
  adminConfirmedUserCompromised: 'An administrator confirmed that the user is compromised',
  adminConfirmedServicePrincipalCompromised: 'An administrator confirmed that it is compromised',
  adminConfirmedSigninCompromised: 'An administrator confirmed that the sign-in is compromised',
  adminConfirmedSigninSafe: 'An administrator confirmed that the sign-in is safe',
  adminConfirmedAccountSafe: 'An administrator confirmed that the user is safe',
};
export const detailText = (detail: RiskDetail): string | undefined =>
  detail === 'none' ? undefined : (details[detail] ?? words(detail));

/** What may be said of the things that are selected or open. */
export function Judge({
  of,
  without = [],
  busy,
  onJudge,
}: {
  /** In words: `anna@contoso.com`, `3 users`. */
  of: string;
  without?: readonly RiskJudgement[];
  busy: boolean;
  onJudge: (judgement: RiskJudgement) => void;
}): ReactElement {
  const why = useRefusal('judgeRiskySubjects', 'judgeRiskySignIns');
  return (
    <>
      {!without.includes('confirmCompromised') && (
        <ConfirmAction
          why={why}
          label="Confirm compromised"
          title={`Confirm that ${of} is compromised?`}
          disabled={busy}
          onConfirm={() => onJudge('confirmCompromised')}
        >
          The risk becomes high, and policies that ask for it hold at once, in live sessions too. Dismissing the risk
          takes it back.
        </ConfirmAction>
      )}
      {!without.includes('confirmSafe') && (
        <ConfirmAction
          why={why}
          label="Confirm safe"
          title={`Confirm that ${of} is safe?`}
          disabled={busy}
          onConfirm={() => onJudge('confirmSafe')}
        >
          All that was detected counts as safe, and the risk becomes none. New detections raise it again.
        </ConfirmAction>
      )}
      <ConfirmAction
        why={why}
        label="Dismiss risk"
        title={`Dismiss the risk of ${of}?`}
        disabled={busy}
        onConfirm={() => onJudge('dismiss')}
      >
        All that was detected is dismissed, and the risk becomes none. New detections raise it again.
      </ConfirmAction>
    </>
  );
}
