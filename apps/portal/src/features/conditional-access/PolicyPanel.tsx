import {
  Button,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  tokens,
} from '@fluentui/react-components';
import { policyStates, type ConditionalAccessPolicy, type PolicyState } from '@sallyport/contracts/conditional-access';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { download } from '../../shared/download.ts';
import { Facts } from '../../shared/Facts.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { textOfPolicy } from './draft.ts';
import { EffectView } from './EffectView.tsx';
import { deletePolicy } from './graph.ts';
import type { Names } from './names.ts';
import { accessKey, effectQuery } from './queries.ts';
import { StateDialog } from './StateDialog.tsx';
import { conditionsOf, controlsOf, stateWords, whatOf, whoOf } from './words.ts';

const useStyles = makeStyles({
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
});

const tones: Readonly<Record<PolicyState, Tone>> = {
  enabled: 'good',
  enabledForReportingButNotEnforced: 'working',
  disabled: 'off',
};
export const PolicyStatus = ({ state }: { state: PolicyState }): ReactElement => (
  <Status tone={tones[state]}>{stateWords[state]}</Status>
);

const fileName = (name: string): string => `${name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80) || 'policy'}.json`;

function Actions({ policy, onGone }: { policy: ConditionalAccessPolicy; onGone: () => void }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const notify = useNotify();
  const why = useRefusal('graphUpdatePolicy', 'graphDeletePolicy');
  const [state, setState] = useState<PolicyState>();
  const remove = useMutation({
    mutationFn: () => deletePolicy(policy.id),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: accessKey });
      notify.done(`${visible(policy.displayName)} is deleted`);
      onGone();
    },
    onError: (failure) => notify.failed('Nothing was deleted', failure),
  });
  const exported = (
    <Button
      size="small"
      onClick={() => download(fileName(policy.displayName), 'application/json', textOfPolicy(policy))}
    >
      Export
    </Button>
  );
  return (
    <div className={styles.actions}>
      <RefusableButton
        why={why}
        size="small"
        appearance="primary"
        onClick={() => void navigate({ to: '/conditional-access/policies/$id', params: { id: policy.id } })}
      >
        Edit
      </RefusableButton>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <RefusableButton why={why} size="small">
            State
          </RefusableButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {policyStates.map((one) => (
              <MenuItem key={one} disabled={one === policy.state} onClick={() => setState(one)}>
                {stateWords[one]}
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Button
        size="small"
        onClick={() =>
          void navigate({ to: '/conditional-access/policies/$id', params: { id: 'new' }, search: { from: policy.id } })
        }
      >
        Duplicate
      </Button>
      {exported}
      <ConfirmAction
        why={why}
        label="Delete"
        title={`Delete ${visible(policy.displayName)}?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        {policy.state === 'enabled'
          ? 'It is on: what it protects is open to whoever no other policy asks. '
          : 'Nothing changes for anybody: it is not on. '}
        It can’t be brought back but from an export.
      </ConfirmAction>
      {state !== undefined && <StateDialog policy={policy} state={state} onClose={() => setState(undefined)} />}
    </div>
  );
}

/** One policy: what it says, and what it does. */
export function PolicyPanel(props: {
  policy: ConditionalAccessPolicy;
  names: Names;
  onClose: () => void;
}): ReactElement {
  const { policy, names, onClose } = props;
  const { data, error, refetch } = useQuery(effectQuery(7));
  const own = data?.policies.find(({ id }) => id === policy.id);
  const conditions = conditionsOf(policy);
  return (
    <SidePanel
      label="Policy"
      title={visible(policy.displayName)}
      onClose={onClose}
      footer={<Actions policy={policy} onGone={onClose} />}
    >
      <Facts
        facts={[
          ['State', <PolicyStatus key="state" state={policy.state} />],
          ['Who', <bdi key="who">{visible(whoOf(policy, names))}</bdi>],
          ['What', <bdi key="what">{visible(whatOf(policy, names))}</bdi>],
          ['Conditions', conditions.join(', ') || 'None'],
          ['Controls', <bdi key="controls">{visible(controlsOf(policy, names))}</bdi>],
          ['Description', policy.description ? visible(policy.description) : undefined],
          ['Made', policy.createdDateTime ? <RelativeTime key="made" at={policy.createdDateTime} /> : undefined],
          [
            'Changed',
            policy.modifiedDateTime ? <RelativeTime key="changed" at={policy.modifiedDateTime} /> : undefined,
          ],
        ]}
      />
      <Section title={policy.state === 'enabled' ? 'Last 7 days' : 'Last 7 days, had it been on'}>
        {policy.state === 'disabled' && (
          <span>It is off, so nothing is measured. Its page says what it would change.</span>
        )}
        {policy.state !== 'disabled' && error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {policy.state !== 'disabled' && !data && !error && <Loading rows={4} label="Measuring" />}
        {policy.state !== 'disabled' && data && own && <EffectView effect={data} policy={own} />}
      </Section>
      <Section title="As JSON">
        <CodeBlock text={textOfPolicy(policy)} label="policy" />
      </Section>
    </SidePanel>
  );
}
