import { makeStyles, tokens } from '@fluentui/react-components';
import type { DirectoryPerson, ResponseOf, routes } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Mono } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { OneTimeSecret } from './OneTimeSecret.tsx';
import { PersonState } from './PersonState.tsx';
import { personQuery } from './queries.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, margin: 0, padding: 0 },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, listStyleType: 'none' },
  end: { marginLeft: 'auto' },
});

type Details = ResponseOf<(typeof routes)['getDirectoryPerson']>;
interface Shown {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly expiresAt: string;
}

/** What an administrator does about one person; each answers what is to be handed over, if anything is. */
function useActions(person: DirectoryPerson | undefined, show: (shown: Shown) => void) {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: async (act: (params: { id: string }) => Promise<Shown | string>) => act({ id: person?.id ?? '' }),
    onSuccess: (answer) => {
      void queries.invalidateQueries({ queryKey: ['directory'] });
      if (typeof answer === 'string') notify.done(answer);
      else show(answer);
    },
    onError: (failure) => notify.failed('Nothing was changed', failure),
  });
}

function Actions({ person, show }: { person: DirectoryPerson; show: (shown: Shown) => void }): ReactElement {
  const me = useMe();
  const why = useRefusal('updatePerson', 'invitePersonAgain', 'restorePerson', 'deletePerson');
  const whyMethods = useRefusal('createTemporaryAccessPass', 'resetMethodsOfPerson', 'endSessionsOfPerson');
  const { mutate, isPending } = useActions(person, show);
  const name = visible(person.displayName);
  const self = person.id === me.id;
  if (person.deletedAt !== null)
    return (
      <RefusableButton
        why={why}
        disabled={isPending}
        onClick={() => mutate((params) => client.restorePerson({ params }).then(() => `${name} is restored`))}
      >
        Restore
      </RefusableButton>
    );
  const invited = (title: string) => (invitation: { url: string; expiresAt: string }) => ({ title, text: invitation.url, label: 'link', expiresAt: invitation.expiresAt }); // prettier-ignore
  return (
    <>
      <RefusableSwitch
        why={why}
        label={person.accountEnabled ? 'Enabled' : 'Disabled'}
        checked={person.accountEnabled}
        disabled={isPending || self}
        onChange={(_, { checked }) =>
          mutate((params) =>
            client
              .updatePerson({ params, body: { accountEnabled: checked } })
              .then(() => `${name} is ${checked ? 'enabled' : 'disabled'}`),
          )
        }
      />
      {person.methods.length === 0 && person.accountEnabled && (
        <RefusableButton
          why={why}
          size="small"
          disabled={isPending}
          onClick={() => mutate((params) => client.invitePersonAgain({ params }).then(invited('A new invitation')))}
        >
          New link
        </RefusableButton>
      )}
      {!self && person.accountEnabled && (
        <ConfirmAction
          why={whyMethods}
          label="Temporary pass"
          title={`Give ${name} a temporary access pass?`}
          disabled={isPending}
          onConfirm={() =>
            mutate(
              (params) =>
              client
                .createTemporaryAccessPass({ params, body: {} })
                .then(({ temporaryAccessPass: text, expiresAt }) => ({ title: 'Temporary access pass', text, label: 'pass', expiresAt })), // prettier-ignore
            )
          }
        >
          Whoever has it signs in as {name} for an hour. A pass given before is void.
        </ConfirmAction>
      )}
      {!self && person.methods.length > 0 && (
        <ConfirmAction
          why={whyMethods}
          label="Reset sign-in"
          title={`Reset how ${name} signs in?`}
          disabled={isPending}
          onConfirm={() =>
            mutate((params) => client.resetMethodsOfPerson({ params }).then(invited('The way to sign in anew')))
          }
        >
          All passkeys, the password and the authenticator are removed and every session ends. A one-time link sets up
          new ones.
        </ConfirmAction>
      )}
      <ConfirmAction
        why={whyMethods}
        label="End sessions"
        title={`End all sessions of ${name}?`}
        disabled={isPending}
        onConfirm={() =>
          mutate((params) => client.endSessionsOfPerson({ params }).then(({ ended }) => `${ended} sessions ended`))
        }
      >
        They are signed out everywhere at once, and can sign in again.
      </ConfirmAction>
      {!self && (
        <ConfirmAction
          why={why}
          label="Delete"
          title={`Delete ${name}?`}
          disabled={isPending}
          onConfirm={() => mutate((params) => client.deletePerson({ params }).then(() => `${name} is deleted`))}
        >
          They can’t sign in any more. They can be restored for 30 days.
        </ConfirmAction>
      )}
    </>
  );
}

/** The source of authority: who says what is so of a person. */
const keptBy: Readonly<Record<DirectoryPerson['source'], string>> = {
  local: 'Sallyport',
  scim: 'A provisioning client (SCIM)',
  ldap: 'An LDAP directory: names and facts are changed there',
  federation: 'An identity provider: facts are brought at each sign-in',
};

function Parts({ details }: { details: Details }): ReactElement {
  const styles = useStyles();
  const { person, groups, methods, sessions } = details;
  const { attributes: is } = person;
  return (
    <>
      <Facts
        facts={[
          ['State', <PersonState key="s" person={person} />],
          ['User name', <Mono key="u" text={person.userPrincipalName} />],
          [
            'Roles',
            <TextLink key="r" to="/roles" search={{ tab: 'explorer', principal: person.id, type: 'user' }}>
              {person.roles.map((one) => visible(one)).join(', ') || 'None'}
            </TextLink>,
          ],
          ['Job title', is.jobTitle ? visible(is.jobTitle) : undefined],
          ['Department', is.department ? visible(is.department) : undefined],
          ['Manager', person.manager ? visible(person.manager.displayName) : undefined],
          ['Company', is.companyName ? visible(is.companyName) : undefined],
          ['Usage location', is.usageLocation ?? undefined],
          ['Kept by', keptBy[person.source]],
          ['Entry there', is.onPremisesDistinguishedName ? visible(is.onPremisesDistinguishedName) : undefined],
          ['Made', <RelativeTime key="c" at={person.createdAt} />],
          ['Invited until', person.invitedUntil ? <RelativeTime key="i" at={person.invitedUntil} /> : undefined],
          [
            'Seen in logs',
            <TextLink key="e" to="/entities/find" search={{ kind: 'Account', value: person.userPrincipalName }}>
              Its page among the assets
            </TextLink>,
          ],
        ]}
      />
      <Section title={`Ways to sign in (${methods.length})`}>
        <ul className={styles.list}>
          {methods.map((method) => (
            <li key={method.id} className={styles.line}>
              {visible(method.name)}
              {method.lastUsedAt && <RelativeTime at={method.lastUsedAt} />}
            </li>
          ))}
        </ul>
      </Section>
      <Section title={`Groups (${groups.length})`}>
        <ul className={styles.list}>
          {groups.map((group) => (
            <li key={group.id} className={styles.line}>
              {visible(group.name)}
              {group.membershipRule !== null && <span className={styles.end}>by rule</span>}
            </li>
          ))}
        </ul>
      </Section>
      <Section title={`Live sessions (${sessions.length})`}>
        <ul className={styles.list}>
          {sessions.map((session) => (
            <li key={session.id} className={styles.line}>
              <Mono text={session.ipAddress} />
              <RelativeTime at={session.lastSeenAt} />
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

/** One person: what is known, and what can be done. */
export function PersonPanel({ id, onClose }: { id: string; onClose: () => void }): ReactElement {
  const { data, error, refetch } = useQuery(personQuery(id));
  const [shown, setShown] = useState<Shown>();
  return (
    <SidePanel
      label="Person"
      title={data ? visible(data.person.displayName) : 'Person'}
      onClose={onClose}
      footer={data && <Actions person={data.person} show={setShown} />}
    >
      {shown && <OneTimeSecret {...shown} onClose={() => setShown(undefined)} />}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading the person" />}
      {data && <Parts details={data} />}
    </SidePanel>
  );
}
