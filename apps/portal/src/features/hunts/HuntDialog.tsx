import { Field, Input, Textarea } from '@fluentui/react-components';
import { HuntStatus, HypothesisStatus, type Hunt } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { ChooseOne } from '../../shared/choices.tsx';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { byComma } from '../../shared/text.ts';
import { AttackFields, techniquesOf, type AttackValue } from '../hunting/saved/AttackFields.tsx';

/** Begins a hunt, or changes one. */
export function HuntDialog(props: { hunt?: Hunt; onClose: () => void; onDone: (hunt: Hunt) => void }): ReactElement {
  const me = useMe();
  const queries = useQueryClient();
  const { hunt } = props;
  const [name, setName] = useState(hunt?.name ?? '');
  const [hypothesis, setHypothesis] = useState(hunt?.hypothesis ?? '');
  const [description, setDescription] = useState(hunt?.description ?? '');
  const [status, setStatus] = useState(hunt?.status ?? 'New');
  const [outcome, setOutcome] = useState(hunt?.hypothesisStatus ?? 'Unknown');
  const [owner, setOwner] = useState(hunt ? hunt.owner : me.userPrincipalName);
  const [labels, setLabels] = useState(hunt?.labels.join(', ') ?? '');
  const [attack, setAttack] = useState<AttackValue>({
    tactics: hunt?.tactics ?? [],
    techniques: hunt?.techniques.join(', ') ?? '',
  });
  const techniques = techniquesOf(attack.techniques);
  const save = useMutation({
    mutationFn: () => {
      const body = {
        name: name.trim(),
        hypothesis,
        description,
        status,
        hypothesisStatus: outcome,
        owner,
        labels: byComma(labels),
        tactics: [...attack.tactics],
        techniques: techniques ?? [],
      };
      return hunt ? client.updateHunt({ params: { id: hunt.id }, body }) : client.createHunt({ body });
    },
    onSuccess: (made) => {
      queries.setQueryData(['hunts', made.id], made);
      void queries.invalidateQueries({ queryKey: ['hunts'], exact: true });
      props.onDone(made);
    },
  });
  return (
    <FormDialog
      title={hunt ? 'Change the hunt' : 'New hunt'}
      submit={hunt ? 'Save' : 'Begin'}
      ready={name.trim() !== '' && techniques !== undefined}
      busy={save.isPending}
      error={save.error}
      wide
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      <Field label="Name" required>
        <Input value={name} maxLength={256} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="Hypothesis" hint="What is thought to be so, that the hunt shall show.">
        <Textarea value={hypothesis} rows={3} onChange={(_, data) => setHypothesis(data.value)} />
      </Field>
      <Field label="Description">
        <Textarea value={description} rows={2} onChange={(_, data) => setDescription(data.value)} />
      </Field>
      <FieldPair>
        <ChooseOne label="Status" options={HuntStatus.options} value={status} onChange={setStatus} />
        <ChooseOne label="Hypothesis is" options={HypothesisStatus.options} value={outcome} onChange={setOutcome} />
        <Field label="Owner">
          <PersonPicker label="Owner" value={owner} onChange={setOwner} />
        </Field>
        <Field label="Labels">
          <Input placeholder="Commas between" value={labels} onChange={(_, data) => setLabels(data.value)} />
        </Field>
        <AttackFields value={attack} onChange={setAttack} />
      </FieldPair>
    </FormDialog>
  );
}
