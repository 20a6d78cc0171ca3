import { Expiration, PrivilegedAction, type PrivilegedKind } from '@sallyport/contracts';
import { z } from 'zod';
import { badRequest } from '../../../platform/errors.ts';
import type { Asker, Wish } from '../../types.ts';

/** Enumerations come in Pascal case from clients of ARM's habits. */
const camel = (value: unknown): unknown =>
  typeof value === 'string' ? value.charAt(0).toLowerCase() + value.slice(1) : value;
const guid = z.guid().transform((id) => id.toLowerCase());

const GraphExpiration = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || !('type' in value)) return value;
  const type = camel(value.type);
  return type === 'notSpecified' ? undefined : { ...value, type };
}, Expiration.optional());

const Body = z.object({
  action: z.preprocess(camel, PrivilegedAction),
  principalId: guid.nullish(),
  roleDefinitionId: guid,
  directoryScopeId: z.string().min(1).max(128).nullish(),
  justification: z.string().max(2_048).nullish(),
  isValidationOnly: z.boolean().nullish(),
  scheduleInfo: z
    .object({
      startDateTime: z.iso.datetime({ offset: true }).nullish(),
      expiration: GraphExpiration.nullish(),
      recurrence: z.null().optional(),
    })
    .nullish(),
  ticketInfo: z
    .object({ ticketNumber: z.string().max(256).nullish(), ticketSystem: z.string().max(256).nullish() })
    .nullish(),
});

/** Reads a request for a role as Microsoft Graph has it. Throws BadRequest. */
export function wishOf(kind: PrivilegedKind, input: unknown, { personId }: Pick<Asker, 'personId'>): Wish {
  const parsed = Body.safeParse(input);
  if (!parsed.success) throw badRequest('body', parsed.error);
  const { data } = parsed;
  const start = data.scheduleInfo?.startDateTime;
  return {
    kind,
    action: data.action,
    target: { type: 'role', id: data.roleDefinitionId, access: '' },
    principalId: data.principalId ?? personId ?? '',
    scopeId: data.directoryScopeId ?? '/',
    justification: data.justification ?? '',
    ticketNumber: data.ticketInfo?.ticketNumber ?? '',
    ticketSystem: data.ticketInfo?.ticketSystem ?? '',
    startAt: start === null || start === undefined ? undefined : new Date(start),
    expiration: data.scheduleInfo?.expiration ?? undefined,
    validationOnly: data.isValidationOnly ?? false,
  };
}
