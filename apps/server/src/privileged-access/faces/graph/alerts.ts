import {
  alertIds,
  AlertSettings,
  parseDuration,
  SallyportError,
  type AlertId,
  type graphRoleAlertRoutes,
} from '@sallyport/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Queryable } from '../../../platform/database/index.ts';
import { badRequest } from '../../../platform/errors.ts';
import type { Handlers, RequestContext } from '../../../platform/http/index.ts';
import {
  metadataOf,
  readListOptions,
  selected,
  type ListOptions,
  type RawQuery,
} from '../../../platform/odata/index.ts';
import type { Platform } from '../../../platform/types.ts';
import type { Alerts, AlertState } from '../../alerts/index.ts';
import { roleNames } from '../../alerts/kinds.ts';
import { managerOf } from '../../caller.ts';
import { principalsOf } from '../../targets.ts';
import { equalities } from './filters.ts';

/**
 * Security alerts of roles, as beta of Microsoft Graph has them.
 * https://learn.microsoft.com/graph/how-to-pim-alerts
 * https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementalert
 */

const root = 'identityGovernance/roleManagementAlerts';
const scope = { scopeType: 'DirectoryRole', scopeId: '/' } as const;
const dayS = 86_400;
const hourS = 3_600;
/** Microsoft's for what never was. */
const never = '0001-01-01T00:00:00Z';

/** Those that Graph knows. What it calls them in ids is not always the name of their type. */
type Known = Exclude<AlertId, 'CloudAccessNotAppliedAlert'>;
const known = alertIds.filter((id): id is Known => id !== 'CloudAccessNotAppliedAlert');
const nameOf = (id: Known): string =>
  id === 'RolesAssignedOutsidePrivilegedIdentityManagementAlert' ? 'RolesAssignedOutsidePimAlert' : id;
const typeOf = (id: Known, what: 'Configuration' | 'Incident'): string =>
  `#microsoft.graph.${id.charAt(0).toLowerCase()}${id.slice(1)}${what}`;

/** Its thresholds in Graph's words. A number of days or hours is a duration there. */
const lengths = {
  days: { name: 'duration', write: (days: number) => `P${days}D` },
  timeIntervalHours: { name: 'timeIntervalBetweenActivations', write: (hours: number) => `PT${hours}H` },
} as const;
type Setting = keyof AlertSettings;
const lengthOf = (setting: Setting) => (setting === 'days' || setting === 'timeIntervalHours' ? lengths[setting] : undefined); // prettier-ignore

const lengthIn = (unitS: number) =>
  z
    .string()
    .max(32)
    .transform((text, context) => {
      const units = (parseDuration(text) ?? Number.NaN) / unitS;
      if (text.startsWith('P') && Number.isInteger(units)) return units;
      context.addIssue(`an ISO 8601 duration of whole ${unitS === dayS ? 'days' : 'hours'}`);
      return z.NEVER;
    });
/** Read-only ones may stand in what is sent back. */
const Sent = z.strictObject({
  '@odata.type': z.string().max(200).optional(),
  id: z.unknown().optional(),
  alertDefinitionId: z.unknown().optional(),
  scopeType: z.unknown().optional(),
  scopeId: z.unknown().optional(),
  isEnabled: z.boolean().optional(),
  duration: lengthIn(dayS).optional(),
  timeIntervalBetweenActivations: lengthIn(hourS).optional(),
  globalAdminCountThreshold: z.int().optional(),
  percentageOfGlobalAdminsOutOfRolesThreshold: z.int().optional(),
  sequentialActivationCounterThreshold: z.int().optional(),
});
const IsActive = z.object({ isActive: z.boolean() });
const RefreshScope = z.object({ scopeId: z.literal('/').nullish(), scopeType: z.literal('DirectoryRole').nullish() });

interface Reading {
  readonly query: RawQuery;
  readonly request: FastifyRequest;
}
interface Named extends Reading {
  readonly params: { readonly id: string };
}
interface Changing {
  readonly params: { readonly id: string };
  readonly body: Record<string, unknown>;
  readonly reply: FastifyReply;
}
type Answer = Promise<Record<string, unknown>>;
type KnownState = AlertState & { readonly id: Known };

export interface AlertFaceParts {
  readonly platform: Pick<Platform, 'database'>;
  readonly alerts: Alerts;
  readonly tenantId: string;
}

export function graphAlertHandlers({
  platform: { database },
  alerts,
  tenantId,
}: AlertFaceParts): Handlers<typeof graphRoleAlertRoutes> {
  const idOf = (id: Known): string => `DirectoryRole_${tenantId}_${nameOf(id)}`;
  const notThere = (id: string) => new SallyportError('NotFound', `there is no alert ${id.slice(0, 200)}`);
  const knownOf = (id: string): Known => {
    const found = known.find((one) => idOf(one).toLowerCase() === id.toLowerCase());
    if (!found) throw notThere(id);
    return found;
  };
  const states = async (): Promise<readonly KnownState[]> =>
    (await alerts.states()).flatMap((state) => known.flatMap((id) => (id === state.id ? { ...state, id } : [])));
  const stateOf = async (id: string): Promise<KnownState> => {
    const wanted = knownOf(id);
    const found = (await states()).find((one) => one.id === wanted);
    if (!found) throw notThere(id);
    return found;
  };

  const alertForm = (state: KnownState) => ({
    id: idOf(state.id),
    alertDefinitionId: idOf(state.id),
    scopeId: scope.scopeId,
    scopeType: scope.scopeType,
    incidentCount: state.incidents.length,
    isActive: state.isActive,
    lastModifiedDateTime: state.modifiedAt?.toISOString() ?? never,
    lastScannedDateTime: state.scannedAt?.toISOString() ?? never,
  });
  const definitionForm = ({ id, kind }: KnownState) => ({
    id: idOf(id),
    displayName: kind.displayName,
    ...scope,
    description: kind.description,
    severityLevel: kind.severity.toLowerCase(),
    securityImpact: kind.description,
    mitigationSteps: kind.mitigation,
    howToPrevent: kind.prevention,
    isRemediatable: kind.canFix,
    isConfigurable: kind.uses.length > 0,
  });
  const configurationForm = ({ id, kind, settings }: KnownState) => ({
    '@odata.type': typeOf(id, 'Configuration'),
    id: idOf(id),
    alertDefinitionId: idOf(id),
    ...scope,
    isEnabled: settings.isEnabled,
    ...Object.fromEntries(
      kind.uses.map((use) => {
        const length = lengthOf(use);
        return length ? [length.name, length.write(Number(settings[use]))] : [use, settings[use]];
      }),
    ),
  });
  const forms = { alertDefinition: definitionForm, alertConfiguration: configurationForm };

  /** An object, with what `$expand` names of what belongs to it. */
  const expanded = async (
    state: KnownState,
    form: (state: KnownState) => object,
    options: ListOptions,
    parts: readonly ('alertDefinition' | 'alertConfiguration' | 'alertIncidents')[],
  ): Promise<object> => {
    const wanted = parts.filter((part) => options.expand.some((one) => one === '*' || one.split('(')[0] === part));
    const more: Record<string, unknown> = {};
    for (const part of wanted)
      more[part] = part === 'alertIncidents' ? await incidentForms(database, state) : forms[part](state);
    return { ...selected(form(state), options), ...more };
  };
  const listing =
    (
      name: string,
      form: (state: KnownState) => object,
      parts: readonly ('alertDefinition' | 'alertConfiguration' | 'alertIncidents')[],
    ) =>
    async (_context: RequestContext, { query, request }: Reading): Answer => {
      const options = readListOptions(query, ['$filter', '$select', '$expand']);
      const { scopeId, scopeType, alertDefinitionId } = equalities(options.filter);
      if (scopeId !== scope.scopeId || scopeType?.toLowerCase() !== scope.scopeType.toLowerCase())
        throw new SallyportError('BadRequest', 'The MissingParameters: `$filter` by `scopeId` (`/`) and `scopeType` (`DirectoryRole`) is needed'); // prettier-ignore
      const value: object[] = [];
      for (const state of await states())
        if (alertDefinitionId === undefined || alertDefinitionId.toLowerCase() === idOf(state.id).toLowerCase())
          value.push(await expanded(state, form, options, parts));
      return { '@odata.context': metadataOf(request, `${root}/${name}`), value };
    };
  const getting =
    (
      name: string,
      form: (state: KnownState) => object,
      parts: readonly ('alertDefinition' | 'alertConfiguration' | 'alertIncidents')[],
    ) =>
    async (_context: RequestContext, { params, query, request }: Named): Answer => {
      const options = readListOptions(query, ['$select', '$expand']);
      const state = await stateOf(params.id);
      return { '@odata.context': metadataOf(request, `${root}/${name}/$entity`), ...(await expanded(state, form, options, parts)) }; // prettier-ignore
    };

  const managing = (context: RequestContext) => managerOf(database, context);
  const configure = async (context: RequestContext, { params, body, reply }: Changing) => {
    const asker = await managing(context);
    const state = await stateOf(params.id);
    const settings = changedSettings(state, body);
    await alerts.set(state.id, settings, asker);
    context.audit({ target: state.id, details: { ...settings } });
    return reply.code(204).send();
  };
  /** Looks at once, so that the operation has succeeded when it is asked for. */
  const refresh = async (
    context: RequestContext,
    id: Known | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => {
    const asker = await managing(context);
    await alerts.reactivate(id, asker);
    const found = await alerts.scan();
    context.audit({ target: id ?? 'all alerts', details: { ...found } });
    // Of all of them Microsoft names the operation of this one.
    const named = idOf(id ?? 'RolesAssignedOutsidePrivilegedIdentityManagementAlert');
    return reply
      .code(202)
      .header('location', `https://${request.host}/beta/${root}/operations/refresh:${named}`)
      .send();
  };

  return {
    graphListRoleAlerts: listing('alerts', alertForm, ['alertDefinition', 'alertConfiguration', 'alertIncidents']),
    graphGetRoleAlert: getting('alerts', alertForm, ['alertDefinition', 'alertConfiguration', 'alertIncidents']),
    graphListRoleAlertDefinitions: listing('alertDefinitions', definitionForm, []),
    graphGetRoleAlertDefinition: getting('alertDefinitions', definitionForm, []),
    graphListRoleAlertConfigurations: listing('alertConfigurations', configurationForm, ['alertDefinition']),
    graphGetRoleAlertConfiguration: getting('alertConfigurations', configurationForm, ['alertDefinition']),
    graphUpdateRoleAlertConfiguration: configure,
    graphUpdateConfigurationOfRoleAlert: configure,
    graphUpdateRoleAlert: async (context, { params, body, reply }) => {
      const asker = await managing(context);
      const id = knownOf(params.id);
      const sent = IsActive.safeParse(body);
      if (!sent.success) throw badRequest('body', sent.error);
      await (sent.data.isActive ? alerts.reactivate(id, asker) : alerts.dismiss(id, asker));
      context.audit({ target: id, details: sent.data });
      return reply.code(204).send();
    },
    graphRefreshRoleAlerts: async (context, { body, request, reply }) => {
      const sent = RefreshScope.safeParse(body);
      if (!sent.success) throw badRequest('body', sent.error);
      return refresh(context, undefined, request, reply);
    },
    graphRefreshRoleAlert: (context, { params, request, reply }) =>
      refresh(context, knownOf(params.id), request, reply),
    graphListRoleAlertIncidents: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const state = await stateOf(params.id);
      return {
        '@odata.context': metadataOf(request, `${root}/alerts('${idOf(state.id)}')/alertIncidents`),
        value: (await incidentForms(database, state)).map((form) => selected(form, options)),
      };
    },
    graphGetRoleAlertIncident: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const state = await stateOf(params.id);
      const found = (await incidentForms(database, state)).find(({ id }) => id === params.incidentId.toLowerCase());
      if (!found) throw new SallyportError('NotFound', `there is no incident ${params.incidentId}`);
      return {
        '@odata.context': metadataOf(request, `${root}/alerts('${idOf(state.id)}')/alertIncidents/$entity`),
        ...selected(found, options),
      };
    },
    graphRemediateRoleAlertIncident: async (context, { params, reply }) => {
      const asker = await managing(context);
      const state = await stateOf(params.id);
      const found = state.incidents.find(({ id }) => id === params.incidentId.toLowerCase());
      if (!found) throw new SallyportError('NotFound', `there is no incident ${params.incidentId}`);
      await alerts.fix(found.id, asker);
      context.audit({ target: `${state.id} ${found.id}` });
      return reply.code(204).send();
    },
    graphGetRoleAlertOperation: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const [verb, alertId = ''] = params.id.split(':');
      const state = await stateOf(alertId);
      if (verb !== 'refresh' || !state.scannedAt)
        throw new SallyportError('NotFound', `there is no operation ${params.id}`);
      const at = state.scannedAt.toISOString();
      const operation = {
        id: `refresh:${idOf(state.id)}`,
        createdDateTime: at,
        lastActionDateTime: at,
        resourceLocation: `https://${request.host}/beta/${root}/alerts/${idOf(state.id)}`,
        status: 'succeeded',
        statusDetail: '',
      };
      return { '@odata.context': metadataOf(request, `${root}/operations/$entity`), ...selected(operation, options) };
    },
  };
}

/** What a configuration that was sent makes of the settings. Throws BadRequest where it names what is not the alert's, or is past its bounds. */
function changedSettings({ id, kind, settings }: KnownState, body: unknown): AlertSettings {
  const sent = Sent.safeParse(body);
  if (!sent.success) throw badRequest('body', sent.error);
  const { '@odata.type': type, duration: days, timeIntervalBetweenActivations: timeIntervalHours, isEnabled, ...rest } = sent.data; // prettier-ignore
  if (type !== undefined && type !== typeOf(id, 'Configuration'))
    throw new SallyportError('BadRequest', `\`body.@odata.type\`: this is a ${typeOf(id, 'Configuration')}`);
  const { globalAdminCountThreshold, percentageOfGlobalAdminsOutOfRolesThreshold, sequentialActivationCounterThreshold } = rest; // prettier-ignore
  const thresholds = {
    days,
    timeIntervalHours,
    globalAdminCountThreshold,
    percentageOfGlobalAdminsOutOfRolesThreshold,
    sequentialActivationCounterThreshold,
  };
  const given = Object.entries(thresholds).filter(([, value]) => value !== undefined);
  const foreign = given.find(([name]) => !kind.uses.some((use) => use === name));
  if (foreign) throw new SallyportError('BadRequest', `\`body\`: ${foreign[0]} is no setting of this alert`);
  const changed = AlertSettings.safeParse({
    ...settings,
    ...(isEnabled === undefined ? {} : { isEnabled }),
    ...Object.fromEntries(given),
  });
  if (!changed.success) throw badRequest('body', changed.error);
  return changed.data;
}

/** What an alert is about, each as its own type has it. */
async function incidentForms(db: Queryable, state: KnownState): Promise<{ readonly id: string }[]> {
  const facts = state.incidents.map(({ finding }) => finding.facts ?? {});
  const people = await principalsOf(facts.flatMap(({ assigneeId }) => assigneeId ?? []), db); // prettier-ignore
  const names = await roleNames(db);
  return state.incidents.map(({ id, finding }) => {
    const { roleId, assigneeId, assignedAt, lastAt, count, firstAt } = finding.facts ?? {};
    const person = assigneeId === undefined ? undefined : people.get(assigneeId);
    const role = {
      roleTemplateId: roleId ?? null,
      roleDisplayName: roleId === undefined ? null : (names.get(roleId) ?? null),
    };
    const definition = { ...role, roleDefinitionId: roleId ?? null };
    const assignee = {
      assigneeId: assigneeId ?? null,
      assigneeDisplayName: person?.displayName ?? finding.subject,
      assigneeUserPrincipalName: person?.type === 'user' ? person.name : null,
    };
    const own: Readonly<Record<Known, object>> = {
      NoMfaOnRoleActivationAlert: role,
      TooManyGlobalAdminsAssignedToTenantAlert: assignee,
      RedundantAssignmentAlert: { ...definition, ...assignee, lastActivationDateTime: lastAt ?? null },
      RolesAssignedOutsidePrivilegedIdentityManagementAlert: {
        ...definition,
        ...assignee,
        assignmentCreatedDateTime: assignedAt ?? null,
      },
      StaleSignInAlert: {
        ...definition,
        ...assignee,
        assignmentCreatedDateTime: assignedAt ?? null,
        lastSignInDateTime: lastAt ?? null,
      },
      SequentialActivationRenewalsAlert: {
        ...definition,
        ...assignee,
        activationCount: count ?? null,
        sequenceStartDateTime: firstAt ?? null,
        sequenceEndDateTime: lastAt ?? null,
      },
    };
    return { '@odata.type': typeOf(state.id, 'Incident'), id, ...own[state.id] };
  });
}
