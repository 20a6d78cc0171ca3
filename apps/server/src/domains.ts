import { loadFunctions } from '@sallyport/lake';
import type { conditionalAccessRoutes } from '@sallyport/contracts';
import { createAccess, type Access } from './access/index.ts';
import { createConditionalAccess, isTrustedAddress, type ConditionalAccess } from './conditional-access/index.ts';
import {
  createDetection,
  huntingQueryStore,
  Watchlists,
  type Detection,
  type TableSources,
} from './detection/index.ts';
import { createBehaviour, type Behaviour } from './behaviour/index.ts';
import { createEntities, type Entities } from './entities/index.ts';
import {
  createHunting,
  scopeFault,
  sightOf,
  tablesSeen,
  tablesWhole,
  type Hunting,
  type Hunts,
} from './hunting/index.ts';
import {
  checkPassword,
  methodModes,
  createAskForToken,
  createDeviceFacts,
  createIdentity,
  directory,
  publishPeople,
  type Identity,
} from './identity/index.ts';
import { createIdentityProtection, type IdentityProtection } from './identity-protection/index.ts';
import { createIncidents, type Incidents } from './incidents/index.ts';
import { createIngest, loadSources, shippedSources, type Ingest } from './ingest/index.ts';
import { createInvestigations, type Investigations } from './investigations/index.ts';
import { createOpenId, tenantIdOf, type OpenId } from './openid/index.ts';
import { createPrivilegedAccess, type PrivilegedAccess } from './privileged-access/index.ts';
import { createSharedSignals, type SharedSignals } from './shared-signals/index.ts';
import { createNotifications, type Notifications } from './notifications/index.ts';
import type { Handlers } from './platform/http/index.ts';
import type { Domain, Platform } from './platform/types.ts';
import { createWorkbooks, type Workbooks } from './workbooks/index.ts';
import { createWorkspaces, type WorkspaceAdministration } from './workspaces/index.ts';

export interface Domains {
  /** Who sends this bearer token: whose API token it is, or the application that got it as an access token. */
  readonly callerOfToken: Access['callerOfToken'];
  readonly access: Access;
  readonly conditionalAccess: ConditionalAccess;
  readonly accessInsight: Handlers<typeof conditionalAccessRoutes>;
  readonly identity: Identity;
  readonly identityProtection: IdentityProtection;
  readonly hunting: Hunting;
  readonly hunts: Hunts;
  readonly incidents: Incidents;
  readonly investigations: Investigations;
  readonly notifications: Notifications;
  readonly openid: OpenId;
  readonly privilegedAccess: PrivilegedAccess;
  readonly sharedSignals: SharedSignals;
  readonly detection: Detection;
  readonly behaviour: Behaviour;
  readonly entities: Entities;
  readonly ingest: Ingest;
  readonly workbooks: Workbooks;
  readonly workspaces: WorkspaceAdministration;
}

export interface DomainOptions {
  /** Folders and files with rules. Default: those that ship. */
  readonly ruleFolders?: readonly string[];
  /** Run rules as time passes. Default true; replay runs them by `detection.sweep` alone. */
  readonly scheduled?: boolean;
}

/** Makes every domain, and gives each what it needs of others: here, and nowhere else. Nothing runs yet. */
export async function createDomains(platform: Platform, options: DomainOptions = {}): Promise<Domains> {
  const access = createAccess(platform, {
    ask: (token, from) => createAskForToken(platform, conditionalAccess.gate)(token, from),
    publish: (ids, tx) => publishPeople(platform, ids, tx),
    sight: (principal, workspaceId) => sightOf(platform, principal, workspaceId),
    fault: (scope) => scopeFault(scope, platform.lake.kqlCatalogue().tables),
  });
  const identityProtection = await createIdentityProtection(platform, {
    queries: () => hunting.queries,
    mail: () => notifications.mail,
    isTrusted: (address) => isTrustedAddress(platform.database, address),
    checkPassword,
    ...(options.scheduled === undefined ? {} : { scheduled: options.scheduled }),
  });
  const conditionalAccess = createConditionalAccess(platform, {
    devices: createDeviceFacts(platform),
    risk: identityProtection.signInRisk,
  });
  const identity = createIdentity(platform, { ...conditionalAccess, access });
  const openid = createOpenId(platform, { ...conditionalAccess, effective: access.effective });
  const callerOfToken: Domains['callerOfToken'] = async (token, from) =>
    (await access.callerOfToken(token, from)) ?? openid.callerOfAccessToken(token, from);
  const privilegedAccess = createPrivilegedAccess(platform, {
    gate: conditionalAccess.gate,
    isTargeted: (context) => conditionalAccess.isTargeted(context),
    mail: () => notifications.mail,
    tenantId: tenantIdOf(platform.sealing),
    queries: () => hunting.queries,
    ...(options.scheduled === undefined ? {} : { scheduled: options.scheduled }),
  });
  const sharedSignals = createSharedSignals(platform, {
    keys: openid.keys,
    jwksUri: openid.jwksUri,
    effects: {
      endSessions: (person, sessionId, by) => identity.signalled.endSessions(person.id, sessionId, by),
      setCompliance: (deviceId, isCompliant, by) => identity.signalled.setCompliance(deviceId, isCompliant, by),
      raiseCompromise: (person, by, key, at) => identityProtection.raiseCompromise(person, { by, key, at }),
      isEmergencyAccount: (personId) => conditionalAccess.isEmergencyAccount(personId),
    },
  });
  const watchlists = new Watchlists(platform);
  await watchlists.refresh();
  const imported = huntingQueryStore(platform.database);
  const hunting = createHunting(platform, {
    functions: await loadFunctions(),
    watchlists: watchlists.known,
    imported: () => imported.all(),
  });
  await hunting.saved.refresh();
  const incidents = createIncidents(platform, {
    queries: hunting.queries,
    queriesOf: hunting.queriesOf,
    scheduled: options.scheduled !== false,
  });
  const hunts = hunting.hunts(incidents);
  const investigations = await createInvestigations(platform, {
    queries: hunting.queries,
    queriesOf: hunting.queriesOf,
  });
  incidents.listen({ events: investigations.told });
  const notifications = createNotifications(platform, { directory });
  incidents.listen({ events: notifications.told, handover: notifications.handedOver });
  let behaviour: Behaviour | undefined;
  const detection = await createDetection(platform, {
    ...options,
    queries: hunting.queries,
    queriesOf: hunting.queriesOf,
    incidents,
    rightsOf: async (personId) => (await access.effective.of(personId)).grants,
    watchlists,
    tableSources: sourcesByTable,
    anomalyKinds: async () => (await behaviour?.kinds()) ?? [],
  });
  behaviour = await createBehaviour(platform, {
    queries: hunting.queries,
    onStored: (segment) => detection.arrived(segment),
    ...(options.scheduled === undefined ? {} : { scheduled: options.scheduled }),
  });
  const entities = await createEntities(platform, {
    queries: hunting.queries,
    queriesOf: hunting.queriesOf,
    ...(options.scheduled === undefined ? {} : { scheduled: options.scheduled }),
  });
  const ingest = await createIngest(platform, {
    callerOfToken,
    callerOfCertificate: access.callerOfCertificate,
    noteUse: access.uses.note,
    runRules: (rules) => detection.sweep(rules),
    onStored: (segment) => detection.arrived(segment),
    tablesSeen: (as, names, now) => tablesSeen(hunting.queries, as, names, now),
    tablesWhole: (as) => tablesWhole(platform, as, 'data.read'),
    jobs: options.scheduled !== false,
  });
  const workbooks = createWorkbooks(platform);
  return {
    callerOfToken,
    access,
    conditionalAccess,
    accessInsight: conditionalAccess.insight({ queries: hunting.queries, methodModes }),
    identity,
    identityProtection,
    hunting,
    hunts,
    incidents,
    investigations,
    notifications,
    openid,
    privilegedAccess,
    sharedSignals,
    detection,
    behaviour,
    entities,
    ingest,
    workbooks,
    workspaces: createWorkspaces(platform),
  };
}

/** The sources that ship, by the tables that they bring rows to. */
async function sourcesByTable(): Promise<TableSources> {
  const found = new Map<string, { id: string; name: string }[]>();
  for (const { id, name, streams } of (await loadSources(shippedSources)).sources)
    for (const table of new Set(streams.flatMap(({ flows }) => flows.map((flow) => flow.table))))
      found.set(table, [...(found.get(table) ?? []), { id, name }]);
  return found;
}

/** In the order in which they start; they stop in reverse. */
export const inOrder = (domains: Domains): readonly Domain<unknown>[] => [
  domains.access,
  domains.conditionalAccess,
  domains.identity,
  domains.openid,
  domains.privilegedAccess,
  domains.sharedSignals,
  domains.identityProtection,
  domains.hunting,
  domains.notifications,
  domains.incidents,
  domains.investigations,
  domains.detection,
  domains.behaviour,
  domains.entities,
  domains.ingest,
  domains.workbooks,
];
