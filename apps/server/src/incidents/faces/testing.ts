import { randomUUID } from 'node:crypto';
import type { Client, GrantedPermission } from '@sallyport/contracts';
import { resolveEntities } from '../entities/index.ts';
import type { NewAlert } from '../types.ts';

/** An alert on hosts of contoso.com, some hours into 2026. */
export function alertFor(
  host: string,
  hours: number,
  { entities, ...more }: Partial<Omit<NewAlert, 'entities'>> & { entities?: readonly string[] } = {},
): NewAlert {
  const at = new Date(Date.UTC(2026, 0, 1, hours));
  const id = more.id ?? randomUUID();
  return {
    id,
    ruleId: 'rule-1',
    name: 'First of its kind',
    description: 'What it means',
    severity: 'Medium',
    tactics: ['Persistence'],
    techniques: ['T1543.003'],
    startTime: at,
    endTime: at,
    entities: resolveEntities(
      (entities ?? [host]).map((name) => ({ kind: 'Host', identifiers: { HostName: name, DnsDomain: 'contoso.com' } })),
    ),
    customDetails: {},
    query: 'SecurityEvent',
    queryFrom: at,
    queryTo: at,
    createIncident: true,
    grouping: undefined,
    row: { SystemAlertId: id },
    ...more,
  };
}

/** A token of these permissions, named by the last. */
export const tokenOf = async ({ admin }: { admin: Client }, scopes: GrantedPermission[]): Promise<string> =>
  (await admin.createToken({ body: { name: scopes.at(-1) ?? '', scopes } })).secret;
