import type { SignInAttempt } from '../conditional-access/index.ts';
import type { SignInMethod } from './store.ts';

/** Ways of signing in, in Graph's words. */
export const methodModes: Readonly<Record<SignInMethod, SignInAttempt['methods']>> = {
  passwordTotp: ['password', 'softwareOath'],
  passkey: ['fido2'],
  // The printed code stands for the authenticator whose owner it was given to.
  passwordRecoveryCode: ['password', 'softwareOath'],
  temporaryAccessPassOneTime: ['temporaryAccessPassOneTime'],
  temporaryAccessPassMultiUse: ['temporaryAccessPassMultiUse'],
  federatedSingleFactor: ['federatedSingleFactor'],
  federatedMultiFactor: ['federatedMultiFactor'],
};
