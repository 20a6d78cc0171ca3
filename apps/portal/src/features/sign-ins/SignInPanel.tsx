import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { Copyable, Mono } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { conditionsIn, deviceOf, oneQuery, placeOf, policiesOf, riskEventsOf, stepsOf, type SignIn } from './query.ts';
import { signInQuery } from './queries.ts';
import { AccessStatus, PolicyResult, SignInOutcome } from './SignInState.tsx';

const useStyles = makeStyles({
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  item: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
    paddingBottom: tokens.spacingVerticalS,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    overflowWrap: 'anywhere',
  },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

const tabs = [
  { id: 'basic', label: 'Basic info' },
  { id: 'place', label: 'Location' },
  { id: 'device', label: 'Device' },
  { id: 'authentication', label: 'Authentication' },
  { id: 'access', label: 'Conditional Access' },
  { id: 'risk', label: 'Risk' },
] as const;
type Tab = (typeof tabs)[number]['id'];

/** One sign-in: who, from where, by what, and what was decided. */
export function SignInPanel({ id, onClose }: { id: string; onClose: () => void }): ReactElement {
  const { data, error, refetch } = useQuery(signInQuery(id));
  const [tab, setTab] = useState<Tab>('basic');
  return (
    <SidePanel
      label="Sign-in"
      title={data ? visible(data.WhoName || data.Who || data.WhoId) : 'Sign-in'}
      onClose={onClose}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data === undefined && !error && <Loading rows={8} label="Loading the sign-in" />}
      {data === null && (
        <EmptyState title="There is no such sign-in">It is not in the logs, or not any more.</EmptyState>
      )}
      {data && (
        <>
          <Tabs tabs={tabs} value={tab} onChange={setTab} />
          {tab === 'basic' && <Basic signIn={data} />}
          {tab === 'place' && <Place signIn={data} />}
          {tab === 'device' && <Device signIn={data} />}
          {tab === 'authentication' && <Authentication signIn={data} />}
          {tab === 'access' && <Access signIn={data} />}
          {tab === 'risk' && <Risk signIn={data} />}
          <TextLink to="/hunting" search={{ range: 'all' }} hash={`query=${encodeFragment(oneQuery(id))}`}>
            Show query
          </TextLink>
        </>
      )}
    </SidePanel>
  );
}

const Basic = ({ signIn }: { signIn: SignIn }): ReactElement => (
  <Facts
    facts={[
      ['Result', <SignInOutcome key="result" resultType={signIn.ResultType} />],
      ['Error', signIn.ResultType === '0' ? undefined : `${signIn.ResultType}${signIn.ResultDescription ? `: ${visible(signIn.ResultDescription)}` : ''}`], // prettier-ignore
      ['When', <RelativeTime key="when" at={signIn.TimeGenerated} form="exact" />],
      [
        'User',
        signIn.Kind === 'servicePrincipal' || signIn.Kind === 'managedIdentity' ? (
          <bdi key="who">{visible(signIn.Who)}</bdi>
        ) : (
          <TextLink key="who" to="/entities/find" search={{ kind: 'Account', value: signIn.Who }}>
            {visible(signIn.Who)}
          </TextLink>
        ),
      ],
      ['Application', <bdi key="app">{visible(signIn.Application)}</bdi>],
      ['Resource', signIn.Resource ? <bdi key="resource">{visible(signIn.Resource)}</bdi> : undefined],
      ['Client app', signIn.ClientAppUsed ? visible(signIn.ClientAppUsed) : undefined],
      ['Credential', signIn.Credential ? words(signIn.Credential) : undefined],
      ['Conditional Access', <AccessStatus key="access" status={signIn.ConditionalAccessStatus} />],
      ['Request', <Copyable key="id" text={signIn.Id} label="request id" length={24} />],
      ['Correlation', signIn.CorrelationId ? <Copyable key="correlation" text={signIn.CorrelationId} label="correlation id" length={24} /> : undefined], // prettier-ignore
      ['Session', signIn.SessionId ? <Copyable key="session" text={signIn.SessionId} label="session id" length={24} /> : undefined], // prettier-ignore
      ['Told by', visible(signIn.Source) || undefined],
    ]}
  />
);

function Place({ signIn }: { signIn: SignIn }): ReactElement {
  const { city, state, country } = placeOf(signIn);
  return (
    <Facts
      facts={[
        [
          'Address',
          <TextLink key="address" to="/entities/find" search={{ kind: 'IP', value: signIn.IPAddress }}>
            {visible(signIn.IPAddress)}
          </TextLink>,
        ],
        ['City', visible(city) || undefined],
        ['State', visible(state) || undefined],
        ['Country', visible(country) || 'Not known'],
        ['Autonomous system', visible(signIn.AutonomousSystemNumber) || undefined],
      ]}
    />
  );
}

function Device({ signIn }: { signIn: SignIn }): ReactElement {
  const device = deviceOf(signIn);
  const yes = (value: string | undefined): string => (value?.toLowerCase() === 'true' ? 'Yes' : 'No');
  return (
    <>
      {device['deviceId'] ? null : <Text>No registered device has proven itself.</Text>}
      <Facts
        facts={[
          ['Name', device['displayName'] ? visible(device['displayName']) : undefined],
          ['Device', device['deviceId'] ? <Copyable key="id" text={device['deviceId']} label="device id" length={24} /> : undefined], // prettier-ignore
          ['System', device['operatingSystem'] ? visible(device['operatingSystem']) : undefined],
          ['Browser', device['browser'] ? visible(device['browser']) : undefined],
          ['Compliant', device['deviceId'] ? yes(device['isCompliant']) : undefined],
          ['Managed', device['deviceId'] ? yes(device['isManaged']) : undefined],
          ['Join type', device['trustType'] ? visible(device['trustType']) : undefined],
          ['User agent', signIn.UserAgent ? <Mono key="agent" text={signIn.UserAgent} /> : undefined],
        ]}
      />
    </>
  );
}

function Authentication({ signIn }: { signIn: SignIn }): ReactElement {
  const styles = useStyles();
  const steps = stepsOf(signIn);
  return (
    <>
      <Facts
        facts={[
          ['Requirement', signIn.AuthenticationRequirement ? words(signIn.AuthenticationRequirement) : undefined],
          ['Protocol', signIn.AuthenticationProtocol ? visible(signIn.AuthenticationProtocol) : undefined],
          ['Incoming token', signIn.IncomingTokenType ? words(signIn.IncomingTokenType) : undefined],
        ]}
      />
      <ul className={styles.list} aria-label="Steps">
        {steps.map((step, at) => {
          const good = step.succeeded === true || step.succeeded === 'true';
          return (
            <li key={at} className={styles.item}>
              <Status tone={good ? 'good' : 'bad'}>{visible(step.authenticationMethod)}</Status>
              {step.authenticationStepResultDetail && (
                <span className={styles.note}>{visible(step.authenticationStepResultDetail)}</span>
              )}
            </li>
          );
        })}
      </ul>
      {steps.length === 0 && <Text>No step is told.</Text>}
    </>
  );
}

function Access({ signIn }: { signIn: SignIn }): ReactElement {
  const styles = useStyles();
  const policies = policiesOf(signIn);
  if (policies.length === 0) return <Text>No policy was asked.</Text>;
  return (
    <ul className={styles.list} aria-label="Policies">
      {policies.map((policy, at) => (
        <li key={`${at} ${policy.id}`} className={styles.item}>
          <TextLink to="/conditional-access" search={{ selected: policy.id }}>
            {visible(policy.displayName || policy.id)}
          </TextLink>
          <PolicyResult result={policy.result} />
          {(policy.enforcedGrantControls ?? []).length > 0 && (
            <span className={styles.note}>
              Demands: {(policy.enforcedGrantControls ?? []).map((control) => visible(words(control))).join(', ')}
            </span>
          )}
          {(policy.enforcedSessionControls ?? []).length > 0 && (
            <span className={styles.note}>
              Session: {(policy.enforcedSessionControls ?? []).map((control) => visible(words(control))).join(', ')}
            </span>
          )}
          {conditionsIn(policy.conditionsNotSatisfied ?? 0).length > 0 && (
            <span className={styles.note}>
              Does not hold: {visible(conditionsIn(policy.conditionsNotSatisfied).join(', '))}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Risk({ signIn }: { signIn: SignIn }): ReactElement {
  const events = riskEventsOf(signIn);
  return (
    <>
      <Facts
        facts={[
          ['During the sign-in', words(signIn.RiskLevelDuringSignIn || 'none')],
          ['Together', words(signIn.RiskLevelAggregated || 'none')],
          ['State', words(signIn.RiskState || 'none')],
          ['Detected', events.map((event) => visible(words(event))).join(', ') || 'Nothing'],
        ]}
      />
      <TextLink to="/identity-protection" search={{ tab: 'sign-ins', selected: signIn.Id }}>
        Among the risky sign-ins
      </TextLink>
    </>
  );
}
