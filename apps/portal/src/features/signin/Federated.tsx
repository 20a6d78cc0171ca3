import { Button, makeStyles, MessageBar, MessageBarBody, tokens } from '@fluentui/react-components';
import type { FederationFailure } from '@sallyport/contracts';
import { useMutation } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});

export interface SignInProvider {
  readonly id: string;
  readonly displayName: string;
  readonly domains: readonly string[];
}

/** Whose domain a typed name has. */
export const belongsTo = <T extends { readonly domains: readonly string[] }>(
  providers: readonly T[],
  name: string,
): T | undefined => {
  const domain = name.trim().toLowerCase().split('@')[1];
  return providers.find(({ domains }) => domain !== undefined && domains.includes(domain));
};

const faults: Readonly<Record<FederationFailure, string>> = {
  blockedByPolicy: 'AADSTS53003: Access has been blocked by Conditional Access policies.',
  moreDemanded:
    'AADSTS50074: More than one factor is demanded, and the identity provider did not say that it asked for it.',
  cancelled: 'You turned back at the identity provider.',
  expired: 'The sign-in took too long, or was begun in another browser. Begin again.',
  refused:
    'The identity provider’s answer was not accepted, or it may not sign you in here. Your administrators find the reason in the sign-in log.',
  throttled: 'Too many failed sign-ins from this address. Try again later.',
  unreachable: 'The identity provider does not answer. Try again later, or sign in another way.',
};

/** Why a sign-in by an identity provider came to nothing. */
export const FederationFault = ({ failure }: { failure: FederationFailure }): ReactElement => (
  <MessageBar intent="error" layout="multiline">
    <MessageBarBody>{faults[failure]}</MessageBarBody>
  </MessageBar>
);

/** Buttons that lead to identity providers; the one that a typed name belongs to comes first and alone. */
export function Federated(props: {
  providers: readonly SignInProvider[];
  home: SignInProvider | undefined;
  name: string;
  to: string;
}): ReactElement | null {
  const styles = useStyles();
  const start = useMutation({
    mutationFn: ({ id }: SignInProvider) => {
      const loginHint = props.home?.id === id ? { loginHint: props.name.trim() } : {};
      return client.startFederatedSignIn({ params: { id }, body: { to: props.to, ...loginHint } });
    },
    onSuccess: ({ location }) => window.location.assign(location),
  });
  const shown = props.home ? [props.home] : props.providers;
  if (shown.length === 0) return null;
  return (
    <div className={styles.list}>
      {shown.map((provider) => (
        <Button
          key={provider.id}
          size="large"
          appearance={props.home ? 'primary' : 'secondary'}
          disabled={start.isPending}
          onClick={() => start.mutate(provider)}
        >
          Sign in with {visible(provider.displayName)}
        </Button>
      ))}
      {start.error && <ErrorState error={start.error} title="The identity provider was not reached" />}
    </div>
  );
}
