import type { QueryClient } from '@tanstack/react-query';
import { federationFailures } from '@sallyport/contracts';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  type ErrorComponentProps,
} from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { z } from 'zod';
import { caseSearch, casesSearch } from '../features/cases/index.ts';
import { dataSearch } from '../features/data/index.ts';
import { handoverSearch } from '../features/handover/index.ts';
import { huntingSearch } from '../features/hunting/index.ts';
import { huntSearch, huntsSearch } from '../features/hunts/index.ts';
import { askForIncident, incidentSearch, incidentsSearch } from '../features/incidents/index.ts';
import { notebooksSearch } from '../features/notebooks/index.ts';
import { testBenchSearch } from '../features/test-bench/index.ts';
import { investigationsSearch } from '../features/investigations/index.ts';
import { applicationsSearch } from '../features/applications/index.ts';
import { anomaliesSearch } from '../features/anomalies/index.ts';
import { riskSearch } from '../features/identity-protection/index.ts';
import { accessSearch, policyEditorSearch } from '../features/conditional-access/index.ts';
import { coverageSearch } from '../features/coverage/index.ts';
import { assetsSearch, entitySearch, findEntitySearch } from '../features/entities/index.ts';
import { exceptionsSearch } from '../features/exceptions/index.ts';
import { myAccessSearch } from '../features/my-access/index.ts';
import { privilegedAccessSearch } from '../features/privileged-access/index.ts';
import { peopleSearch } from '../features/people/index.ts';
import { rolesSearch } from '../features/roles/index.ts';
import { repositoriesSearch } from '../features/repositories/index.ts';
import { ruleEditorSearch, ruleSearch, rulesSearch } from '../features/rules/index.ts';
import { securityInfoSearch } from '../features/security-info/index.ts';
import { settingsSearch } from '../features/settings/index.ts';
import { signInsSearch } from '../features/sign-ins/index.ts';
import { socMetricsSearch } from '../features/soc-metrics/index.ts';
import { sourceEditorSearch } from '../features/sources/index.ts';
import { watchlistsSearch } from '../features/watchlists/index.ts';
import { workbookSearch, workbooksSearch } from '../features/workbooks/index.ts';
import { oneOf, parseSearch, stringifySearch, textOf } from '../shared/address.ts';
import { client, isUnauthenticated, meQuery } from '../shared/api.ts';
import { Page } from '../shared/Page.tsx';
import { EmptyState, ErrorState, Loading } from '../shared/States.tsx';
import { Frame } from './Frame.tsx';

function Failed({ error, reset }: ErrorComponentProps): ReactElement {
  return (
    <Page title="Something went wrong" scroll>
      <ErrorState error={error} title="This page could not be shown" onRetry={reset} />
    </Page>
  );
}

const Missing = (): ReactElement => (
  <Page title="Not found">
    <EmptyState title="There is no such page">
      The address may be old, or cut short. Ctrl-K reaches every page.
    </EmptyState>
  </Page>
);

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet, notFoundComponent: Missing });

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../features/setup/index.ts'), 'SetupPage'),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('../features/invitation/index.ts'), 'InvitationPage'),
});

const signInSearch = z.object({ to: textOf(2_000), failure: oneOf(federationFailures) });
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: (raw: Record<string, unknown>): Partial<z.infer<typeof signInSearch>> => signInSearch.parse(raw),
  component: lazyRouteComponent(() => import('../features/signin/index.ts'), 'SignInPage'),
});

/** Outside of the frame: who signs in to an application need have no rights here. */
const interaction = createRoute({
  getParentRoute: () => root,
  path: '/openid/interaction/$uid',
  component: lazyRouteComponent(() => import('../features/interaction/index.ts'), 'InteractionPage'),
});

/** The same for applications that ask by SAML. */
const samlInteraction = createRoute({
  getParentRoute: () => root,
  path: '/saml/interaction/$uid',
  component: lazyRouteComponent(() => import('../features/interaction/index.ts'), 'SamlInteractionPage'),
});

/** Every page in the frame waits here until it is known who is signed in. */
const frame = createRoute({
  getParentRoute: () => root,
  id: 'frame',
  component: Frame,
  errorComponent: Failed,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(meQuery);
    } catch (error) {
      if (!isUnauthenticated(error)) throw error;
      const { needed } = await client.getSetup();
      if (needed) throw redirect({ to: '/setup' });
      throw redirect({ to: '/signin', search: { to: location.href } });
    }
  },
});

const home = createRoute({
  getParentRoute: () => frame,
  path: '/',
  component: lazyRouteComponent(() => import('../features/home/index.ts'), 'HomePage'),
});

const incidents = createRoute({
  getParentRoute: () => frame,
  path: '/incidents',
  validateSearch: incidentsSearch,
  component: lazyRouteComponent(() => import('../features/incidents/IncidentsPage.tsx'), 'IncidentsPage'),
});

const incident = createRoute({
  getParentRoute: () => frame,
  path: '/incidents/$number',
  validateSearch: incidentSearch,
  // Once for each incident: steps through its story are changes of the address, too.
  staleTime: Number.POSITIVE_INFINITY,
  loader: ({ context, location, params, preload }) => {
    // Pointing at a link brings the page's code only.
    if (!preload) askForIncident(context.queries, Number(params.number), incidentSearch(location.search));
  },
  component: lazyRouteComponent(() => import('../features/incidents/IncidentPage.tsx'), 'IncidentPage'),
});

const cases = createRoute({
  getParentRoute: () => frame,
  path: '/cases',
  validateSearch: casesSearch,
  component: lazyRouteComponent(() => import('../features/cases/CasesPage.tsx'), 'CasesPage'),
});

const oneCase = createRoute({
  getParentRoute: () => frame,
  path: '/cases/$number',
  validateSearch: caseSearch,
  component: lazyRouteComponent(() => import('../features/cases/CasePage.tsx'), 'CasePage'),
});

const socMetrics = createRoute({
  getParentRoute: () => frame,
  path: '/soc-metrics',
  validateSearch: socMetricsSearch,
  component: lazyRouteComponent(() => import('../features/soc-metrics/SocMetricsPage.tsx'), 'SocMetricsPage'),
});

const handover = createRoute({
  getParentRoute: () => frame,
  path: '/handover',
  validateSearch: handoverSearch,
  component: lazyRouteComponent(() => import('../features/handover/HandoverPage.tsx'), 'HandoverPage'),
});

const hunting = createRoute({
  getParentRoute: () => frame,
  path: '/hunting',
  validateSearch: huntingSearch,
  component: lazyRouteComponent(() => import('../features/hunting/HuntingPage.tsx'), 'HuntingPage'),
});

const workbooks = createRoute({
  getParentRoute: () => frame,
  path: '/workbooks',
  validateSearch: workbooksSearch,
  component: lazyRouteComponent(() => import('../features/workbooks/WorkbooksPage.tsx'), 'WorkbooksPage'),
});

const workbook = createRoute({
  getParentRoute: () => frame,
  path: '/workbooks/$id',
  validateSearch: workbookSearch,
  component: lazyRouteComponent(() => import('../features/workbooks/WorkbookPage.tsx'), 'WorkbookPage'),
});

const hunts = createRoute({
  getParentRoute: () => frame,
  path: '/hunts',
  validateSearch: huntsSearch,
  component: lazyRouteComponent(() => import('../features/hunts/HuntsPage.tsx'), 'HuntsPage'),
});

const hunt = createRoute({
  getParentRoute: () => frame,
  path: '/hunts/$id',
  validateSearch: huntSearch,
  component: lazyRouteComponent(() => import('../features/hunts/HuntPage.tsx'), 'HuntPage'),
});

const notebooks = createRoute({
  getParentRoute: () => frame,
  path: '/notebooks',
  validateSearch: notebooksSearch,
  component: lazyRouteComponent(() => import('../features/notebooks/NotebooksPage.tsx'), 'NotebooksPage'),
});

const notebook = createRoute({
  getParentRoute: () => frame,
  path: '/notebooks/$id',
  component: lazyRouteComponent(() => import('../features/notebooks/NotebookPage.tsx'), 'NotebookPage'),
});

const rules = createRoute({
  getParentRoute: () => frame,
  path: '/rules',
  validateSearch: rulesSearch,
  component: lazyRouteComponent(() => import('../features/rules/RulesPage.tsx'), 'RulesPage'),
});

const rule = createRoute({
  getParentRoute: () => frame,
  path: '/rules/$id',
  validateSearch: ruleSearch,
  component: lazyRouteComponent(() => import('../features/rules/RulePage.tsx'), 'RulePage'),
});

const anomalies = createRoute({
  getParentRoute: () => frame,
  path: '/anomalies',
  validateSearch: anomaliesSearch,
  component: lazyRouteComponent(() => import('../features/anomalies/AnomaliesPage.tsx'), 'AnomaliesPage'),
});

const identityProtection = createRoute({
  getParentRoute: () => frame,
  path: '/identity-protection',
  validateSearch: riskSearch,
  component: lazyRouteComponent(
    () => import('../features/identity-protection/IdentityProtectionPage.tsx'),
    'IdentityProtectionPage',
  ),
});

const myAccess = createRoute({
  getParentRoute: () => frame,
  path: '/my-access',
  validateSearch: myAccessSearch,
  component: lazyRouteComponent(() => import('../features/my-access/MyAccessPage.tsx'), 'MyAccessPage'),
});

const privilegedAccess = createRoute({
  getParentRoute: () => frame,
  path: '/privileged-access',
  validateSearch: privilegedAccessSearch,
  component: lazyRouteComponent(
    () => import('../features/privileged-access/PrivilegedAccessPage.tsx'),
    'PrivilegedAccessPage',
  ),
});

const conditionalAccess = createRoute({
  getParentRoute: () => frame,
  path: '/conditional-access',
  validateSearch: accessSearch,
  component: lazyRouteComponent(
    () => import('../features/conditional-access/ConditionalAccessPage.tsx'),
    'ConditionalAccessPage',
  ),
});

const policyEditor = createRoute({
  getParentRoute: () => frame,
  path: '/conditional-access/policies/$id',
  validateSearch: policyEditorSearch,
  component: lazyRouteComponent(
    () => import('../features/conditional-access/PolicyEditorPage.tsx'),
    'PolicyEditorPage',
  ),
});

const signIns = createRoute({
  getParentRoute: () => frame,
  path: '/sign-ins',
  validateSearch: signInsSearch,
  component: lazyRouteComponent(() => import('../features/sign-ins/SignInsPage.tsx'), 'SignInsPage'),
});

const investigations = createRoute({
  getParentRoute: () => frame,
  path: '/investigations',
  validateSearch: investigationsSearch,
  component: lazyRouteComponent(
    () => import('../features/investigations/InvestigationsPage.tsx'),
    'InvestigationsPage',
  ),
});

const assets = createRoute({
  getParentRoute: () => frame,
  path: '/assets',
  validateSearch: assetsSearch,
  component: lazyRouteComponent(() => import('../features/entities/AssetsPage.tsx'), 'AssetsPage'),
});

const entity = createRoute({
  getParentRoute: () => frame,
  path: '/entities/$id',
  validateSearch: entitySearch,
  component: lazyRouteComponent(() => import('../features/entities/EntityPage.tsx'), 'EntityPage'),
});

const findEntity = createRoute({
  getParentRoute: () => frame,
  path: '/entities/find',
  validateSearch: findEntitySearch,
  component: lazyRouteComponent(() => import('../features/entities/FindEntityPage.tsx'), 'FindEntityPage'),
});

const coverage = createRoute({
  getParentRoute: () => frame,
  path: '/coverage',
  validateSearch: coverageSearch,
  component: lazyRouteComponent(() => import('../features/coverage/CoveragePage.tsx'), 'CoveragePage'),
});

const ruleEditor = createRoute({
  getParentRoute: () => frame,
  path: '/rule-editor',
  validateSearch: ruleEditorSearch,
  component: lazyRouteComponent(() => import('../features/rules/RuleEditorPage.tsx'), 'RuleEditorPage'),
});

const exceptions = createRoute({
  getParentRoute: () => frame,
  path: '/exceptions',
  validateSearch: exceptionsSearch,
  component: lazyRouteComponent(() => import('../features/exceptions/ExceptionsPage.tsx'), 'ExceptionsPage'),
});

const watchlists = createRoute({
  getParentRoute: () => frame,
  path: '/watchlists',
  validateSearch: watchlistsSearch,
  component: lazyRouteComponent(() => import('../features/watchlists/WatchlistsPage.tsx'), 'WatchlistsPage'),
});

const watchlist = createRoute({
  getParentRoute: () => frame,
  path: '/watchlists/$alias',
  component: lazyRouteComponent(() => import('../features/watchlists/WatchlistPage.tsx'), 'WatchlistPage'),
});

const applications = createRoute({
  getParentRoute: () => frame,
  path: '/applications',
  validateSearch: applicationsSearch,
  component: lazyRouteComponent(() => import('../features/applications/ApplicationsPage.tsx'), 'ApplicationsPage'),
});

const repositories = createRoute({
  getParentRoute: () => frame,
  path: '/repositories',
  validateSearch: repositoriesSearch,
  component: lazyRouteComponent(() => import('../features/repositories/RepositoriesPage.tsx'), 'RepositoriesPage'),
});

const testBench = createRoute({
  getParentRoute: () => frame,
  path: '/test-bench',
  validateSearch: testBenchSearch,
  component: lazyRouteComponent(() => import('../features/test-bench/TestBenchPage.tsx'), 'TestBenchPage'),
});

const data = createRoute({
  getParentRoute: () => frame,
  path: '/data',
  validateSearch: dataSearch,
  component: lazyRouteComponent(() => import('../features/data/DataPage.tsx'), 'DataPage'),
});

const sourceEditor = createRoute({
  getParentRoute: () => frame,
  path: '/source-editor',
  validateSearch: sourceEditorSearch,
  component: lazyRouteComponent(() => import('../features/sources/SourceEditorPage.tsx'), 'SourceEditorPage'),
});

const settings = createRoute({
  getParentRoute: () => frame,
  path: '/settings',
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import('../features/settings/SettingsPage.tsx'), 'SettingsPage'),
});

const roles = createRoute({
  getParentRoute: () => frame,
  path: '/roles',
  validateSearch: rolesSearch,
  component: lazyRouteComponent(() => import('../features/roles/RolesPage.tsx'), 'RolesPage'),
});

const people = createRoute({
  getParentRoute: () => frame,
  path: '/people',
  validateSearch: peopleSearch,
  component: lazyRouteComponent(() => import('../features/people/PeoplePage.tsx'), 'PeoplePage'),
});

const securityInfo = createRoute({
  getParentRoute: () => frame,
  path: '/security-info',
  validateSearch: securityInfoSearch,
  component: lazyRouteComponent(() => import('../features/security-info/SecurityInfoPage.tsx'), 'SecurityInfoPage'),
});

/** Every shared piece in its states. Not linked from anywhere; needs no server. */
const gallery = createRoute({
  getParentRoute: () => root,
  path: '/gallery',
  component: lazyRouteComponent(() => import('../features/gallery/index.ts'), 'GalleryPage'),
});

const routeTree = root.addChildren([
  setup,
  invitation,
  signIn,
  interaction,
  samlInteraction,
  gallery,
  frame.addChildren([
    home,
    incidents,
    incident,
    cases,
    oneCase,
    socMetrics,
    handover,
    hunting,
    workbooks,
    workbook,
    hunts,
    hunt,
    notebooks,
    notebook,
    rules,
    rule,
    ruleEditor,
    exceptions,
    watchlists,
    watchlist,
    applications,
    repositories,
    anomalies,
    identityProtection,
    myAccess,
    privilegedAccess,
    conditionalAccess,
    policyEditor,
    signIns,
    investigations,
    assets,
    entity,
    findEntity,
    coverage,
    testBench,
    data,
    sourceEditor,
    people,
    roles,
    securityInfo,
    settings,
  ]),
]);

export const createPortalRouter = (queries: QueryClient) =>
  createRouter({
    routeTree,
    context: { queries },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 300,
    defaultPendingComponent: () => <Loading rows={8} label="Loading the page" />,
    defaultErrorComponent: Failed,
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPortalRouter>;
  }
}
