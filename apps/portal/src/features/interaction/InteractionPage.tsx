import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { Interaction } from '@sallyport/contracts';
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Gate } from '../../shared/Gate.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { TermsForm } from '../../shared/TermsForm.tsx';
import { visible } from '../../shared/text.ts';

const useStyles = makeStyles({
  scopes: { margin: 0, paddingLeft: tokens.spacingHorizontalXL, display: 'grid', gap: tokens.spacingVerticalS },
  actions: { display: 'flex', gap: tokens.spacingHorizontalM },
});

const openidRoute = getRouteApi('/openid/interaction/$uid');
const samlRoute = getRouteApi('/saml/interaction/$uid');
type Answer = 'continue' | 'accept' | 'cancel';

/** How an application asks: by OpenID Connect, or by SAML. */
interface Protocol {
  readonly path: 'openid' | 'saml';
  readonly get: (uid: string, signal: AbortSignal) => Promise<Interaction>;
  readonly answer: (uid: string, answer: Answer) => Promise<{ location: string }>;
}
const openid: Protocol = {
  path: 'openid',
  get: (uid, signal) => client.getInteraction({ signal, params: { uid }, query: { language: navigator.language } }),
  answer: (uid, answer) => client.answerInteraction({ params: { uid }, body: { answer } }),
};
const saml: Protocol = {
  path: 'saml',
  get: (uid, signal) => client.getSamlInteraction({ signal, params: { uid }, query: { language: navigator.language } }),
  answer: (uid, answer) => client.answerSamlInteraction({ params: { uid }, body: { answer } }),
};

export const InteractionPage = (): ReactElement => <Page protocol={openid} uid={openidRoute.useParams().uid} />;
export const SamlInteractionPage = (): ReactElement => <Page protocol={saml} uid={samlRoute.useParams().uid} />;

/** Never kept: what is needed depends on who is signed in now. */
const interactionQuery = ({ path, get }: Protocol, uid: string) =>
  queryOptions({
    queryKey: ['interaction', path, uid],
    queryFn: ({ signal }) => get(uid, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });

/** A person signs in to an application: with the session that is there, by signing in, or by agreeing to what it asks for. */
function Page({ protocol, uid }: { protocol: Protocol; uid: string }): ReactElement {
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(interactionQuery(protocol, uid));
  const answer = useMutation({
    mutationFn: (given: Answer) => protocol.answer(uid, given),
    onSuccess: ({ location }) => window.location.assign(location),
  });
  const signIn = (): void =>
    void navigate({ to: '/signin', search: { to: `/${protocol.path}/interaction/${uid}` }, replace: true });
  const went = useRef(false);
  useEffect(() => {
    if (!data || went.current) return;
    if (data.needs === 'continue') {
      went.current = true;
      answer.mutate('continue');
    } else if (data.needs === 'signIn' && data.reason === null) {
      went.current = true;
      signIn();
    }
  });
  if (error)
    return (
      <Gate title="Sign in">
        <ErrorState error={error} title="This sign-in can’t go on" onRetry={() => void refetch()} />
      </Gate>
    );
  if (!data) return <Loading rows={4} label="Loading the sign-in" />;
  return (
    <Gate title={titleOf(data)} intro={introOf(data)}>
      {answer.error && <ErrorState error={answer.error} title="The sign-in did not go on" />}
      {data.needs === 'signIn' && (
        <Actions onGo={signIn} label="Sign in" busy={answer.isPending} onCancel={() => answer.mutate('cancel')} />
      )}
      {data.needs === 'terms' && (
        <TermsForm
          terms={data.terms}
          busy={answer.isPending}
          onAccept={() => answer.mutate('accept')}
          onDecline={() => answer.mutate('cancel')}
        />
      )}
      {data.needs === 'consent' && <Consent interaction={data} busy={answer.isPending} onAnswer={answer.mutate} />}
    </Gate>
  );
}

const nameOf = ({ application }: Interaction): string => visible(application.displayName);
const titleOf = (one: Interaction): string =>
  one.needs === 'consent'
    ? `${nameOf(one)} asks for your agreement`
    : one.needs === 'terms'
      ? `Terms of use of ${nameOf(one)}`
      : `Sign in to ${nameOf(one)}`;
const introOf = (one: Interaction): string =>
  [
    one.needs === 'signIn' ? one.reason : null,
    one.needs === 'terms' ? 'One thing is left: your organization asks you to accept its terms.' : null,
    one.userPrincipalName === null ? null : `You are signed in as ${visible(one.userPrincipalName)}.`,
    one.redirectHost === null ? null : `The answer goes to ${visible(one.redirectHost)}.`,
  ]
    .filter((text) => text !== null)
    .join(' ');

function Actions(props: { label: string; busy: boolean; onGo: () => void; onCancel: () => void }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.actions}>
      <Button appearance="primary" disabled={props.busy} onClick={props.onGo}>
        {props.label}
      </Button>
      <Button disabled={props.busy} onClick={props.onCancel}>
        Cancel
      </Button>
    </div>
  );
}

function Consent(props: { interaction: Interaction; busy: boolean; onAnswer: (answer: Answer) => void }): ReactElement {
  const styles = useStyles();
  return (
    <>
      <Text>It would be able to:</Text>
      <ul className={styles.scopes}>
        {props.interaction.scopes.map(({ name, description }) => (
          <li key={name}>{visible(description)}</li>
        ))}
      </ul>
      <Text size={200}>Only accept if you know this application. Your administrators can take it back.</Text>
      <Actions
        label="Accept"
        busy={props.busy}
        onGo={() => props.onAnswer('accept')}
        onCancel={() => props.onAnswer('cancel')}
      />
    </>
  );
}
