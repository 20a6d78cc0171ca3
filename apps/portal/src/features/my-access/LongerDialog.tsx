import { Field, Select, Textarea } from '@fluentui/react-components';
import type { PrivilegedHolding } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { visible } from '../../shared/text.ts';
import { useAsk, wishFor } from './queries.ts';

const choices = [7, 15, 30, 90, 180, 365];

/** Asks an administrator to extend what ends soon, or to renew what has ended. */
export function LongerDialog({
  of,
  action,
  onClose,
}: {
  of: PrivilegedHolding;
  action: 'selfExtend' | 'selfRenew';
  onClose: () => void;
}): ReactElement {
  const [days, setDays] = useState(30);
  const [justification, setJustification] = useState('');
  const ask = useAsk(onClose);
  return (
    <FormDialog
      title={`${action === 'selfExtend' ? 'Extend' : 'Renew'} ${visible(of.targetName)}`}
      submit="Ask"
      ready={justification.trim() !== ''}
      busy={ask.isPending}
      error={ask.error}
      failed="It was not asked for"
      onSubmit={() =>
        ask.mutate({
          ...wishFor(of, action),
          justification: justification.trim(),
          expiration: { type: 'afterDuration', duration: `P${days}D` },
        })
      }
      onClose={onClose}
    >
      <Field label="For" hint="From now on; an administrator decides">
        <Select value={String(days)} onChange={(_, data) => setDays(Number(data.value))}>
          {choices.map((one) => (
            <option key={one} value={one}>
              {plural(one, 'day')}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Justification" required>
        <Textarea value={justification} maxLength={2_048} onChange={(_, data) => setJustification(data.value)} />
      </Field>
    </FormDialog>
  );
}
