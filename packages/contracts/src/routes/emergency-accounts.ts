import { z } from 'zod';
import { route } from '../route.ts';

export const EmergencyAccounts = z.object({
  /** User principal names. */
  people: z.array(z.string()),
  /** Nobody was named: the first administrator is. */
  byDefault: z.boolean(),
});

export const emergencyAccountRoutes = {
  getEmergencyAccounts: route({
    method: 'GET',
    path: '/api/conditional-access/emergency-accounts',
    permission: 'coreSecuritySettings.read',
    summary: 'Whom no Conditional Access policy can lock out',
    response: EmergencyAccounts,
  }),
  setEmergencyAccounts: route({
    method: 'PUT',
    path: '/api/conditional-access/emergency-accounts',
    permission: 'coreSecuritySettings.manage',
    summary: 'Name whom no Conditional Access policy can lock out; nobody: the first administrator',
    body: z.object({ people: z.array(z.email().max(254)).max(4) }),
    response: EmergencyAccounts,
  }),
} as const;
