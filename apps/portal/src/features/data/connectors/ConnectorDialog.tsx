import {
  Button,
  Field,
  Input,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Select,
  Spinner,
  Switch,
  tokens,
} from '@fluentui/react-components';
import { connectorKindNames, connectorKinds, type Connector, type ConnectorKind } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { FormDialog } from '../../../shared/FormDialog.tsx';
import { ErrorState } from '../../../shared/States.tsx';
import { TimeZoneInput } from '../../../shared/TimeZoneInput.tsx';
import { useNotify } from '../../../shared/toast.tsx';
import { visible } from '../../../shared/text.ts';
import { WorkspaceField } from '../../../shared/WorkspaceField.tsx';
import { FieldInput } from './FieldInput.tsx';
import { isShown } from './fields.ts';
import { TestResult } from './TestResult.tsx';
import { useDraft } from './useDraft.ts';

const INTERVALS: readonly (readonly [number, string])[] = [
  [30, 'every 30 seconds'],
  [60, 'every minute'],
  [300, 'every 5 minutes'],
  [900, 'every 15 minutes'],
  [3_600, 'every hour'],
  [86_400, 'every day'],
];

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalM,
    alignItems: 'start',
  },
});

/** Makes a connector, or changes one. Nothing is asked of its source until a person tests it or it is saved. */
export function ConnectorDialog(props: {
  /** The one to change; undefined: a new one. */
  connector: Connector | undefined;
  allowed: { readonly hosts: readonly string[]; readonly folders: readonly string[] };
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const { connector } = props;
  const draft = useDraft(connector);
  const { kind, values, secrets } = draft;
  const test = useMutation({
    mutationFn: () => client.testConnector({ query: connector ? { id: connector.id } : {}, body: draft.body() }),
  });
  const save = useMutation({
    mutationFn: () =>
      connector
        ? client.updateConnector({ params: { id: connector.id }, body: draft.body() })
        : client.createConnector({ body: draft.body() }),
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: ['connectors'] });
      notify.done(`${visible(saved.name)} is saved`);
      props.onClose();
    },
  });
  const busy = test.isPending || save.isPending;
  const attempt = (work: () => void): void => {
    if (draft.check()) work();
  };
  const nothingAllowed = (kind === 'files' ? props.allowed.folders : props.allowed.hosts).length === 0;
  return (
    <FormDialog
      title={connector ? `Change ${visible(connector.name)}` : 'New connector'}
      submit={connector ? 'Save' : 'Make connector'}
      wide
      ready
      busy={busy}
      error={save.error}
      failed="It was not saved"
      beside={
        <Button disabled={busy} onClick={() => attempt(() => test.mutate())}>
          Test
        </Button>
      }
      onSubmit={() => attempt(() => save.mutate())}
      onClose={props.onClose}
    >
      {nothingAllowed && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {kind === 'files'
              ? 'No folder may be read yet. The machine’s administrator allows folders with the setting connectorFolders.'
              : 'No host may be fetched from yet. The machine’s administrator allows hosts with the settings connectorHosts and connectorInternalHosts.'}
          </MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.grid}>
        <Field label="Kind" hint={connectorKinds[kind].description}>
          <Select
            value={kind}
            disabled={connector !== undefined}
            onChange={(_, data) => {
              test.reset();
              draft.setKind(data.value as ConnectorKind);
            }}
          >
            {connectorKindNames.map((name) => (
              <option key={name} value={name}>
                {connectorKinds[name].label}
              </option>
            ))}
          </Select>
        </Field>
        <Field
          label="Name"
          required
          {...(draft.faults['name'] === undefined
            ? {}
            : { validationState: 'error' as const, validationMessage: draft.faults['name'] })}
        >
          <Input value={draft.name} maxLength={100} onChange={(_, data) => draft.setName(data.value)} />
        </Field>
        {draft.fields
          .filter((field) => isShown(field, values))
          .map((field) => (
            <FieldInput
              key={`${kind} ${field.name}`}
              field={field}
              value={values[field.name]}
              fault={draft.faults[field.name]}
              onChange={(value) => draft.set(field.name, value)}
            />
          ))}
        {draft.secretFields
          .filter(() => values['auth'] !== 'none')
          .map((field) => (
            <FieldInput
              key={`${kind} ${field.name}`}
              field={field}
              value={secrets[field.name]}
              fault={undefined}
              kept={connector?.secrets.includes(field.name) ?? false}
              onChange={(value) => draft.setSecret(field.name, value)}
            />
          ))}
        <Field label="Polls">
          <Select value={String(draft.intervalSeconds)} onChange={(_, data) => draft.setInterval(Number(data.value))}>
            {INTERVALS.some(([seconds]) => seconds === draft.intervalSeconds) || (
              <option value={draft.intervalSeconds}>every {draft.intervalSeconds} seconds</option>
            )}
            {INTERVALS.map(([seconds, label]) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        {kind !== 'imap' && (
          <Field label="Stream" hint="Such as Custom-Mine_CL. Empty: each record is recognised.">
            <Input
              value={draft.stream}
              maxLength={128}
              spellCheck={false}
              onChange={(_, data) => draft.setStream(data.value)}
            />
          </Field>
        )}
        {kind !== 'imap' && (
          <TimeZoneInput
            label="Time zone of the logs"
            hint="Of times that say none."
            value={draft.timeZone}
            onChange={draft.setTimeZone}
          />
        )}
        <WorkspaceField
          label="Workspace"
          hint="That its rows go to. Those that it brought stay where they are."
          value={draft.workspaceId}
          onChange={draft.setWorkspaceId}
        />
        <Field hint="Off, it is polled only when a person asks.">
          <Switch label="On" checked={draft.enabled} onChange={(_, data) => draft.setEnabled(data.checked)} />
        </Field>
      </div>
      {test.isPending && <Spinner size="tiny" label="Asking the source" />}
      {test.data && !test.isPending && <TestResult result={test.data} />}
      {test.error && <ErrorState error={test.error} title="It was not tested" />}
    </FormDialog>
  );
}
