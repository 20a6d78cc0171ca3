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

const common = {
  action: z.preprocess(camel, PrivilegedAction),
  principalId: guid.nullish(),
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
};
const RoleBody = z.object({
  ...common,
  roleDefinitionId: guid,
  directoryScopeId: z.string().min(1).max(128).nullish(),
});
const GroupBody = z.object({ ...common, groupId: guid, accessId: z.preprocess(camel, z.enum(['member', 'owner'])) });
const Common = z.object(common);

type Asking = Pick<Asker, 'personId'>;

const wished = (
  kind: PrivilegedKind,
  data: z.infer<typeof Common>,
  { personId }: Asking,
): Omit<Wish, 'target' | 'scopeId'> => {
  const start = data.scheduleInfo?.startDateTime;
  return {
    kind,
    action: data.action,
    principalId: data.principalId ?? personId ?? '',
    justification: data.justification ?? '',
    ticketNumber: data.ticketInfo?.ticketNumber ?? '',
    ticketSystem: data.ticketInfo?.ticketSystem ?? '',
    startAt: start === null || start === undefined ? undefined : new Date(start),
    expiration: data.scheduleInfo?.expiration ?? undefined,
    validationOnly: data.isValidationOnly ?? false,
  };
};

/** Reads a request for a role as Microsoft Graph has it. Throws BadRequest. */
export function roleWishOf(kind: PrivilegedKind, input: unknown, asker: Asking): Wish {
  const parsed = RoleBody.safeParse(input);
  if (!parsed.success) throw badRequest('body', parsed.error);
  const { data } = parsed;
  return {
    ...wished(kind, data, asker),
    target: { type: 'role', id: data.roleDefinitionId, access: '' },
    scopeId: data.directoryScopeId ?? '/',
  };
}

/** The same for a membership or ownership of a group. */
export function groupWishOf(kind: PrivilegedKind, input: unknown, asker: Asking): Wish {
  const parsed = GroupBody.safeParse(input);
  if (!parsed.success) throw badRequest('body', parsed.error);
  const { data } = parsed;
  return {
    ...wished(kind, data, asker),
    target: { type: 'group', id: data.groupId, access: data.accessId },
    scopeId: '/',
  };
}
