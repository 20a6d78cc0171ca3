/** A server that does nothing but run jobs, for uploads.test.ts. Its arguments: settings as JSON, and a folder of rules. Told by messages which upload to queue. */
import { createDomains } from '../../domains.ts';
import { loadConfig } from '../../platform/config/index.ts';
import { openPlatform } from '../../platform/create.ts';
import { silentLog } from '../../platform/log.ts';

const [, , settings = '{}', rules = ''] = process.argv;
const platform = await openPlatform({
  config: loadConfig({ flags: JSON.parse(settings) as Record<string, string>, environment: {}, file: '' }),
  log: silentLog,
  heartbeat: { beat: 200, deadAfter: 1_000 },
});
await createDomains(platform, { ruleFolders: [rules] });
process.on('message', (id: string) => {
  void platform.jobs.start('upload-sweep', `upload:${id}`, { uploadId: id });
});
process.on('disconnect', () => process.exit());
await platform.jobs.launch();
process.send?.('ready');
