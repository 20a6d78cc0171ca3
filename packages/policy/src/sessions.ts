import type { ConditionalAccessPolicy } from '@sallyport/contracts/conditional-access';

export const everyTime = 0;
/** `everyTime` asks no more often than once in this time, as the original allows for clocks that differ. */
export const everyTimeGraceSeconds = 300;

export type AppControl = 'mcasConfigured' | 'monitorOnly' | 'blockDownloads';
export type EvaluationMode = 'disabled' | 'strictEnforcement' | 'strictLocation';

/** What holds for the session, of all policies together: the most restrictive of each. */
export interface SessionControls {
  /** Seconds after which a first and second factor are asked for anew; 0: every time. */
  signInFrequencySeconds?: number;
  /** The same for the second factor alone, where that is oftener. */
  secondFactorFrequencySeconds?: number;
  persistentBrowser?: 'always' | 'never';
  /** Hand-over to app control: its own policies (`mcasConfigured`) hold beside `blockDownloads`. */
  cloudAppSecurity?: readonly AppControl[];
  continuousAccessEvaluation?: EvaluationMode;
  applicationEnforcedRestrictions?: true;
  disableResilienceDefaults?: true;
  /** Token protection. */
  secureSignInSession?: true;
}

export interface CompiledSession {
  readonly controls: SessionControls;
  /** As rows of `SigninLogs` name them. */
  readonly names: readonly string[];
}

type Given = NonNullable<ConditionalAccessPolicy['sessionControls']>;

const hour = 3_600;

function frequencySeconds(frequency: NonNullable<Given['signInFrequency']>): number {
  if (frequency.frequencyInterval === 'everyTime') return everyTime;
  return (frequency.value ?? 0) * (frequency.type === 'days' ? 24 * hour : hour);
}

export function compileSession(given: ConditionalAccessPolicy['sessionControls']): CompiledSession {
  const controls: SessionControls = {};
  const names: string[] = [];
  const frequency = given?.signInFrequency;
  if (frequency?.isEnabled) {
    names.push('SignInFrequency');
    const seconds = frequencySeconds(frequency);
    if (frequency.authenticationType === 'secondaryAuthentication') controls.secondFactorFrequencySeconds = seconds;
    else controls.signInFrequencySeconds = seconds;
  }
  if (given?.persistentBrowser?.isEnabled && given.persistentBrowser.mode) {
    names.push('PersistentBrowserSessionMode');
    controls.persistentBrowser = given.persistentBrowser.mode;
  }
  if (given?.cloudAppSecurity?.isEnabled && given.cloudAppSecurity.cloudAppSecurityType) {
    names.push('CloudAppSecurity');
    controls.cloudAppSecurity = [given.cloudAppSecurity.cloudAppSecurityType];
  }
  if (given?.continuousAccessEvaluation?.mode) {
    names.push('ContinuousAccessEvaluation');
    controls.continuousAccessEvaluation = given.continuousAccessEvaluation.mode;
  }
  if (given?.applicationEnforcedRestrictions?.isEnabled) {
    names.push('AppEnforcedRestrictions');
    controls.applicationEnforcedRestrictions = true;
  }
  if (given?.disableResilienceDefaults) {
    names.push('DisableResilienceDefaults');
    controls.disableResilienceDefaults = true;
  }
  if (given?.secureSignInSession?.isEnabled) {
    names.push('SecureSignIn');
    controls.secureSignInSession = true;
  }
  return { controls, names };
}

const evaluationOrder: readonly EvaluationMode[] = ['disabled', 'strictEnforcement', 'strictLocation'];

const strictness = ({ continuousAccessEvaluation: mode }: SessionControls): number =>
  mode === undefined ? -1 : evaluationOrder.indexOf(mode);

/** Lays one policy's controls over what held before. */
export function restrict(all: SessionControls, more: SessionControls): void {
  shorten(all, more, 'signInFrequencySeconds');
  shorten(all, more, 'secondFactorFrequencySeconds');
  if (more.persistentBrowser && all.persistentBrowser !== 'never') all.persistentBrowser = more.persistentBrowser;
  if (more.cloudAppSecurity) all.cloudAppSecurity = [...(all.cloudAppSecurity ?? []), ...more.cloudAppSecurity];
  if (strictness(more) > strictness(all)) all.continuousAccessEvaluation = more.continuousAccessEvaluation!;
  if (more.applicationEnforcedRestrictions) all.applicationEnforcedRestrictions = true;
  if (more.disableResilienceDefaults) all.disableResilienceDefaults = true;
  if (more.secureSignInSession) all.secureSignInSession = true;
}

function shorten(
  all: SessionControls,
  more: SessionControls,
  name: 'signInFrequencySeconds' | 'secondFactorFrequencySeconds',
): void {
  const seconds = more[name];
  if (seconds !== undefined) all[name] = Math.min(seconds, all[name] ?? Infinity);
}

/** Takes out what says nothing more: watching beside blocking, and a second factor that is asked for with the first anyway. */
export function settle(all: SessionControls): SessionControls {
  const { signInFrequencySeconds: both, secondFactorFrequencySeconds: second, cloudAppSecurity } = all;
  if (both !== undefined && second !== undefined && both <= second) delete all.secondFactorFrequencySeconds;
  if (cloudAppSecurity) {
    const kinds = [...new Set(cloudAppSecurity)].toSorted();
    all.cloudAppSecurity = kinds.length > 1 ? kinds.filter((kind) => kind !== 'monitorOnly') : kinds;
  }
  return all;
}
