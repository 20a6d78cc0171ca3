import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import type { ApplicationDetails } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMay } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Copyable, Mono } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { RightsUse } from '../../shared/RightsUse.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { InlineLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { applicationQuery, applicationRightsQuery, samlApplicationQuery } from './queries.ts';
import { SamlFacts } from './SamlFacts.tsx';

const useRefresh = () => {
  const queries = useQueryClient();
  return (): void => void queries.invalidateQueries({ queryKey: ['applications'] });
};

/** One application: what its developers need, its secrets, who may use it. */
export function ApplicationPanel(props: { id: string; onClose: () => void }): ReactElement {
  const { data, error, refetch } = useQuery(applicationQuery(props.id));
  return (
    <SidePanel
      label="Application"
      title={data ? visible(data.body.displayName) : 'Application'}
      onClose={props.onClose}
      footer={data && <Actions application={data} onClose={props.onClose} />}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading the application" />}
      {data && <Shown application={data} />}
    </SidePanel>
  );
}

/** By what people sign in to it: one of the two protocols. */
function Shown({ application: data }: { application: ApplicationDetails }): ReactElement {
  const saml = useQuery(samlApplicationQuery(data.id));
  const mayRead = useMay('authorization.read');
  if (saml.error) return <ErrorState error={saml.error} onRetry={() => void saml.refetch()} />;
  if (!saml.data) return <Loading rows={8} label="Loading the application" />;
  const { settings, endpoints } = saml.data;
  if (settings && endpoints) return <SamlFacts settings={settings} endpoints={endpoints} />;
  return (
    <>
      <Facts
        facts={[
          ['Client ID', <Copyable key="id" text={data.appId} label="the client ID" />],
          ['Issuer', <Copyable key="issuer" text={data.endpoints.issuer} label="the issuer" />],
          ['Discovery', <Copyable key="discovery" text={data.endpoints.discovery} label="the address" />],
          [
            'Redirect URIs',
            redirectUris(data)
              .map((uri) => visible(uri))
              .join('\n') || 'none',
          ],
          ['Sign-out address', data.body.web.logoutUrl ? visible(data.body.web.logoutUrl) : undefined],
          ['Identifier URIs', data.body.identifierUris.map((uri) => visible(uri)).join('\n') || undefined],
          ['Roles', data.body.appRoles.map(({ value }) => visible(value ?? '')).join(', ') || undefined],
        ]}
      />
      <Secrets application={data} />
      {mayRead && data.servicePrincipal && <Rights id={data.servicePrincipal.id} />}
    </>
  );
}

/** What it may in Sallyport itself, with tokens that it gets for that. */
function Rights({ id }: { id: string }): ReactElement {
  const { data, error, refetch } = useQuery(applicationRightsQuery(id));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={3} label="Loading its rights" />;
  const used = new Map(data.uses.map(({ permission, lastUsedAt }) => [permission, lastUsedAt]));
  return (
    <Section title={`Rights in Sallyport (${data.permissions.length})`}>
      <span>
        It gets a token for <Mono text="api://sallyport/.default" /> and calls the API with it. What it holds ends with
        its assignments.{' '}
        <InlineLink to="/roles" search={{ tab: 'explorer', principal: id, type: 'servicePrincipal' }}>
          By which roles
        </InlineLink>
      </span>
      {data.permissions.length > 0 && (
        <RightsUse
          label="Rights in Sallyport"
          heldSince={null}
          uses={data.permissions.map(({ permission }) => ({ permission, lastUsedAt: used.get(permission) ?? null }))}
        />
      )}
    </Section>
  );
}

const redirectUris = ({ body: { web, spa, publicClient } }: ApplicationDetails): string[] => [
  ...web.redirectUris,
  ...spa.redirectUris,
  ...publicClient.redirectUris,
];

function Actions({ application, onClose }: { application: ApplicationDetails; onClose: () => void }): ReactElement {
  const why = useRefusal('updateApplication', 'deleteApplication');
  const notify = useNotify();
  const queries = useQueryClient();
  const refresh = useRefresh();
  const params = { id: application.id };
  const change = useMutation({
    mutationFn: (servicePrincipal: { accountEnabled?: boolean; appRoleAssignmentRequired?: boolean }) =>
      client.updateApplication({ params, body: { servicePrincipal } }),
    onSuccess: refresh,
    onError: (error) => notify.failed('It was not changed', error),
  });
  const remove = useMutation({
    mutationFn: () => client.deleteApplication({ params }),
    onSuccess: () => {
      // The list alone: this one, still on the screen, would be asked for and is gone.
      void queries.invalidateQueries({ queryKey: ['applications'], exact: true });
      notify.done(`${visible(application.body.displayName)} is removed`);
      onClose();
    },
    onError: (error) => notify.failed('It was not removed', error),
  });
  const { servicePrincipal } = application;
  return (
    <>
      {servicePrincipal && (
        <>
          <RefusableSwitch
            why={why}
            label={servicePrincipal.accountEnabled ? 'On' : 'Off'}
            checked={servicePrincipal.accountEnabled}
            disabled={change.isPending}
            onChange={(_, { checked }) => change.mutate({ accountEnabled: checked })}
          />
          <RefusableSwitch
            why={why}
            label="Only who is assigned"
            checked={servicePrincipal.appRoleAssignmentRequired}
            disabled={change.isPending}
            onChange={(_, { checked }) => change.mutate({ appRoleAssignmentRequired: checked })}
          />
        </>
      )}
      <ConfirmAction
        why={why}
        label="Remove"
        title={`Remove “${visible(application.body.displayName)}”?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        Nobody can sign in to it any more. Its secrets, assignments and consents go with it. There is no way back.
      </ConfirmAction>
    </>
  );
}

function Secrets({ application }: { application: ApplicationDetails }): ReactElement {
  const why = useRefusal('addApplicationSecret', 'removeApplicationSecret');
  const notify = useNotify();
  const refresh = useRefresh();
  const params = { id: application.id };
  // Of this page only: it is asked for once, and never again.
  const [secret, setSecret] = useState<string>();
  const add = useMutation({
    mutationFn: () => client.addApplicationSecret({ params, body: {} }),
    onSuccess: ({ secretText }) => {
      setSecret(secretText);
      refresh();
    },
    onError: (error) => notify.failed('No secret was made', error),
  });
  const remove = useMutation({
    mutationFn: (keyId: string) => client.removeApplicationSecret({ params: { ...params, keyId } }),
    onSuccess: refresh,
    onError: (error) => notify.failed('It was not taken away', error),
  });
  return (
    <Section
      title={`Secrets (${application.passwordCredentials.length})`}
      actions={
        <RefusableButton
          why={why}
          size="small"
          icon={<AddRegular />}
          disabled={add.isPending}
          onClick={() => add.mutate()}
        >
          Add secret
        </RefusableButton>
      }
    >
      {secret !== undefined && (
        <MessageBar intent="success" layout="multiline">
          <MessageBarBody>
            Copy it now: it is shown this once. <Copyable text={secret} label="the secret" />
          </MessageBarBody>
        </MessageBar>
      )}
      <Facts
        facts={application.passwordCredentials.map(({ keyId, hint, endDateTime }) => [
          `${visible(hint)}…`,
          <span key={keyId}>
            ends <RelativeTime at={endDateTime} />{' '}
            <ConfirmAction
              why={why}
              label="Take away"
              title={`Take the secret ${visible(hint)}… away?`}
              disabled={remove.isPending}
              onConfirm={() => remove.mutate(keyId)}
            >
              What uses it is refused at once.
            </ConfirmAction>
          </span>,
        ])}
      />
    </Section>
  );
}
