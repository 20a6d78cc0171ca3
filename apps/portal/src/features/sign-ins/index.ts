import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const signInKinds = ['interactive', 'nonInteractive', 'servicePrincipal', 'managedIdentity'] as const;
export type SignInKind = (typeof signInKinds)[number];
export const signInOutcomes = ['success', 'failure', 'interrupted'] as const;
export const accessStatuses = ['success', 'failure', 'notApplied'] as const;
export const signInRisks = ['low', 'medium', 'high'] as const;

const SignIns = z.object({
  kind: oneOf(signInKinds),
  range: textOf(64),
  search: textOf(200),
  application: textOf(200),
  address: textOf(64),
  policy: textOf(256),
  outcome: oneOf(signInOutcomes),
  access: oneOf(accessStatuses),
  risk: oneOf(signInRisks),
  selected: textOf(128),
});
export type SignInsSearch = Partial<z.infer<typeof SignIns>>;
export const signInsSearch = (raw: Record<string, unknown>): SignInsSearch => SignIns.parse(raw);
