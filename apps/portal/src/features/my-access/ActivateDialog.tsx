import { Field, Input, MessageBar, MessageBarBody, Select, Textarea } from '@fluentui/react-components';
import { parseDuration, type ActivationTerms, type PrivilegedHolding } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { visible } from '../../shared/text.ts';
import { duration } from '../../shared/time.ts';
import { useAsk, wishFor } from './queries.ts';

const stepsMinutes = [5, 15, 30, 60, 120, 180, 240, 360, 480, 600, 720, 1_080, 1_440];
/** Seconds, up to what the policy allows, which is always among them. */
export const durationsUpTo = (most: number): readonly number[] => [
  ...stepsMinutes.map((minutes) => minutes * 60).filter((seconds) => seconds < most),
  most,
];
const usualSeconds = 3_600;

/** Asks for a role that one is eligible for, with what its policy demands. */
export function ActivateDialog({
  of,
  onClose,
}: {
  of: PrivilegedHolding & { readonly terms: ActivationTerms };
  onClose: () => void;
}): ReactElement {
  const { terms } = of;
  const choices = durationsUpTo(parseDuration(terms.maximumDuration) ?? 3_600);
  const [seconds, setSeconds] = useState(choices.findLast((one) => one <= usualSeconds) ?? choices[0] ?? usualSeconds);
  const [startAt, setStartAt] = useState('');
  const [justification, setJustification] = useState('');
  const [ticketNumber, setTicketNumber] = useState('');
  const [ticketSystem, setTicketSystem] = useState('');
  const ask = useAsk(onClose);
  const ready =
    (!terms.justification || justification.trim() !== '') &&
    (!terms.ticket || (ticketNumber.trim() !== '' && ticketSystem.trim() !== ''));
  const send = (): void =>
    ask.mutate({
      ...wishFor(of, 'selfActivate'),
      justification: justification.trim(),
      ticketNumber: ticketNumber.trim(),
      ticketSystem: ticketSystem.trim(),
      ...(startAt === '' ? {} : { startAt: new Date(startAt).toISOString() }),
      expiration: { type: 'afterDuration', duration: `PT${seconds}S` },
    });
  const asked = [
    ...(terms.multiFactor ? ['multifactor authentication'] : []),
    ...(terms.authenticationContext === null ? [] : [`the authentication context ${terms.authenticationContext}`]),
  ];
  return (
    <FormDialog
      title={`Activate ${visible(of.targetName)}`}
      submit={terms.approval ? 'Ask' : 'Activate'}
      ready={ready}
      busy={ask.isPending}
      error={ask.error}
      failed="It was not activated"
      onSubmit={send}
      onClose={onClose}
    >
      {terms.approval && (
        <MessageBar intent="info">
          <MessageBarBody>Others approve it first. The time begins when they do.</MessageBarBody>
        </MessageBar>
      )}
      <FieldPair>
        <Field label="For" hint={`At most ${duration(parseDuration(terms.maximumDuration) ?? 0)}`}>
          <Select value={String(seconds)} onChange={(_, data) => setSeconds(Number(data.value))}>
            {choices.map((one) => (
              <option key={one} value={one}>
                {duration(one)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="From" hint="Empty: at once">
          <Input type="datetime-local" value={startAt} onChange={(_, data) => setStartAt(data.value)} />
        </Field>
      </FieldPair>
      <Field label="Justification" required={terms.justification} hint="What it is for; it stays in the audit">
        <Textarea value={justification} maxLength={2_048} onChange={(_, data) => setJustification(data.value)} />
      </Field>
      {terms.ticket && (
        <FieldPair>
          <Field label="Ticket" required>
            <Input value={ticketNumber} maxLength={256} onChange={(_, data) => setTicketNumber(data.value)} />
          </Field>
          <Field label="Ticket system" required>
            <Input value={ticketSystem} maxLength={256} onChange={(_, data) => setTicketSystem(data.value)} />
          </Field>
        </FieldPair>
      )}
      {asked.length > 0 && <span>Asks for {asked.join(' and ')}, unless this session has shown it.</span>}
    </FormDialog>
  );
}
