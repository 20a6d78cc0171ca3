import { Checkbox, Field, Input, Select } from '@fluentui/react-components';
import { ReviewerKind, ReviewRecurrence, type AccessReviewSettings } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseOne, ChooseSeveral } from '../../shared/choices.tsx';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { policiesQuery, useDo } from './queries.ts';

const reviewers: Readonly<Record<ReviewerKind, string>> = {
  self: 'Each for themselves',
  manager: 'Their managers',
  owners: 'Owners of the group',
  people: 'Named people',
};
const unanswered = {
  noChange: 'stays',
  remove: 'is removed',
  approve: 'is approved',
  recommendation: 'follows the recommendation',
} as const;
type Unanswered = keyof typeof unanswered;
const unansweredOf: readonly Unanswered[] = ['noChange', 'remove', 'approve', 'recommendation'];

/** Begins a review, or plans it. */
export function ReviewDialog({ onClose }: { onClose: () => void }): ReactElement {
  const { data } = useQuery(policiesQuery);
  const people = useQuery({
    queryKey: ['privileged-access', 'approvers'],
    queryFn: ({ signal }) => client.listDirectoryPeople({ signal, query: {} }),
  });
  const [displayName, setName] = useState('');
  const [roles, setRoles] = useState<readonly string[]>([]);
  const [first, setFirst] = useState<ReviewerKind>('manager');
  const [second, setSecond] = useState<ReviewerKind | 'none'>('none');
  const [named, setNamed] = useState<readonly string[]>([]);
  const [days, setDays] = useState('7');
  const [recurrence, setRecurrence] = useState<ReviewRecurrence>('once');
  const [ifNotResponded, setUnanswered] = useState<Unanswered>('recommendation');
  const [autoApply, setAutoApply] = useState(true);
  const policies = data?.policies ?? [];
  const stage = (kind: ReviewerKind): AccessReviewSettings['stages'][number] => ({
    reviewers: kind,
    people: [...named],
    durationDays: Number(days),
  });
  const make = useDo(
    () =>
      client.createAccessReview({
        body: {
          displayName: displayName.trim(),
          targets: policies.filter(({ id }) => roles.includes(id)).map(({ target }) => target),
          kinds: ['eligible', 'active'],
          stages: [stage(first), ...(second === 'none' ? [] : [stage(second)])],
          recurrence,
          ifNotResponded,
          autoApply,
          justificationRequired: true,
          inactivityDays: 30,
        },
      }),
    'The review has begun',
    onClose,
  );
  const needsPeople = first === 'people' || second === 'people';
  const ready =
    displayName.trim() !== '' && roles.length > 0 && /^[1-9]\d{0,2}$/.test(days) && (!needsPeople || named.length > 0);
  const persons = people.data?.people ?? [];
  return (
    <FormDialog
      title="New review"
      submit="Begin"
      wide
      ready={ready}
      busy={make.isPending}
      error={make.error}
      failed="No review was begun"
      onSubmit={() => make.mutate(undefined)}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={displayName} maxLength={200} onChange={(_, { value }) => setName(value)} />
      </Field>
      <ChooseSeveral
        label="Roles"
        none="Choose roles"
        options={policies.map(({ id }) => id)}
        labelOf={(id) => policies.find((one) => one.id === id)?.targetName ?? id}
        values={roles}
        onChange={setRoles}
      />
      <FieldPair>
        <ChooseOne
          label="Reviewers"
          options={ReviewerKind.options}
          labelOf={(one) => reviewers[one]}
          value={first}
          onChange={setFirst}
        />
        <ChooseOne
          label="Then"
          options={['none', ...ReviewerKind.options] as const}
          labelOf={(one) => (one === 'none' ? 'Nobody' : reviewers[one])}
          value={second}
          onChange={setSecond}
        />
      </FieldPair>
      <ChooseSeveral
        label="Named people"
        hint="They decide, too, where somebody has no manager"
        none="Nobody"
        options={persons.map(({ id }) => id)}
        labelOf={(id) => persons.find((one) => one.id === id)?.userPrincipalName ?? id}
        values={named}
        onChange={setNamed}
      />
      <FieldPair>
        <Field label="Days for each stage">
          <Input type="number" min={1} max={180} value={days} onChange={(_, { value }) => setDays(value)} />
        </Field>
        <Field label="Repeats">
          <Select
            value={recurrence}
            onChange={(_, { value }) => setRecurrence(ReviewRecurrence.options.find((one) => one === value) ?? 'once')}
          >
            {ReviewRecurrence.options.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </Field>
      </FieldPair>
      <ChooseOne
        label="What nobody decides on"
        options={unansweredOf}
        labelOf={(one) => unanswered[one]}
        value={ifNotResponded}
        onChange={setUnanswered}
      />
      <Checkbox
        label="Apply the decisions when it ends"
        checked={autoApply}
        onChange={(_, { checked }) => setAutoApply(checked === true)}
      />
    </FormDialog>
  );
}
