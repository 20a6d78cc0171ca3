import {
  Agreement,
  AgreementAcceptance,
  AuthenticationContext,
  AuthenticationStrength,
  ConditionalAccessPolicy,
  NamedLocation,
  whatIfAnalysisReasons,
} from '@sallyport/contracts/conditional-access';
import { z } from 'zod';
import { client } from '../../shared/api.ts';

/** Graph's face has open answers; here they become what they are. */

const Page = z.object({ value: z.array(z.unknown()) });
const Named = z.looseObject({ id: z.string(), displayName: z.string() });

export interface Policies {
  readonly policies: readonly ConditionalAccessPolicy[];
  /** Names of those that this page can't read; they hold all the same. */
  readonly unreadable: readonly string[];
}

export async function listPolicies(signal: AbortSignal): Promise<Policies> {
  const { value } = Page.parse(await client.graphListPolicies({ signal }));
  const read = value.map((one) => ({ one, parsed: ConditionalAccessPolicy.safeParse(one) }));
  return {
    policies: read.flatMap(({ parsed }) => (parsed.success ? [parsed.data] : [])),
    unreadable: read.flatMap(({ one, parsed }) =>
      parsed.success ? [] : [Named.safeParse(one).data?.displayName ?? '?'],
    ),
  };
}

const Created = z.object({ id: z.string() });
const createdId = (text: unknown): string => Created.parse(JSON.parse(z.string().parse(text))).id;

export const createPolicy = async (body: Record<string, unknown>): Promise<string> =>
  createdId(await client.graphCreatePolicy({ body }));
export const updatePolicy = (id: string, body: Record<string, unknown>) =>
  client.graphUpdatePolicy({ params: { id }, body });
export const deletePolicy = (id: string) => client.graphDeletePolicy({ params: { id } });

export const listLocations = async (signal: AbortSignal): Promise<readonly NamedLocation[]> =>
  z.array(NamedLocation).parse(Page.parse(await client.graphListNamedLocations({ signal })).value);
export const listStrengths = async (signal: AbortSignal): Promise<readonly AuthenticationStrength[]> =>
  z.array(AuthenticationStrength).parse(Page.parse(await client.graphListStrengths({ signal })).value);

export const listContexts = async (signal: AbortSignal): Promise<readonly AuthenticationContext[]> =>
  z.array(AuthenticationContext).parse(Page.parse(await client.graphListAuthenticationContexts({ signal })).value);

export const listAgreements = async (signal: AbortSignal): Promise<readonly Agreement[]> =>
  z.array(Agreement).parse(Page.parse(await client.graphListAgreements({ signal })).value);
export const listAcceptances = async (id: string, signal: AbortSignal): Promise<readonly AgreementAcceptance[]> =>
  z.array(AgreementAcceptance).parse(Page.parse(await client.graphListAcceptances({ signal, params: { id } })).value);

const WhatIfResult = z.looseObject({
  id: z.string(),
  displayName: z.string(),
  state: z.string().optional(),
  policyApplies: z.boolean(),
  analysisReasons: z.enum(whatIfAnalysisReasons),
  conditionReasons: z.array(
    z.object({
      condition: z.string(),
      holds: z.enum(['yes', 'no', 'unknown']),
      wanted: z.string(),
      given: z.string(),
    }),
  ),
});
export type WhatIfResult = z.infer<typeof WhatIfResult>;
const WhatIf = z.object({
  '@sallyport.decision': z.looseObject({
    decision: z.enum(['allow', 'challenge', 'block']),
    required: z.array(z.looseObject({ anyOf: z.array(z.looseObject({ control: z.string() })) })),
    reasons: z.array(z.looseObject({})),
    emergencyAccess: z.boolean(),
  }),
  value: z.array(WhatIfResult),
});
export type WhatIf = z.infer<typeof WhatIf>;

export const evaluate = async (body: Record<string, unknown>, signal: AbortSignal): Promise<WhatIf> =>
  WhatIf.parse(await client.graphEvaluate({ body, signal }));
