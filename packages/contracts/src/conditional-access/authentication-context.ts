import { z } from 'zod';

/** Graph's `authenticationContextClassReference`: a name for what an application asks for step by step, as the claim `acrs`. https://learn.microsoft.com/graph/api/resources/authenticationcontextclassreference */
export const AuthenticationContext = z.strictObject({
  '@odata.type': z.string().max(256).optional(),
  id: z.string().regex(/^c([1-9]|[1-9]\d)$/, 'c1 to c99'),
  displayName: z.string().min(1).max(256),
  description: z.string().max(2_000).nullish(),
  /** Whether it may be chosen for applications. */
  isAvailable: z.boolean().nullish(),
});
export type AuthenticationContext = z.infer<typeof AuthenticationContext>;
