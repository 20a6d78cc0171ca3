import { Field, Select } from '@fluentui/react-components';
import { Severity } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { ChooseOne } from '../../shared/choices.tsx';
import { FieldPair } from '../../shared/FormDialog.tsx';
import { visible } from '../../shared/text.ts';
import { incidentsQuery } from '../incidents/queries.ts';

const SHOWN = 50;

/** Where what was found goes: an open incident, or a new one of a severity. */
export interface IncidentTarget {
  /** Null: a new one. */
  readonly incident: number | null;
  readonly severity: Severity;
}

export function IncidentFields(props: {
  value: IncidentTarget;
  onChange: (value: IncidentTarget) => void;
}): ReactElement {
  const { value, onChange } = props;
  const open = useQuery(incidentsQuery({}, SHOWN)).data?.incidents ?? [];
  return (
    <FieldPair>
      <Field label="Incident">
        <Select
          value={value.incident ?? ''}
          onChange={(_, data) => onChange({ ...value, incident: data.value === '' ? null : Number(data.value) })}
        >
          <option value="">A new one</option>
          {open.map(({ number, title }) => (
            <option key={number} value={number}>
              {number}: {visible(title)}
            </option>
          ))}
        </Select>
      </Field>
      <ChooseOne
        label="Severity"
        options={Severity.options}
        value={value.severity}
        disabled={value.incident !== null}
        onChange={(severity) => onChange({ ...value, severity })}
      />
    </FieldPair>
  );
}
