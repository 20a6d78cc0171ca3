import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Select,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { HuntStatus, HypothesisStatus, type Hunt } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { ErrorState } from '../../shared/States.tsx';
import { AttackFields, techniquesOf, type AttackValue } from '../hunting/saved/AttackFields.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '720px', width: '92vw' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  pair: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: tokens.spacingHorizontalM, alignItems: 'start' },
});

/** Begins a hunt, or changes one. */
export function HuntDialog(props: { hunt?: Hunt; onClose: () => void; onDone: (hunt: Hunt) => void }): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const queries = useQueryClient();
  const { hunt } = props;
  const [name, setName] = useState(hunt?.name ?? '');
  const [hypothesis, setHypothesis] = useState(hunt?.hypothesis ?? '');
  const [description, setDescription] = useState(hunt?.description ?? '');
  const [status, setStatus] = useState(hunt?.status ?? 'New');
  const [outcome, setOutcome] = useState(hunt?.hypothesisStatus ?? 'Unknown');
  const [owner, setOwner] = useState(hunt ? (hunt.owner ?? '') : me.userPrincipalName);
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
        owner: owner.trim() === '' ? null : owner.trim(),
        labels: labels
          .split(',')
          .map((one) => one.trim())
          .filter((one) => one !== ''),
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
    <Dialog open onOpenChange={() => props.onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{hunt ? 'Change the hunt' : 'New hunt'}</DialogTitle>
          <DialogContent className={styles.content}>
            <Field label="Name" required>
              <Input value={name} maxLength={256} onChange={(_, data) => setName(data.value)} />
            </Field>
            <Field label="Hypothesis" hint="What is thought to be so, that the hunt shall show.">
              <Textarea value={hypothesis} rows={3} onChange={(_, data) => setHypothesis(data.value)} />
            </Field>
            <Field label="Description">
              <Textarea value={description} rows={2} onChange={(_, data) => setDescription(data.value)} />
            </Field>
            <div className={styles.pair}>
              <Field label="Status">
                <Select value={status} onChange={(_, data) => setStatus(HuntStatus.catch('New').parse(data.value))}>
                  {HuntStatus.options.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Select>
              </Field>
              <Field label="Hypothesis is">
                <Select
                  value={outcome}
                  onChange={(_, data) => setOutcome(HypothesisStatus.catch('Unknown').parse(data.value))}
                >
                  {HypothesisStatus.options.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Select>
              </Field>
              <Field label="Owner">
                <Input value={owner} onChange={(_, data) => setOwner(data.value)} />
              </Field>
              <Field label="Labels">
                <Input placeholder="Commas between" value={labels} onChange={(_, data) => setLabels(data.value)} />
              </Field>
              <AttackFields value={attack} onChange={setAttack} />
            </div>
            {save.error && <ErrorState error={save.error} title="It was not saved" />}
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Cancel</Button>
            <Button
              appearance="primary"
              disabled={name.trim() === '' || techniques === undefined || save.isPending}
              onClick={() => save.mutate()}
            >
              {hunt ? 'Save' : 'Begin'}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
