import {
  builtInControls,
  builtInStrengths,
  type BuiltInControl,
  type ConditionalAccessPolicy,
} from '@sallyport/contracts/conditional-access';
import type { StrengthTest } from './strengths.ts';

/** Something that is demanded. `id` names the strength, the terms of use or the custom control. */
export interface Control {
  readonly control:
    | Exclude<BuiltInControl, 'block'>
    | 'authenticationStrength'
    | 'termsOfUse'
    | 'customAuthenticationFactors'
    | 'reauthentication'
    | 'tokenProtection';
  readonly id?: string;
}

export interface CompiledControl extends Control {
  /** For `mfa` and strengths. */
  readonly test?: StrengthTest;
  /** Why nothing can meet it. */
  readonly error?: string;
}

export interface CompiledGrant {
  readonly block: boolean;
  readonly operator: 'AND' | 'OR';
  readonly controls: readonly CompiledControl[];
  /** As rows of `SigninLogs` name them. */
  readonly names: readonly string[];
}

/** The order in which people are asked, which the documentation gives; strengths stand with `mfa`. */
export const controlOrder: readonly Control['control'][] = [
  'reauthentication',
  'mfa',
  'authenticationStrength',
  'compliantDevice',
  'domainJoinedDevice',
  'approvedApplication',
  'compliantApplication',
  'passwordChange',
  'termsOfUse',
  'customAuthenticationFactors',
  'tokenProtection',
];

const loggedNames: Readonly<Record<BuiltInControl, string>> = {
  block: 'Block',
  mfa: 'Mfa',
  compliantDevice: 'RequireCompliantDevice',
  domainJoinedDevice: 'RequireDomainJoinedDevice',
  approvedApplication: 'RequireApprovedApp',
  compliantApplication: 'RequireCompliantApp',
  passwordChange: 'PasswordChange',
};

export function compileGrant(
  grant: ConditionalAccessPolicy['grantControls'],
  strengths: ReadonlyMap<string, StrengthTest>,
): CompiledGrant {
  const demanded = new Set(grant?.builtInControls ?? []);
  const builtIn = builtInControls.filter((control) => demanded.has(control));
  const strength = grant?.authenticationStrength;
  const termsOfUse = grant?.termsOfUse ?? [];
  const custom = grant?.customAuthenticationFactors ?? [];
  const controls: CompiledControl[] = [
    ...builtIn.filter((control) => control !== 'block').map((control) => withTest(control, strengths)),
    ...(strength ? [strengthControl(strength.id, strengths)] : []),
    ...termsOfUse.map((id): CompiledControl => ({ control: 'termsOfUse', id })),
    ...custom.map((id): CompiledControl => ({ control: 'customAuthenticationFactors', id })),
  ];
  return {
    block: demanded.has('block'),
    operator: grant?.operator?.toUpperCase() === 'OR' ? 'OR' : 'AND',
    controls: controls.toSorted((a, b) => controlOrder.indexOf(a.control) - controlOrder.indexOf(b.control)),
    names: [
      ...builtIn.map((control) => loggedNames[control]),
      ...(strength ? ['AuthenticationStrength'] : []),
      ...termsOfUse.map(() => 'TermsOfUse'),
      ...custom.map(() => 'CustomControl'),
    ],
  };
}

function withTest(
  control: Exclude<BuiltInControl, 'block'>,
  strengths: ReadonlyMap<string, StrengthTest>,
): CompiledControl {
  const test = control === 'mfa' ? strengths.get(builtInStrengths.multifactor.id) : undefined;
  return test ? { control, test } : { control };
}

function strengthControl(id: string, strengths: ReadonlyMap<string, StrengthTest>): CompiledControl {
  const test = strengths.get(id.toLowerCase());
  const control = { control: 'authenticationStrength', id } as const;
  return test ? { ...control, test } : { ...control, error: `there is no authentication strength ${id}` };
}
