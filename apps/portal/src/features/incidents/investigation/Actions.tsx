import { Text } from '@fluentui/react-components';
import type { ProposedAction } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { ConfirmAction } from '../../../shared/ConfirmAction.tsx';
import { EntityIcon } from '../../../shared/EntityLink.tsx';
import { useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { Status, type Tone } from '../../../shared/Status.tsx';
import { visible, words } from '../../../shared/text.ts';
import { useDecide } from './queries.ts';
import { useListStyles } from './useListStyles.ts';

const tones: Readonly<Record<ProposedAction['state'], readonly [name: string, tone: Tone]>> = {
  pendingApproval: ['Pending approval', 'waiting'],
  approved: ['Approved, not carried out', 'good'],
  rejected: ['Rejected', 'off'],
  skipped: ['Skipped', 'off'],
};

/** What the investigation proposes to do, and what was decided. Nothing here was done. */
export function Actions({
  number,
  actions,
}: {
  number: number;
  actions: readonly ProposedAction[];
}): ReactElement | null {
  const styles = useListStyles();
  if (actions.length === 0) return null;
  return (
    <Section title="Proposed actions" card>
      <Text className={styles.muted}>
        No connector carries actions out yet: a decision is kept and audited, and nothing is done by it.
      </Text>
      <ul className={styles.list}>
        {actions.map((action) => (
          <Action key={action.id} number={number} action={action} />
        ))}
      </ul>
    </Section>
  );
}

function Action({ number, action }: { number: number; action: ProposedAction }): ReactElement {
  const styles = useListStyles();
  const why = useRefusal('decideAction');
  const decide = useDecide(number);
  const [name, tone] = tones[action.state];
  const what = `${words(action.kind)}: ${visible(action.target.name)}`;
  const device = action.parameters['DeviceName'];
  return (
    <li className={styles.item}>
      <span className={styles.line}>
        <Text weight="semibold">{words(action.kind)}</Text>
        <span>
          <EntityIcon kind={action.target.kind} /> <bdi>{visible(action.target.name)}</bdi>
          {device === undefined ? '' : ` on ${visible(device)}`}
        </span>
        <Status tone={tone}>{name}</Status>
        {action.state === 'pendingApproval' && (
          <span className={styles.end}>
            {(['approve', 'reject'] as const).map((decision) => (
              <ConfirmAction
                why={why}
                key={decision}
                label={decision === 'approve' ? 'Approve' : 'Reject'}
                title={`${decision === 'approve' ? 'Approve' : 'Reject'} “${what}”?`}
                disabled={decide.isPending}
                onConfirm={() => decide.mutate({ id: action.id, decision })}
              >
                {decision === 'approve'
                  ? 'The approval is kept with your name and cannot be taken back. No connector carries it out yet.'
                  : 'The action is kept as rejected with your name and is not proposed again.'}
              </ConfirmAction>
            ))}
          </span>
        )}
      </span>
      <Text size={200}>{visible(action.reason)}</Text>
      <Text size={200} className={styles.muted}>
        {visible(action.stateReason)}{' '}
        {action.decidedAt === null ? (
          action.state === 'pendingApproval' && (
            <>
              Rejected by itself <RelativeTime at={action.expiresAt} />.
            </>
          )
        ) : (
          <>
            {visible(action.decidedBy ?? '')}, <RelativeTime at={action.decidedAt} />
          </>
        )}
      </Text>
    </li>
  );
}
