import { defineConfig } from 'vitest/config';

const pages = 'apps/portal/e2e/pages/*.test.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['{packages,apps,content,tools}/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', pages],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          pool: 'forks',
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: [pages],
          globalSetup: ['apps/portal/e2e/pages/sallyport.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: 'forks',
        },
      },
    ],
  },
});
