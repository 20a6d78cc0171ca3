import type { Permission } from './permissions.ts';

/** Permissions that are over data: who holds one for a part of it is let to routes of it that are here, and to no other. */
export const dataPermissions: ReadonlySet<Permission> = new Set<Permission>([
  'securityData.read',
  'alerts.manage',
  'response.manage',
  'detectionTuning.manage',
  'data.read',
  'data.manage',
  'data.purge',
  'legalHold.manage',
  'analyticsJobs.read',
  'analyticsJobs.manage',
  'audit.read',
]);

/**
 * How a route serves those who see a part of the data. `narrowed`: it answers what they see. `open`: it tells of no data, but of texts that people wrote or settings. `wholeIncident`: of the incident
 * `params.number`, to those who see all of its alerts. A route that is not here is refused to them.
 */
export type Scoped = 'narrowed' | 'open' | 'wholeIncident';

const named = (how: Scoped, names: string): [string, Scoped][] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => [name, how]);

export const scopedRoutes: ReadonlyMap<string, Scoped> = new Map([
  ...named(
    'narrowed',
    `runQuery streamQuery checkQuery explainQuery getSchema runLive sampleTable listRunQueries
     queryWorkspace queryWorkspaceByGet queryResource queryResourceOfNewerClient queryBatch getWorkspaceMetadata
     queryKusto queryKustoByGet queryKustoV1 queryKustoV1ByGet manageKusto runHuntingQuery runHuntingQueryBeta
     listWorkspaces armListWorkspaces armListWorkspacesOfGroup armGetWorkspace
     listIncidents getIncident listIncidentAlerts getAlertEvents
     graphListIncidents graphGetIncident graphListAlerts graphGetAlert sentinelListIncidents sentinelGetIncident
     getSocMetrics listAnomalies listWatchlistItems saveRule deleteRule listRules getRule getCoverage
     listEntities resolveEntity getEntity getEntityTimeline getEntityInsights getEntityIncidents
     sentinelExpandEntity sentinelEntityTimeline sentinelEntityInsights sentinelQueriesOfEntity
     listHunts getHunt runHuntQuery listBookmarks getBookmark createBookmarks
     listInvestigations getInvestigation listCases getCase listTasks createTask updateTask deleteTask
     listAttachments addAttachment downloadAttachment listTables listSources getSource
     getHandoverFacts listHandovers createHandover`,
  ),
  ...named(
    'open',
    `listHuntingQueries exportHuntingQueries listSavedQueries createSavedQuery updateSavedQuery deleteSavedQuery listSavedQueryVersions
     listSavedSearches getSavedSearch listWorkbooks getWorkbook createWorkbook updateWorkbook deleteWorkbook
     listNotebooks getNotebook createNotebook updateNotebook deleteNotebook
     listIncidentViews saveIncidentView deleteIncidentView setDefaultIncidentView getServiceLevels listTaskTemplates listPeople
     getRuleText listRuleVersions getRuleVersion exportRules checkRule sentinelListRuleTemplates sentinelGetRuleTemplate
     listInvestigationPlaybooks listWatchlistTemplates sentinelListEntityQueries sentinelGetEntityQuery`,
  ),
  ...named(
    'wholeIncident',
    `getIncidentStory getIncidentProcesses listIncidentEvents exportIncidentPdf updateIncident addComment editComment deleteComment setEvidenceVerdict
     getIncidentInvestigation listSimilarIncidents`,
  ),
]);
