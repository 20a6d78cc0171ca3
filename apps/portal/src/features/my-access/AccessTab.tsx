import { Button } from '@fluentui/react-components';
import { ShieldKeyholeRegular } from '@fluentui/react-icons';
import type { ActivationTerms, PrivilegedHolding } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement } from 'react';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { useNow } from '../../shared/hooks.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { ActivateDialog } from './ActivateDialog.tsx';
import { Card, Cards } from './Card.tsx';
import { LongerDialog } from './LongerDialog.tsx';
import { Provisioning } from './Provisioning.tsx';
import { accessQuery, useAccessChanged, useAsk, wishFor } from './queries.ts';

const DAY_MS = 86_400_000;
const EXTENDABLE_MS = 14 * DAY_MS;
const TIMER_MAX_MS = DAY_MS;

type Eligible = PrivilegedHolding & {
  readonly terms: ActivationTerms;
  readonly isActive: boolean;
  readonly isPending: boolean;
};
type Dialog =
  | { readonly is: 'activate'; readonly of: Eligible }
  | { readonly is: 'selfExtend' | 'selfRenew'; readonly of: PrivilegedHolding };

/** What one may have, and what one has now. */
export function AccessTab(): ReactElement {
  const { data, error, refetch } = useQuery(accessQuery);
  const [dialog, setDialog] = useState<Dialog>();
  useEndings(data?.active);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading" />;
  const { eligible, active, ended } = data;
  if (eligible.length + active.length + ended.length === 0)
    return (
      <EmptyState icon={<ShieldKeyholeRegular />} title="No privileged access">
        An administrator makes people eligible for a role. It is then activated here, for as long as it is needed.
      </EmptyState>
    );
  const close = (): void => setDialog(undefined);
  return (
    <>
      <Section title={`Active (${active.length})`}>
        {active.length === 0 && <span>Nothing is active.</span>}
        <Cards label="Active">
          {active.map((one) => (
            <Active key={one.id} one={one} onExtend={() => setDialog({ is: 'selfExtend', of: one })} />
          ))}
        </Cards>
      </Section>
      <Section title={`Eligible (${eligible.length})`}>
        {eligible.length === 0 && <span>There is nothing to activate.</span>}
        <Cards label="Eligible">
          {eligible.map((one) => (
            <EligibleCard
              key={one.id}
              one={one}
              onActivate={() => setDialog({ is: 'activate', of: one })}
              onExtend={() => setDialog({ is: 'selfExtend', of: one })}
            />
          ))}
        </Cards>
      </Section>
      {ended.length > 0 && (
        <Section title={`Ended of late (${ended.length})`}>
          <Cards label="Ended of late">
            {ended.map((one) => (
              <Card
                key={one.id}
                title={visible(one.targetName)}
                lines={[<Ended key="ended" one={one} />]}
                actions={
                  one.memberType === 'Direct' && (
                    <Button size="small" onClick={() => setDialog({ is: 'selfRenew', of: one })}>
                      Renew…
                    </Button>
                  )
                }
              />
            ))}
          </Cards>
        </Section>
      )}
      {dialog?.is === 'activate' && <ActivateDialog of={dialog.of} onClose={close} />}
      {dialog && dialog.is !== 'activate' && <LongerDialog of={dialog.of} action={dialog.is} onClose={close} />}
    </>
  );
}

const Ended = ({ one }: { one: PrivilegedHolding }): ReactElement => (
  <>
    {one.kind === 'eligible' ? 'Eligible' : 'Active'} until <RelativeTime at={one.removedAt ?? one.endsAt} />
  </>
);

const Until = ({ at, none }: { at: string | null; none: string }): ReactElement =>
  at === null ? <>{none}</> : <>Ends <RelativeTime at={at} /></>; // prettier-ignore

/** Near its end, so that more can be asked for. */
function useIsEnding(): (one: PrivilegedHolding) => boolean {
  const now = useNow();
  return ({ endsAt, memberType }) =>
    memberType === 'Direct' && endsAt !== null && new Date(endsAt).getTime() - now.getTime() < EXTENDABLE_MS;
}

function Active({ one, onExtend }: { one: PrivilegedHolding; onExtend: () => void }): ReactElement {
  const notify = useNotify();
  const ask = useAsk();
  const now = useNow();
  const isEnding = useIsEnding();
  const planned = new Date(one.startsAt) > now;
  return (
    <Card
      title={visible(one.targetName)}
      lines={[
        planned ? <span key="from">Begins <RelativeTime at={one.startsAt} /></span> : <Until key="until" at={one.endsAt} none="No end" />, // prettier-ignore
        ...(one.memberType === 'Group' ? [`Through ${visible(one.principal.displayName)}`] : []),
        ...(one.provisioning ? [<span key="cloud">In the cloud: <Provisioning of={one.provisioning} /></span>] : []), // prettier-ignore
        ...(one.justification === '' ? [] : [visible(one.justification)]),
      ]}
      state={<Status tone={planned ? 'working' : 'good'}>{planned ? 'Planned' : one.assignmentType === 'Activated' ? 'Activated' : 'Assigned'}</Status>} // prettier-ignore
      actions={
        <>
          {one.assignmentType === 'Assigned' && isEnding(one) && (
            <Button size="small" onClick={onExtend}>
              Extend…
            </Button>
          )}
          {one.assignmentType === 'Activated' && (
            <ConfirmAction
              label="Give up"
              title={`Give up ${visible(one.targetName)}?`}
              disabled={ask.isPending}
              onConfirm={() =>
                ask.mutate(wishFor(one, 'selfDeactivate'), {
                  onError: (error) => notify.failed('It stays active', error),
                })
              }
            >
              What it lets you do ends at once, here and in every other session. You stay eligible.
            </ConfirmAction>
          )}
        </>
      }
    />
  );
}

function EligibleCard({
  one,
  onActivate,
  onExtend,
}: {
  one: Eligible;
  onActivate: () => void;
  onExtend: () => void;
}): ReactElement {
  const isEnding = useIsEnding();
  const why = one.isActive ? 'It is active' : one.isPending ? 'A request waits for approval' : undefined;
  return (
    <Card
      title={visible(one.targetName)}
      lines={[
        <Until key="until" at={one.endsAt} none="Eligible without an end" />,
        ...(one.memberType === 'Group' ? [`Through ${visible(one.principal.displayName)}`] : []),
        ...(one.scopeId === '/' ? [] : ['Over a part only']),
      ]}
      state={why && <Status tone={one.isActive ? 'good' : 'waiting'}>{why}</Status>}
      actions={
        <>
          {isEnding(one) && (
            <Button size="small" onClick={onExtend}>
              Extend…
            </Button>
          )}
          <Button size="small" appearance="primary" disabled={why !== undefined} title={why} onClick={onActivate}>
            Activate…
          </Button>
        </>
      }
    />
  );
}

/** Looks again in the moment in which something ends. */
function useEndings(active: readonly PrivilegedHolding[] | undefined): void {
  const changed = useAccessChanged();
  const next = Math.min(
    ...(active ?? []).flatMap(({ endsAt }) => (endsAt === null ? [] : [new Date(endsAt).getTime()])),
  );
  useEffect(() => {
    const wait = next - Date.now();
    if (!(wait < TIMER_MAX_MS)) return undefined;
    const timer = setTimeout(changed, Math.max(0, wait) + 250);
    return () => clearTimeout(timer);
    // `changed` is another function each time, and does the same.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [next]);
}
