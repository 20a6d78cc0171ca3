import { builtInStrengths } from '@sallyport/contracts/conditional-access';
import type { CompiledPolicy } from './compile.ts';
import type { CompiledControl, Control } from './controls.ts';
import { deviceOf } from './match.ts';
import type { AccessRequest, DeviceInfo, UserSignIn } from './request.ts';
import { everyTimeGraceSeconds, type SessionControls } from './sessions.ts';
import type { StrengthTest } from './strengths.ts';

export const met = 'met';
/** Not met, and the person can meet it now. */
export const mayBeMet = 'mayBeMet';
/** Not met, and nothing that the person does in this sign-in can meet it. */
export const failed = 'failed';
export type DemandState = typeof met | typeof mayBeMet | typeof failed;

/** One of them is to be met. */
export interface Clause {
  readonly anyOf: readonly Control[];
}

export interface Fulfilment {
  readonly state: DemandState;
  /** What is not met. */
  readonly clauses: readonly Clause[];
}

const fulfilled: Fulfilment = { state: met, clauses: [] };
const legacyClients: ReadonlySet<string | undefined> = new Set(['exchangeActiveSync', 'easSupported', 'other']);
/** How long an emergency account may work before it shows its key again. */
export const emergencySessionSeconds = 3_600;

/** Holds what was shown against what is demanded. */
export class Demands {
  readonly #request: AccessRequest;
  readonly #device: DeviceInfo | undefined;
  /** Basic authentication shows a password and nothing else, and workload identities have nobody who could be asked. */
  readonly #mute: boolean;
  readonly #strengths = new Map<StrengthTest, boolean>();

  constructor(request: AccessRequest) {
    this.#request = request;
    this.#device = deviceOf(request);
    this.#mute =
      legacyClients.has(request.signInConditions.clientAppType) || request.signInIdentity.kind === 'servicePrincipal';
  }

  /** Grant and session controls of one policy that applies and does not block. */
  of({ grant, session }: CompiledPolicy): Fulfilment {
    const clauses: Clause[] = [];
    let state = this.#ofGrant(grant.operator, grant.controls, clauses);
    state = worse(state, this.#ofSession(session.controls, clauses));
    return clauses.length === 0 ? fulfilled : { state, clauses };
  }

  #ofGrant(operator: 'AND' | 'OR', controls: readonly CompiledControl[], clauses: Clause[]): DemandState {
    let best: DemandState = failed;
    let worst: DemandState = met;
    for (const control of controls) {
      const state = this.#state(control);
      best = worse(best, state) === best ? state : best;
      worst = worse(worst, state);
      if (operator === 'AND' && state !== met) clauses.push({ anyOf: [control] });
    }
    if (operator === 'AND' || controls.length === 0) return worst;
    if (best !== met) clauses.push({ anyOf: controls });
    return best;
  }

  #state(control: CompiledControl): DemandState {
    const { authentication } = this.#request;
    const shown = (is: boolean): DemandState => (is && !this.#mute ? met : this.#mute ? failed : mayBeMet);
    const held = (is: boolean | undefined): DemandState => (is === true ? met : failed);
    switch (control.control) {
      case 'mfa':
      case 'authenticationStrength':
        return control.test === undefined ? failed : shown(this.#isStrong(control.test));
      case 'passwordChange':
        return shown(authentication.passwordChanged === true);
      case 'termsOfUse':
        return shown(authentication.termsOfUse?.includes(control.id ?? '') ?? false);
      case 'customAuthenticationFactors':
        return shown(authentication.customAuthenticationFactors?.includes(control.id ?? '') ?? false);
      case 'compliantDevice':
        return held(this.#device?.isCompliant);
      case 'domainJoinedDevice':
        return held(this.#device?.trustType === 'ServerAD');
      case 'approvedApplication':
        return held(authentication.approvedApplication);
      case 'compliantApplication':
        return held(authentication.compliantApplication);
      case 'reauthentication':
      case 'tokenProtection':
        return failed;
    }
  }

  #isStrong(test: StrengthTest): boolean {
    const known = this.#strengths.get(test);
    if (known !== undefined) return known;
    const strong = test(this.#request.authentication);
    this.#strengths.set(test, strong);
    return strong;
  }

  #ofSession(session: SessionControls, clauses: Clause[]): DemandState {
    const { authentication } = this.#request;
    const { primaryAgeSeconds, secondaryAgeSeconds, tokenProtected } = authentication;
    let state: DemandState = met;
    const both = session.signInFrequencySeconds;
    const second = session.secondFactorFrequencySeconds;
    const stale =
      (both !== undefined && (isOlder(primaryAgeSeconds, both) || isOlder(secondaryAgeSeconds ?? 0, both))) ||
      (second !== undefined && isOlder(secondaryAgeSeconds ?? Infinity, second));
    if (stale) {
      clauses.push({ anyOf: [{ control: 'reauthentication' }] });
      state = this.#mute ? failed : mayBeMet;
    }
    if (session.secureSignInSession && tokenProtected !== true) {
      clauses.push({ anyOf: [{ control: 'tokenProtection' }] });
      state = failed;
    }
    return state;
  }

  /** The one demand on an emergency account. */
  ofEmergency(phishingResistant: StrengthTest, { userId }: UserSignIn): { fulfilment: Fulfilment; message: string } {
    const name = `emergency account ${userId}`;
    const { authentication, signInConditions } = this.#request;
    if (signInConditions.authenticationFlow !== undefined || this.#mute)
      return { fulfilment: { state: failed, clauses: [] }, message: `${name}: not from this kind of client or flow` };
    const fresh = !isOlder(authentication.primaryAgeSeconds, emergencySessionSeconds);
    if (phishingResistant(authentication) && fresh)
      return { fulfilment: fulfilled, message: `${name}: no policy holds; a method that cannot be phished was shown` };
    const control: Control = fresh
      ? { control: 'authenticationStrength', id: builtInStrengths.phishingResistant.id }
      : { control: 'reauthentication' };
    return {
      fulfilment: { state: mayBeMet, clauses: [{ anyOf: [control] }] },
      message: `${name}: a method that cannot be phished must be shown`,
    };
  }
}

const isOlder = (ageSeconds: number, limitSeconds: number): boolean =>
  !(ageSeconds <= Math.max(limitSeconds, everyTimeGraceSeconds));

const rank: Readonly<Record<DemandState, number>> = { met: 0, mayBeMet: 1, failed: 2 };
const worse = (a: DemandState, b: DemandState): DemandState => (rank[a] >= rank[b] ? a : b);
