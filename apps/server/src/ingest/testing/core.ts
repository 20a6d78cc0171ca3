import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { systemClock } from '../../platform/clock.ts';
import { silentLog, type Log } from '../../platform/log.ts';
import { createMetrics, type Metrics } from '../../platform/metrics.ts';
import { openIngestCore, type IngestCore, type SpoolSizes } from '../core.ts';
import type { Policies } from '../policies/policy.ts';
import { loadSources, shippedSources, type LoadedSources } from '../sources/load.ts';

export interface TestIngest extends AsyncDisposable {
  readonly core: IngestCore;
  readonly metrics: Metrics;
  readonly lake: TestLake;
  /** Rows of a query, as arrays. */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** A folder for files of the test. */
  readonly folder: string;
}

export const testSizes: SpoolSizes = { totalBytes: 256 * 2 ** 20, segmentBytes: 16 * 2 ** 20, segmentAgeMs: 50 };

/** Ingest on a lake of its own, with the sources that ship or those given. */
export async function startTestIngest(
  options: { sources?: LoadedSources; log?: Log; sizes?: Partial<SpoolSizes>; policies?: Policies } = {},
): Promise<TestIngest> {
  const lake = await startTestLake();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-ingest-'));
  const metrics = createMetrics();
  const core = await openIngestCore(
    {
      lake: lake.lake,
      clock: systemClock,
      log: options.log ?? silentLog,
      metrics,
      spool: { folder: lake.spoolDir, groupId: lake.engine.gid },
    },
    options.sources ?? (await loadSources(shippedSources)),
    { ...testSizes, ...options.sizes },
    options.policies ? { policies: options.policies } : {},
  );
  return {
    core,
    metrics,
    lake,
    folder,
    rows: async (sql) => (await lake.lake.query(sql)).rows,
    [Symbol.asyncDispose]: async () => {
      await core[Symbol.asyncDispose]();
      await lake.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
