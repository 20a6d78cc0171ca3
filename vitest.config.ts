import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, in the order in which they start, so that none of them is left alone at the end; two that start a whole Sallyport do not lie beside each other. */
const longest = [
  'apps/portal/e2e/journey.test.ts',
  'apps/server/src/detection/content.test.ts',
  'content/sources.test.ts',
  'apps/portal/e2e/pages.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
      return at < 0 ? longest.length : at;
    };
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ['{packages,apps,content,tools}/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for is told by the test; how long a busy machine takes is not what it is about.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
    // A file starts where the one before it has loaded the modules: a third of the processor time. What a file leaves behind in the process is its own fault.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
});
