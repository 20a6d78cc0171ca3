/** A server with ingest and jobs but no HTTP, for takeover.test.ts and pages.test.ts. Its argument: settings as JSON. Told by messages which connector to poll. */
import { randomUUID } from 'node:crypto';
import { createDomains } from '../../../domains.ts';
import { loadConfig } from '../../../platform/config/index.ts';
import { openPlatform } from '../../../platform/create.ts';
import { silentLog } from '../../../platform/log.ts';

const [, , settings = '{}'] = process.argv;
const platform = await openPlatform({
  config: loadConfig({ flags: JSON.parse(settings) as Record<string, string>, environment: {}, file: '' }),
  log: silentLog,
  heartbeat: { beat: 200, deadAfter: 1_000 },
});
const { ingest } = await createDomains(platform, { scheduled: false });
await ingest.start();
process.on('message', (id: string) => {
  void platform.jobs.start('connector-poll', `connector:${id}:${randomUUID()}`, { id, asked: true });
});
process.on('disconnect', () => process.exit());
await platform.jobs.launch();
process.send?.('ready');
