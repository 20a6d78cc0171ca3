import { loadFunctions } from '@sallyport/lake';
import { createDetection, type Detection } from './detection/index.ts';
import { createHunting, type Queries } from './hunting/index.ts';
import { createIncidents, type Incidents, type NewAlert } from './incidents/index.ts';
import { openIngestCore, type IngestCore } from './ingest/core.ts';
import { loadSources, shippedSources } from './ingest/sources/load.ts';
import type { OpenPlatform } from './platform/create.ts';
import { withEphemeralPlatform } from './supervisor/ephemeral-platform.ts';

export interface DetectionWorkspace {
  readonly platform: OpenPlatform;
  readonly queries: Queries;
  readonly incidents: Incidents;
  readonly detection: Detection;
  readonly core: IngestCore;
  /** Faults of rule files, in words. */
  readonly problems: readonly string[];
}

/**
 * Runs `work` with rules over a fresh workspace that the shipped sources bring rows to, and removes everything afterwards. `rules`: files and folders; default: those that
 * ship. With `live`, rules that look at rows as they arrive do, once `detection.start()` was called; nothing runs by the clock. `onRaise`: is given what rules raise, as it is raised.
 */
export function withDetection<T>(
  rules: readonly string[] | undefined,
  work: (workspace: DetectionWorkspace) => Promise<T>,
  {
    live = false,
    onRaise = () => undefined,
  }: { readonly live?: boolean; readonly onRaise?: (alerts: readonly NewAlert[]) => void } = {},
): Promise<T> {
  const settings = { collectHost: 'off', spoolSegmentAge: '50 ms', spoolMaxBytes: '4 GiB' };
  return withEphemeralPlatform({ settings }, async (platform) => {
    const { queries } = createHunting(platform, { functions: await loadFunctions() });
    const incidents = createIncidents(platform, { queries });
    const detection = await createDetection(platform, {
      queries,
      incidents: {
        ...incidents,
        raise: (alerts, tx) => {
          onRaise(alerts);
          return incidents.raise(alerts, tx);
        },
      },
      scheduled: live,
      ...(rules ? { ruleFolders: rules } : {}),
    });
    const { spoolMaxBytes, spoolSegmentBytes, spoolSegmentAge } = platform.config;
    const core = await openIngestCore(
      platform,
      await loadSources(shippedSources),
      { totalBytes: spoolMaxBytes, segmentBytes: spoolSegmentBytes, segmentAgeMs: spoolSegmentAge },
      { onLoaded: ({ id, rows }) => detection.arrived({ id, rows }) },
    );
    try {
      const problems = detection.rules.problems.map((p) => `${p.path}:${p.line}: ${p.message}`);
      return await work({ platform, queries, incidents, detection, core, problems });
    } finally {
      await detection.stop?.();
      await core[Symbol.asyncDispose]();
    }
  });
}
