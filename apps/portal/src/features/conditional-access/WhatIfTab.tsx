import { Button, Field, Input, makeStyles, Select, Text, tokens } from '@fluentui/react-components';
import { BeakerRegular, ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { clientAppTypes, devicePlatforms, riskLevels, userActions } from '@sallyport/contracts/conditional-access';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible, words } from '../../shared/text.ts';
import { evaluate, type WhatIf, type WhatIfResult } from './graph.ts';
import type { AccessSearch } from './index.ts';
import { useNames, type Names } from './names.ts';
import { Picker } from './Picker.tsx';
import type { TabProps } from './PoliciesTab.tsx';
import { accessKey } from './queries.ts';
import {
  actionWords,
  clientWords,
  conditionName,
  controlName,
  controlsOf,
  platformWords,
  reasonWords,
  stateWords,
} from './words.ts';
import { DraftPolicy } from './draft.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalL, flexGrow: 1, minHeight: 0 },
  form: {
    width: '320px',
    flexShrink: 0,
    overflowY: 'auto',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    paddingRight: tokens.spacingHorizontalS,
  },
  pair: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)',
    gap: tokens.spacingHorizontalS,
    '& .fui-Input, & .fui-Select, & select': { minWidth: 0, width: '100%' },
  },
  results: {
    flexGrow: 1,
    minWidth: 0,
    overflowY: 'auto',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
  },
  table: { width: '100%', borderCollapse: 'collapse' },
  head: {
    textAlign: 'start',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    padding: tokens.spacingHorizontalXS,
  },
  cell: {
    padding: tokens.spacingHorizontalXS,
    borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    verticalAlign: 'top',
    overflowWrap: 'anywhere',
  },
  why: { justifyContent: 'flex-start', textAlign: 'start', paddingLeft: 0 },
  inner: { padding: `0 0 ${tokens.spacingVerticalM} ${tokens.spacingHorizontalXXL}`, fontSize: tokens.fontSizeBase200 },
  decision: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalM },
});

const devices = {
  unregistered: 'Not registered',
  registered: 'Registered',
  compliant: 'Joined and compliant',
  hybrid: 'Hybrid joined',
} as const;
type Device = keyof typeof devices;
const deviceInfo: Readonly<Record<Device, Record<string, unknown> | undefined>> = {
  unregistered: undefined,
  registered: { deviceId: 'what-if', trustType: 'Workplace', isCompliant: false },
  compliant: { deviceId: 'what-if', trustType: 'AzureAD', isCompliant: true },
  hybrid: { deviceId: 'what-if', trustType: 'ServerAD', isCompliant: false },
};
const flows = { deviceCodeFlow: 'Device code flow', authenticationTransfer: 'Authentication transfer' } as const;

const actionOf: Readonly<Record<string, string>> = {
  'urn:user:registersecurityinfo': 'registerSecurityInformation',
  'urn:user:registerdevice': 'registerOrJoinDevices',
};

function contextOf(app: string): Record<string, unknown> {
  const action = actionOf[app];
  if (action) return { '@odata.type': '#microsoft.graph.userActionContext', userAction: action };
  if (/^c\d{1,2}$/.test(app)) return { '@odata.type': '#microsoft.graph.authContext', authenticationContextValue: app };
  return { '@odata.type': '#microsoft.graph.applicationContext', includeApplications: [app] };
}

/** The question as Graph's `evaluate` takes it; undefined while somebody or something is missing. */
export function questionOf(search: AccessSearch): Record<string, unknown> | undefined {
  const { user, app, ip, country, platform, client, signInRisk, userRisk, device, flow } = search;
  if (user === undefined || app === undefined) return undefined;
  const info = Object.entries(deviceInfo).find(([kind]) => kind === device)?.[1];
  const conditions = Object.entries({
    clientAppType: client,
    ipAddress: ip,
    country: country?.toUpperCase(),
    devicePlatform: platform,
    signInRiskLevel: signInRisk,
    userRiskLevel: userRisk,
    deviceInfo: info,
    authenticationFlow: flow === undefined ? undefined : { transferMethod: flow },
  }).filter(([, value]) => value !== undefined);
  return {
    signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: user },
    signInContext: contextOf(app),
    signInConditions: Object.fromEntries(conditions),
  };
}

const decisionWords = { allow: 'Let in', challenge: 'Asked for more', block: 'Blocked' } as const;
const tones = { allow: 'good', challenge: 'waiting', block: 'bad' } as const;

/** What all policies would say to a sign-in that did not happen. */
export function WhatIfTab({ search, set }: TabProps): ReactElement {
  const styles = useStyles();
  const names = useNames();
  const [draft, setDraft] = useState<AccessSearch>(search);
  const change = (more: AccessSearch): void => setDraft((before) => ({ ...before, ...more }));
  const question = questionOf(search);
  const answer = useQuery({
    queryKey: [...accessKey, 'what-if', question],
    queryFn: ({ signal }) => evaluate(question ?? {}, signal),
    enabled: question !== undefined,
    retry: false,
  });
  const ready = questionOf(draft) !== undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready) set(draft);
  };
  const choice = (
    label: string,
    name: keyof AccessSearch & ('platform' | 'client' | 'signInRisk' | 'userRisk' | 'device' | 'flow'),
    options: readonly (readonly [string, string])[],
    none = 'Not said',
  ): ReactElement => (
    // prettier-ignore
    <Field label={label} size="small">
      <Select
        size="small"
        value={draft[name] ?? ''}
        onChange={(_, { value }) => change({ [name]: value === '' ? undefined : value })}
      >
        <option value="">{none}</option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </Select>
    </Field>
  );
  const risks = riskLevels.filter((level) => level !== 'hidden').map((level) => [level, words(level)] as const);
  return (
    <div className={styles.root}>
      <form className={styles.form} onSubmit={submit} aria-label="A sign-in">
        <Picker
          label="Person"
          kind="user"
          names={names}
          most={1}
          values={draft.user === undefined ? [] : [draft.user]}
          onChange={([user]) => change({ user })}
        />
        <Field label="What they open" size="small" required>
          <Select
            size="small"
            value={draft.app ?? ''}
            onChange={(_, { value }) => change({ app: value === '' ? undefined : value })}
          >
            <option value="">Choose</option>
            <optgroup label="Applications">
              {names
                .choices('application')
                .filter(({ id }) => /-/.test(id))
                .map(({ id, name }) => (
                  <option key={id} value={id}>
                    {visible(name)}
                  </option>
                ))}
            </optgroup>
            <optgroup label="User actions">
              {userActions.map((action) => (
                <option key={action} value={action}>
                  {actionWords[action]}
                </option>
              ))}
            </optgroup>
            {names.choices('context').length > 0 && (
              <optgroup label="Authentication contexts">
                {names.choices('context').map(({ id, name }) => (
                  <option key={id} value={id}>
                    {visible(name)}
                  </option>
                ))}
              </optgroup>
            )}
          </Select>
        </Field>
        <div className={styles.pair}>
          <Field label="Address" size="small">
            <Input
              size="small"
              value={draft.ip ?? ''}
              placeholder="198.51.100.7"
              onChange={(_, { value }) => change({ ip: value.trim() || undefined })}
            />
          </Field>
          <Field label="Country" size="small">
            <Input
              size="small"
              value={draft.country ?? ''}
              maxLength={2}
              placeholder="NO"
              onChange={(_, { value }) => change({ country: value.trim() || undefined })}
            />
          </Field>
          {choice(
            'Platform',
            'platform',
            devicePlatforms.map((one) => [one, platformWords[one]] as const),
          )}
          {choice(
            'Client app',
            'client',
            clientAppTypes.map((one) => [one, clientWords[one]] as const),
          )}
          {choice('Sign-in risk', 'signInRisk', risks, 'None known')}
          {choice('User risk', 'userRisk', risks, 'None known')}
          {choice('Device', 'device', Object.entries(devices))}
          {choice('Flow', 'flow', Object.entries(flows), 'None')}
        </div>
        <Button type="submit" appearance="primary" icon={<BeakerRegular />} disabled={!ready}>
          What if
        </Button>
      </form>
      <div className={styles.results} aria-live="polite">
        {question === undefined && (
          <EmptyState icon={<BeakerRegular />} title="Which sign-in?">
            Choose a person and what they open; the rest may stay open. Nothing happens to anybody.
          </EmptyState>
        )}
        {answer.error && (
          <ErrorState error={answer.error} title="It could not be asked" onRetry={() => void answer.refetch()} />
        )}
        {question !== undefined && answer.isLoading && <Loading rows={6} label="Asking" />}
        {answer.data && <Answer answer={answer.data} names={names} />}
      </div>
    </div>
  );
}

function Answer({ answer, names }: { answer: WhatIf; names: Names }): ReactElement {
  const styles = useStyles();
  const { decision, required, emergencyAccess } = answer['@sallyport.decision'];
  const needs = required.map(({ anyOf }) => anyOf.map(({ control }) => controlName(control)).join(' or '));
  const sorted = answer.value.toSorted((a, b) => Number(b.policyApplies) - Number(a.policyApplies));
  return (
    <>
      <div className={styles.decision}>
        <Text size={400} weight="semibold">
          <Status tone={tones[decision]}>{decisionWords[decision]}</Status>
        </Text>
        {needs.length > 0 && <Text>Needed: {needs.join(', and ')}</Text>}
        {emergencyAccess && (
          <Text>An emergency account: policies do not hold, a passkey of this hour is demanded.</Text>
        )}
      </div>
      <table className={styles.table} aria-label="Policies">
        <thead>
          <tr>
            {['Policy', 'State', 'Applies', 'Controls', 'Why'].map((name) => (
              <th key={name} scope="col" className={styles.head}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((result) => (
            <Line key={result.id} result={result} names={names} />
          ))}
        </tbody>
      </table>
      {sorted.length === 0 && <EmptyState title="There are no policies">So nothing is asked of anybody.</EmptyState>}
    </>
  );
}

const holdsWords = { yes: 'holds', no: 'does not hold', unknown: 'not known' } as const;
const holdsTones = { yes: 'good', no: 'off', unknown: 'waiting' } as const;

function Line({ result, names }: { result: WhatIfResult; names: Names }): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const policy = DraftPolicy.safeParse(
    Object.fromEntries(
      Object.entries(result).filter(
        ([name]) => !['policyApplies', 'analysisReasons', 'conditionReasons'].includes(name),
      ),
    ),
  ).data;
  return (
    <>
      <tr>
        <td className={styles.cell}>
          <bdi>{visible(result.displayName)}</bdi>
        </td>
        <td className={styles.cell}>{policy ? stateWords[policy.state] : ''}</td>
        <td className={styles.cell}>
          <Status tone={result.policyApplies ? 'good' : 'off'}>{result.policyApplies ? 'Applies' : 'Does not'}</Status>
        </td>
        <td className={styles.cell}>{policy ? <bdi>{visible(controlsOf(policy, names))}</bdi> : ''}</td>
        <td className={styles.cell}>
          <Button
            size="small"
            appearance="transparent"
            className={styles.why}
            icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {reasonWords[result.analysisReasons]}
          </Button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5} className={styles.inner}>
            <table className={styles.table} aria-label={`Conditions of ${visible(result.displayName)}`}>
              <thead>
                <tr>
                  {['Condition', 'State', 'Wanted', 'Given'].map((name) => (
                    <th key={name} scope="col" className={styles.head}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {result.conditionReasons.map(({ condition, holds, wanted, given }) => (
                  <tr key={condition}>
                    <td className={styles.cell}>{conditionName(condition)}</td>
                    <td className={styles.cell}>
                      <Status tone={holdsTones[holds]}>{holdsWords[holds]}</Status>
                    </td>
                    <td className={styles.cell}>{visible(namedIn(wanted, names)) || '–'}</td>
                    <td className={styles.cell}>{visible(namedIn(given, names)) || '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </td>
        </tr>
      )}
    </>
  );
}

const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** A text in which ids that have a name are that name. */
const namedIn = (text: string, names: Names): string =>
  text.replaceAll(
    uuids,
    (id) =>
      (['user', 'group', 'role', 'application', 'location'] as const)
        .map((kind) => names.of(kind, id))
        .find((name) => name !== id) ?? id,
  );
