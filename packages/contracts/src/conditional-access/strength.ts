import { z } from 'zod';
import { authenticationMethodModes } from './values.ts';

const modes = new Set<string>(authenticationMethodModes);
const combination = z
  .string()
  .max(256)
  .refine((text) => text.split(',').every((mode) => modes.has(mode.trim())), {
    error: 'expected authentication methods, with commas between those that go together',
  });
const texts = z.array(z.string().min(1).max(256)).max(500).nullish();

/** Narrows the combinations that it names: passkeys by their model (AAGUID), certificates by issuer (subject key identifier) or policy. */
const CombinationConfiguration = z.strictObject({
  '@odata.type': z.string().max(256).optional(),
  id: z.string().max(256).optional(),
  appliesToCombinations: z.array(combination).max(100),
  allowedAAGUIDs: texts,
  allowedIssuerSkis: texts,
  allowedPolicyOIDs: texts,
});

/** Graph's `authenticationStrengthPolicy`: which methods, alone or together, are strong enough. */
export const AuthenticationStrength = z.strictObject({
  '@odata.type': z.string().max(256).optional(),
  id: z.string().min(1).max(256),
  displayName: z.string().max(256),
  description: z.string().max(2_000).nullish(),
  policyType: z.enum(['builtIn', 'custom']).nullish(),
  requirementsSatisfied: z.enum(['none', 'mfa']).nullish(),
  allowedCombinations: z.array(combination).min(1).max(100),
  combinationConfigurations: z.array(CombinationConfiguration).max(100).nullish(),
  'combinationConfigurations@odata.context': z.string().max(2_000).optional(),
  createdDateTime: z.string().max(64).nullish(),
  modifiedDateTime: z.string().max(64).nullish(),
});
export type AuthenticationStrength = z.infer<typeof AuthenticationStrength>;

const multifactor = [
  'windowsHelloForBusiness',
  'fido2',
  'x509CertificateMultiFactor',
  'deviceBasedPush',
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  'password,microsoftAuthenticatorPush',
  'password,softwareOath',
  'password,hardwareOath',
  'password,x509CertificateSingleFactor',
  'password,x509CertificateMultiFactor',
  'password,sms',
  'password,voice',
  'federatedMultiFactor',
  'microsoftAuthenticatorPush,federatedSingleFactor',
  'softwareOath,federatedSingleFactor',
  'hardwareOath,federatedSingleFactor',
  'sms,federatedSingleFactor',
  'voice,federatedSingleFactor',
];
const phishingResistant = ['windowsHelloForBusiness', 'fido2', 'x509CertificateMultiFactor'];

const builtIn = (last: number, displayName: string, allowedCombinations: string[]): AuthenticationStrength => ({
  id: `00000000-0000-0000-0000-00000000000${last}`,
  displayName,
  policyType: 'builtIn',
  requirementsSatisfied: 'mfa',
  allowedCombinations,
});

/** The three that every tenant has, with Microsoft's ids and combinations. */
export const builtInStrengths = {
  multifactor: builtIn(2, 'Multifactor authentication', multifactor),
  passwordless: builtIn(3, 'Passwordless MFA', [...phishingResistant, 'deviceBasedPush']),
  phishingResistant: builtIn(4, 'Phishing-resistant MFA', phishingResistant),
} as const;
