export type { Platform, Domain } from './platform/types.ts';
export {
  ConfigError,
  environmentName,
  flagName,
  loadConfig,
  publicUrlOf,
  settingKeys,
  settings,
  type Config,
  type SettingKey,
} from './platform/config/index.ts';
export { manualClock, systemClock, type Clock, type ManualClock } from './platform/clock.ts';
export { createLog, silentLog, type Log } from './platform/log.ts';
export { openPlatform, type OpenPlatform } from './platform/create.ts';
export { createServer, type Server } from './app.ts';
export { createDomains, type DomainOptions, type Domains } from './domains.ts';
export { runSupervisor, type SupervisorOptions } from './supervisor/index.ts';
export {
  startEphemeralPlatform,
  withEphemeralPlatform,
  type EphemeralOptions,
} from './supervisor/ephemeral-platform.ts';
export { startEphemeralDatabase } from './supervisor/ephemeral-database.ts';
export { replay, type ReplayedFile, type ReplayOptions, type ReplayReport } from './replay.ts';
export { detectConform, type DetectConformOptions, type DetectConformReport } from './detect-conform.ts';
export { detectBench, type DetectBenchOptions } from './detect-bench.ts';
export { runContent, type ContentRunOptions, type ContentRunReport } from './content-run.ts';
export { createQueries } from './hunting/index.ts';
export { systemPrincipal, type Principal } from './platform/principal.ts';
export { loadLogSources, readRuleFiles, type ReadRuleFiles } from './detection/index.ts';
export { loadSources, shippedSources } from './ingest/index.ts';
export { conformSources, type SetReport, type SourcesReport } from './ingest/conform/index.ts';
export { routeSources, type RouteReport, type Share } from './ingest/conform/route/index.ts';
