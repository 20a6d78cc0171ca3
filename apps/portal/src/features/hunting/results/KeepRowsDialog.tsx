import { Field, Input, Select, Text, Textarea } from '@fluentui/react-components';
import { entitiesOfRow, huntLimits, type Cell, type Column } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { plural } from '../../../shared/numbers.ts';
import { FieldPair, FormDialog } from '../../../shared/FormDialog.tsx';
import { byComma, visible, words } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { IncidentFields, type IncidentTarget } from '../../hunts/IncidentFields.tsx';
import { huntsQuery } from '../../hunts/queries.ts';
import { AttackFields, techniquesOf, type AttackValue } from '../saved/AttackFields.tsx';

const ENTITIES_SHOWN = 8;

/** Rows of an answer, and what was asked. */
export interface KeptRows {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly query: string;
  readonly span: { readonly from: string; readonly to: string } | undefined;
}

/** Keeps rows as bookmarks, and puts them into an incident when that is wanted. */
export function KeepRowsDialog(props: {
  kept: KeptRows;
  /** Whether they go to an incident, too. */
  incident: boolean;
  onClose: () => void;
}): ReactElement {
  const notify = useNotify();
  const queries = useQueryClient();
  const { columns, rows, query, span } = props.kept;
  const [name, setName] = useState('');
  const [notes, setNotes] = useState('');
  const [labels, setLabels] = useState('');
  const [attack, setAttack] = useState<AttackValue>({ tactics: [], techniques: '' });
  const [hunt, setHunt] = useState('');
  const [target, setTarget] = useState<IncidentTarget>({ incident: null, severity: 'Medium' });
  const hunts = useQuery(huntsQuery);
  const most = props.incident ? huntLimits.bookmarksPerIncident : huntLimits.bookmarksAtOnce;
  const kept = rows.slice(0, most);
  const entities = [
    ...new Set(
      kept.flatMap((row) =>
        entitiesOfRow(columns, row).map(
          ({ kind, identifiers }) => `${words(kind)} ${Object.values(identifiers)[0] ?? ''}`,
        ),
      ),
    ),
  ];
  const techniques = techniquesOf(attack.techniques);
  const save = useMutation({
    mutationFn: async () => {
      const { bookmarks } = await client.createBookmarks({
        body: {
          bookmarks: kept.map((row) => ({
            name: name.trim(),
            notes,
            labels: byComma(labels),
            tactics: [...attack.tactics],
            techniques: techniques ?? [],
            query,
            queryFrom: span?.from ?? null,
            queryTo: span?.to ?? null,
            row: Object.fromEntries(columns.map((column, index) => [column.name, row[index] ?? null])),
            entities: entitiesOfRow(columns, row),
            huntId: hunt === '' ? null : hunt,
          })),
        },
      });
      if (!props.incident) return undefined;
      const made = await client.promoteBookmarks({
        body: {
          ids: bookmarks.map(({ id }) => id),
          title: name.trim(),
          ...target,
        },
      });
      return made.incident;
    },
    onSuccess: (number) => {
      void queries.invalidateQueries({ queryKey: ['hunts'] });
      void queries.invalidateQueries({ queryKey: ['bookmarks'] });
      void queries.invalidateQueries({ queryKey: ['incidents'] });
      notify.done(
        number === undefined
          ? `${plural(kept.length, 'bookmark')} kept`
          : `${plural(kept.length, 'row')} put into incident ${number}`,
      );
      props.onClose();
    },
  });
  return (
    <FormDialog
      title={`${props.incident ? 'Add to an incident' : 'Bookmark'}: ${plural(kept.length, 'row')}`}
      submit={props.incident ? 'Add' : 'Keep'}
      ready={name.trim() !== '' && techniques !== undefined}
      busy={save.isPending}
      error={save.error}
      failed="Nothing was kept"
      wide
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      {rows.length > most && (
        <Text>
          Of the {rows.length} selected rows the first {most} are kept.
        </Text>
      )}
      <Field label="Name" required>
        <Input value={name} onChange={(_, data) => setName(data.value)} maxLength={256} />
      </Field>
      <Field label="Notes" hint="Why these rows matter.">
        <Textarea value={notes} onChange={(_, data) => setNotes(data.value)} rows={3} />
      </Field>
      {props.incident && <IncidentFields value={target} onChange={setTarget} />}
      <FieldPair>
        <Field label="Hunt">
          <Select value={hunt} onChange={(_, data) => setHunt(data.value)}>
            <option value="">None</option>
            {(hunts.data?.hunts ?? []).map((one) => (
              <option key={one.id} value={one.id}>
                {visible(one.name)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Labels">
          <Input placeholder="Commas between" value={labels} onChange={(_, data) => setLabels(data.value)} />
        </Field>
        <AttackFields value={attack} onChange={setAttack} />
      </FieldPair>
      <Text size={200}>
        {entities.length === 0
          ? 'The columns’ names tell of no entities.'
          : `Entities: ${entities
              .slice(0, ENTITIES_SHOWN)
              .map((one) => visible(one))
              .join(', ')}${entities.length > ENTITIES_SHOWN ? ` and ${entities.length - ENTITIES_SHOWN} more` : ''}`}
      </Text>
    </FormDialog>
  );
}
