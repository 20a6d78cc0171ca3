import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from '@fluentui/react-components';
import { connectorKinds, type Connector } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { client } from '../../../shared/api.ts';
import { ConfirmAction } from '../../../shared/ConfirmAction.tsx';
import { Copyable } from '../../../shared/Copyable.tsx';
import { Facts } from '../../../shared/Facts.tsx';
import { bytes, count, plural } from '../../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { SidePanel } from '../../../shared/SidePanel.tsx';
import { visible } from '../../../shared/text.ts';
import { useWorkspaces } from '../../../shared/workspaces.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { isShown, settingFields, valuesOf, type Value } from './fields.ts';
import { connectorState } from './state.tsx';

const useStyles = makeStyles({
  // The panel's body is a column that would squeeze it.
  message: { flexShrink: 0, overflowWrap: 'anywhere' },
  actions: { display: 'flex', gap: tokens.spacingHorizontalS, alignItems: 'center', flexWrap: 'wrap' },
});

const written = (value: Value | undefined): string =>
  typeof value === 'string' ? value.replaceAll('\n', ', ') : value ? 'yes' : 'no';

/** What a connector is, how it is doing, and what can be done with it. */
export function ConnectorPanel(props: { connector: Connector; onEdit: () => void; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const { connector } = props;
  const workspaces = useWorkspaces();
  const why = useRefusal('runConnector', 'updateConnector', 'deleteConnector');
  const queries = useQueryClient();
  const notify = useNotify();
  const after = (title: string) => async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: ['connectors'] });
    notify.done(title);
  };
  const name = visible(connector.name);
  const run = useMutation({
    mutationFn: () => client.runConnector({ params: { id: connector.id } }),
    onSuccess: after(`${name} is polled now`),
    onError: (error) => notify.failed(`${name} was not polled`, error),
  });
  const remove = useMutation({
    mutationFn: () => client.deleteConnector({ params: { id: connector.id } }),
    onSuccess: async () => {
      props.onClose();
      await after(`${name} is deleted`)();
    },
    onError: (error) => notify.failed(`${name} was not deleted`, error),
  });
  const fields = settingFields(connector.kind);
  const values = valuesOf(fields, connector.settings);
  const settings = fields.flatMap((field): (readonly [string, ReactNode])[] => {
    const text = written(values[field.name]);
    if (text === '' || !isShown(field, values)) return [];
    const isText = field.type === 'text' || field.type === 'lines';
    return [[field.label, isText ? <Copyable text={text} label={field.label} /> : visible(text)]];
  });
  return (
    <SidePanel
      label="Connector"
      title={name}
      onClose={props.onClose}
      footer={
        <div className={styles.actions}>
          <RefusableButton why={why} appearance="primary" onClick={props.onEdit}>
            Change
          </RefusableButton>
          <RefusableButton why={why} disabled={run.isPending} onClick={() => run.mutate()}>
            Poll now
          </RefusableButton>
          <ConfirmAction
            why={why}
            label="Delete"
            title={`Delete the connector “${name}”?`}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            Nothing more is fetched, and how far it has come is forgotten. Rows that it brought stay. A new one for the
            same source reads again what its days to read back cover.
          </ConfirmAction>
        </div>
      }
    >
      {connector.error !== null && (
        <MessageBar intent="error" layout="multiline" className={styles.message}>
          <MessageBarBody>
            <MessageBarTitle>The last {plural(connector.failures, 'poll')} failed</MessageBarTitle>
            {visible(connector.error)} What was fetched before is kept; it is tried again by itself.
          </MessageBarBody>
        </MessageBar>
      )}
      {connector.note !== null && (
        <MessageBar intent="warning" layout="multiline" className={styles.message}>
          <MessageBarBody>
            <MessageBarTitle>Passed over</MessageBarTitle>
            {visible(connector.note)}
          </MessageBarBody>
        </MessageBar>
      )}
      <Facts
        facts={[
          ['Kind', connectorKinds[connector.kind].label],
          ['State', connectorState(connector)],
          ['Newest record', <RelativeTime key="n" at={connector.newestAt} form="exact" />],
          ['Last poll', <RelativeTime key="l" at={connector.lastPollAt} form="exact" />],
          ['Last good poll', <RelativeTime key="g" at={connector.lastSuccessAt} form="exact" />],
          ['Next poll', <RelativeTime key="x" at={connector.nextPollAt} form="exact" />],
          ['Records', count(connector.rows)],
          ['Fetched', bytes(connector.bytes)],
          ['Time zone of the logs', connector.timeZone],
          ['Workspace', workspaces.several ? workspaces.nameOf(connector.workspaceId) : undefined],
          ['Stream', connector.stream === null ? 'each record is recognised' : visible(connector.stream)],
        ]}
      />
      <Section title="Settings">
        <Facts facts={[...settings, ['Secrets', connector.secrets.length > 0 ? 'sealed' : 'none']]} />
      </Section>
    </SidePanel>
  );
}
