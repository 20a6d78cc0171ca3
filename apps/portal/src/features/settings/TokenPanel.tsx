import { unusedAfterDays, type ApiToken } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { permissionLabel } from '../../shared/rights.ts';
import { RightsUse } from '../../shared/RightsUse.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

/** One API token: what it may, when it used what, and the cut to that. */
export function TokenPanel({ token, onClose }: { token: ApiToken; onClose: () => void }): ReactElement {
  const refusal = useRefusal('narrowToken');
  const queries = useQueryClient();
  const notify = useNotify();
  const name = visible(token.name);
  const kept = token.uses.filter(({ lastUsedAt }) => lastUsedAt !== null).map(({ permission }) => permission);
  const lost = token.scopes.filter((scope) => !kept.includes(scope));
  const narrow = useMutation({
    mutationFn: () => client.narrowToken({ params: { id: token.id }, body: { scopes: kept } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['tokens'] });
      notify.done(`${name} is cut to what it used`);
    },
    onError: (failure) => notify.failed(`${name} is as it was`, failure),
  });
  const nothing =
    kept.length === 0
      ? 'It has used nothing yet: revoke it if nothing needs it.'
      : lost.length === 0
        ? 'It has used all that it may.'
        : undefined;
  return (
    <SidePanel
      label="API token"
      title={name}
      onClose={onClose}
      footer={
        token.revokedAt === null && (
          <ConfirmAction
            why={refusal ?? nothing}
            label="Cut to what was used"
            title={`Cut the token “${name}” to what it used?`}
            disabled={narrow.isPending}
            onConfirm={() => narrow.mutate()}
          >
            It may no longer: {lost.map(permissionLabel).join(', ')}. A token can’t be given more again; a new one can
            take its place.
          </ConfirmAction>
        )
      }
    >
      <Facts
        facts={[
          ['Made by', visible(token.createdBy)],
          ['Made', <RelativeTime key="made" at={token.createdAt} />],
          ['Ends', <RelativeTime key="ends" at={token.revokedAt ?? token.expiresAt} />],
          ['Last used', token.lastUsedAt === null ? 'Never' : <RelativeTime key="used" at={token.lastUsedAt} />],
        ]}
      />
      <Section title="What it may, and when it used it last">
        <RightsUse label="What it may" uses={token.uses} heldSince={token.createdAt} />
        <span>What is not used for {unusedAfterDays} days is proposed for removal under Roles.</span>
      </Section>
    </SidePanel>
  );
}
