import { AssignmentScope } from '@sallyport/contracts';
import { z } from 'zod';
import type { Grant } from '../../platform/principal.ts';

/** Whoever made a rule and sees a part of the data, with what they saw when it was last looked at. */
export const OnBehalfOf = z.object({ personId: z.guid(), name: z.string(), scopes: z.array(AssignmentScope) });
export type OnBehalfOf = z.infer<typeof OnBehalfOf>;

export const grantsOf = ({ scopes }: OnBehalfOf): readonly Grant[] =>
  scopes.map((scope) => ({ permissions: new Set(['securityData.read' as const]), scope }));
