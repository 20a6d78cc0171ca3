/** Imports point one way: apps → packages, and inside the server a domain reaches another only through its index. */
const domain = 'apps/server/src/(?!platform/|supervisor/)([^/]+)/';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'contracts-stand-alone',
      severity: 'error',
      from: { path: '^packages/contracts/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/contracts/' },
    },
    {
      name: 'kql-stands-alone',
      severity: 'error',
      from: { path: '^packages/kql/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/kql/' },
    },
    {
      name: 'sigma-stands-alone',
      severity: 'error',
      from: { path: '^packages/sigma/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/sigma/' },
    },
    {
      name: 'policy-imports-contracts-only',
      severity: 'error',
      from: { path: '^packages/policy/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/(policy|contracts)/' },
    },
    { name: 'packages-do-not-import-apps', severity: 'error', from: { path: '^packages/' }, to: { path: '^apps/' } },
    {
      name: 'portal-imports-contracts-only',
      severity: 'error',
      from: { path: '^apps/portal/', pathNot: '^apps/portal/e2e/' },
      to: { path: '^(apps|packages)/', pathNot: '^(apps/portal|packages/contracts)/' },
    },
    {
      name: 'platform-imports-no-domain',
      severity: 'error',
      from: { path: '^apps/server/src/platform/' },
      to: { path: `^${domain}` },
    },
    {
      name: 'domains-meet-at-the-index',
      comment: 'import the other domain’s index.ts',
      severity: 'error',
      // What tests share is of tests.
      from: { path: `^${domain}`, pathNot: '[.]test[.]ts$|/testing/' },
      to: { path: `^${domain}`, pathNot: ['^apps/server/src/$1/', '/index[.]ts$'] },
    },
    {
      name: 'no-dev-dependencies-at-run-time',
      severity: 'error',
      from: {
        path: '^(apps/(server|cli)|packages/(kql|lake|contracts|sigma|policy))/',
        pathNot: '[.]test[.]ts$|/testing',
      },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
