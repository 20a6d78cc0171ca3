import type { RouteTable } from '../route.ts';
import { anomalyRoutes } from './anomalies.ts';
import { applicationRoutes } from './applications.ts';
import { attachmentRoutes } from './attachments.ts';
import { caseRoutes } from './cases.ts';
import { graphRoutes, kustoRoutes, logAnalyticsRoutes } from './clients.ts';
import { connectorRoutes } from './connectors.ts';
import { dataRoutes } from './data.ts';
import { dataCollectionRuleRoutes } from './data-collection-rules.ts';
import { detectionRoutes } from './detection.ts';
import { dataCollectorRoutes, elasticRoutes, otlpRoutes, splunkRoutes, webhookRoutes } from './doors.ts';
import { deviceRoutes, graphDeviceRoutes } from './devices.ts';
import { directoryRoutes } from './directory.ts';
import { entityRoutes } from './entities.ts';
import { exceptionRoutes } from './exceptions.ts';
import { federationRoutes, graphFederationRoutes } from './federation.ts';
import { conditionalAccessRoutes } from './conditional-access.ts';
import { emergencyAccountRoutes } from './emergency-accounts.ts';
import { graphApplicationRoutes } from './graph-applications.ts';
import { graphConditionalAccessRoutes } from './graph-conditional-access.ts';
import { graphDirectoryRoutes } from './graph-directory.ts';
import { graphIdentityProtectionRoutes } from './graph-identity-protection.ts';
import { graphSecurityRoutes } from './graph-security.ts';
import { huntingRoutes } from './hunting.ts';
import { huntRoutes } from './hunts.ts';
import { identityProtectionRoutes } from './identity-protection.ts';
import { incidentStoryRoutes } from './incident-story.ts';
import { incidentRoutes } from './incidents.ts';
import { investigationRoutes } from './investigations.ts';
import { ldapRoutes } from './ldap.ts';
import { notebookRoutes } from './notebooks.ts';
import { pinRoutes } from './pins.ts';
import { samlRoutes } from './saml.ts';
import { savedQueryRoutes } from './saved-queries.ts';
import { savedSearchRoutes } from './saved-searches.ts';
import { scimRoutes } from './scim.ts';
import { securityInfoRoutes } from './security-info.ts';
import { sentinelBookmarkRoutes } from './sentinel-bookmarks.ts';
import { notificationRoutes } from './notifications.ts';
import { interactionRoutes } from './openid-interaction.ts';
import { peopleRoutes } from './people.ts';
import { graphPrivilegedAccessRoutes } from './graph-privileged-access.ts';
import { accessReviewRoutes } from './access-reviews.ts';
import { cloudAccessRoutes } from './cloud-access.ts';
import { privilegedAccessRoutes } from './privileged-access.ts';
import { ownedGroupRoutes } from './owned-groups.ts';
import { privilegedSessionRoutes } from './privileged-sessions.ts';
import { queueRoutes } from './queue.ts';
import { repositoryRoutes } from './repositories.ts';
import { sentinelEntityRoutes } from './sentinel-entities.ts';
import { sentinelRuleRoutes } from './sentinel-rules.ts';
import { sentinelWatchlistRoutes } from './sentinel-watchlists.ts';
import { sentinelIncidentRoutes } from './sentinel.ts';
import { accessExplorerRoutes } from './access-explorer.ts';
import { roleRoutes } from './roles.ts';
import { sessionRoutes, tokenRoutes } from './session.ts';
import { sharedSignalsRoutes } from './shared-signals.ts';
import { socMetricRoutes } from './soc-metrics.ts';
import { sourceEditorRoutes } from './source-editor.ts';
import { systemRoutes } from './system.ts';
import { graphTermsOfUseRoutes, termsOfUseRoutes } from './terms-of-use.ts';
import { taskRoutes } from './tasks.ts';
import { uploadRoutes } from './uploads.ts';
import { watchlistRoutes } from './watchlists.ts';
import { workbookRoutes } from './workbooks.ts';
import { armWorkspaceRoutes, workspaceRoutes } from './workspaces.ts';

/** Every route of the server, in one table. */
export const routes = {
  ...sessionRoutes,
  ...tokenRoutes,
  ...roleRoutes,
  ...accessExplorerRoutes,
  ...huntingRoutes,
  ...savedQueryRoutes,
  ...huntRoutes,
  ...notebookRoutes,
  ...kustoRoutes,
  ...logAnalyticsRoutes,
  ...graphRoutes,
  ...directoryRoutes,
  ...securityInfoRoutes,
  ...deviceRoutes,
  ...graphDeviceRoutes,
  ...scimRoutes,
  ...graphDirectoryRoutes,
  ...graphSecurityRoutes,
  ...graphConditionalAccessRoutes,
  ...emergencyAccountRoutes,
  ...conditionalAccessRoutes,
  ...graphTermsOfUseRoutes,
  ...termsOfUseRoutes,
  ...applicationRoutes,
  ...graphApplicationRoutes,
  ...interactionRoutes,
  ...federationRoutes,
  ...graphFederationRoutes,
  ...ldapRoutes,
  ...samlRoutes,
  ...graphIdentityProtectionRoutes,
  ...identityProtectionRoutes,
  ...graphPrivilegedAccessRoutes,
  ...privilegedAccessRoutes,
  ...accessReviewRoutes,
  ...cloudAccessRoutes,
  ...privilegedSessionRoutes,
  ...ownedGroupRoutes,
  ...sharedSignalsRoutes,
  ...savedSearchRoutes,
  ...sentinelBookmarkRoutes,
  ...sentinelIncidentRoutes,
  ...sentinelEntityRoutes,
  ...sentinelRuleRoutes,
  ...sentinelWatchlistRoutes,
  ...incidentRoutes,
  ...investigationRoutes,
  ...queueRoutes,
  ...taskRoutes,
  ...attachmentRoutes,
  ...caseRoutes,
  ...socMetricRoutes,
  ...peopleRoutes,
  ...notificationRoutes,
  ...incidentStoryRoutes,
  ...entityRoutes,
  ...detectionRoutes,
  ...watchlistRoutes,
  ...exceptionRoutes,
  ...repositoryRoutes,
  ...anomalyRoutes,
  ...workbookRoutes,
  ...workspaceRoutes,
  ...armWorkspaceRoutes,
  ...dataRoutes,
  ...dataCollectionRuleRoutes,
  ...uploadRoutes,
  ...sourceEditorRoutes,
  ...connectorRoutes,
  ...pinRoutes,
  ...splunkRoutes,
  ...elasticRoutes,
  ...otlpRoutes,
  ...dataCollectorRoutes,
  ...webhookRoutes,
  ...systemRoutes,
} as const satisfies RouteTable;
