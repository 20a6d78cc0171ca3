import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import type { Rule, TuningProposal } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Grid } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { ExceptionDialog, type ExceptionDraft } from './ExceptionDialog.tsx';
import { exceptionColumns } from './ExceptionState.tsx';
import { ruleExceptionsQuery, tuningQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL, overflowY: 'auto' },
  grid: { display: 'flex', height: '260px', minHeight: 0 },
  proposal: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    paddingBlock: tokens.spacingVerticalS,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  words: { display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0, overflowWrap: 'anywhere' },
  code: { fontFamily: tokens.fontFamilyMonospace },
});

function Proposal({
  proposal,
  why,
  onTake,
}: {
  proposal: TuningProposal;
  why: string | undefined;
  onTake: () => void;
}): ReactElement {
  const styles = useStyles();
  const { falseRemoved, trueRemoved } = proposal;
  return (
    <div className={styles.proposal} role="listitem">
      <div className={styles.words}>
        <Text weight="semibold">{visible(proposal.title)}</Text>
        {proposal.condition !== null && (
          <Text size={200} className={styles.code}>
            {visible(proposal.condition)}
          </Text>
        )}
        <Text size={200}>
          Would have removed {plural(falseRemoved, 'false alert')} and {plural(trueRemoved, 'true one')}.
        </Text>
      </div>
      <RefusableButton why={why} onClick={onTake}>
        {proposal.kind === 'exception' ? 'Make an exception' : 'Edit the rule'}
      </RefusableButton>
    </div>
  );
}

/** On a rule's page: what closed incidents say of it, and the exceptions that apply to it. */
export function RuleTuning({ rule }: { rule: Rule }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const why = useRefusal('createException');
  const tuning = useQuery(tuningQuery(rule.id));
  const exceptions = useQuery(ruleExceptionsQuery(rule.id));
  const [draft, setDraft] = useState<ExceptionDraft>();
  const blank = { scope: 'rule' as const, target: rule.id, targetName: rule.name };
  const take = (proposal: TuningProposal): void => {
    if (proposal.condition === null) return void navigate({ to: '/rule-editor', search: { id: rule.id } });
    return setDraft({
      ...blank,
      name: `${proposal.field}: ${proposal.value}`.slice(0, 200),
      condition: proposal.condition,
      reason: `Closed incidents of the last ${tuning.data?.days ?? 90} days: ${proposal.falseRemoved} false alerts and ${proposal.trueRemoved} true ones have it.`,
    });
  };
  const facts = tuning.data;
  const judged = facts ? facts.falsePositive + facts.benignPositive + facts.truePositive : 0;
  return (
    <div className={styles.root}>
      {draft && <ExceptionDialog draft={draft} onClose={() => setDraft(undefined)} />}
      <Section title="Advice from closed incidents">
        {tuning.error && <ErrorState error={tuning.error} onRetry={() => void tuning.refetch()} />}
        {!facts && !tuning.error && <Loading rows={4} label="Looking at closed incidents" />}
        {facts && judged === 0 && (
          <EmptyState title="No closed incident has an alert of this rule">
            Once incidents are closed with a classification, what tells false alerts from true ones is shown here.
          </EmptyState>
        )}
        {facts && judged > 0 && (
          <>
            <Text>
              {plural(judged, 'alert')} in incidents closed in the last {facts.days} days: {facts.falsePositive} false
              positive, {facts.benignPositive} benign positive, {facts.truePositive} true positive.
              {facts.proposals.length === 0 && ' No value tells the false ones from the true ones.'}
            </Text>
            <div role="list" aria-label="Proposals">
              {facts.proposals.map((proposal) => (
                <Proposal
                  key={`${proposal.kind} ${proposal.condition ?? proposal.value}`}
                  proposal={proposal}
                  why={why}
                  onTake={() => take(proposal)}
                />
              ))}
            </div>
          </>
        )}
      </Section>
      <Section
        title="Exceptions that apply"
        actions={
          <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setDraft(blank)}>
            New exception
          </RefusableButton>
        }
      >
        {exceptions.error && <ErrorState error={exceptions.error} onRetry={() => void exceptions.refetch()} />}
        {!exceptions.data && !exceptions.error && <Loading rows={4} label="Loading exceptions" />}
        {exceptions.data && (
          <div className={styles.grid}>
            <Grid
              label="Exceptions that apply"
              rows={exceptions.data.exceptions}
              columns={exceptionColumns}
              rowId={({ id }) => id}
              onOpen={({ id }) => void navigate({ to: '/exceptions', search: { selected: id } })}
              empty={<EmptyState title="No exception applies to this rule" />}
            />
          </div>
        )}
      </Section>
    </div>
  );
}
