import { readFileSync } from 'node:fs';
import { createServer } from './app.ts';
import { ConfigError, loadConfig, publicUrlOf } from './platform/config/index.ts';
import { openPlatform } from './platform/create.ts';
import { createLog } from './platform/log.ts';
import { isStartMessage, type ServerMessage, type StartMessage } from './supervisor/messages.ts';

/** The server process. Under a supervisor it is told its configuration; alone it reads it, and needs DATABASE_URL and LAKE_URL. */
async function receiveStart(): Promise<StartMessage> {
  if (process.send) {
    const { promise, resolve } = Promise.withResolvers<StartMessage>();
    process.on('message', (message) => {
      if (isStartMessage(message)) resolve(message);
    });
    return promise;
  }
  const config = loadConfig();
  for (const key of ['databaseUrl', 'lakeUrl'] as const)
    if (config[key] === '') throw new ConfigError(`setting \`${key}\` must be given to a server without a supervisor`);
  return { type: 'start', config, demo: false, postgresPidFile: undefined, embeddedLake: undefined };
}

/** Beyond the drain: what waits for an engine that is gone is given up then. */
const stopPatienceMs = 5_000;

const tell = (message: ServerMessage): void => void process.send?.(message);

async function main(): Promise<void> {
  const { config, demo, postgresPidFile, embeddedLake } = await receiveStart();
  const log = createLog({ level: config.logLevel });
  const stopAsked = Promise.withResolvers<'asked' | 'orphaned'>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopAsked.resolve('asked'));
  process.on('disconnect', () => stopAsked.resolve('orphaned'));
  const die = (err: unknown) => {
    log.fatal({ err }, 'the server process fails');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  const platform = await openPlatform({ config, log, embeddedLake, processMetrics: true });
  const server = await createServer(platform, { demo });
  await server.start();
  log.info({ address: publicUrlOf(config) }, 'ready');
  const setupLink = await server.issueSetupLink();
  tell({ type: 'ready', address: publicUrlOf(config), ...(setupLink === undefined ? {} : { setupLink }) });
  if (!process.send && setupLink !== undefined) process.stderr.write(`first administrator: ${setupLink}\n`);

  const why = await stopAsked.promise;
  log.info({ why }, 'stopping');
  const cutOff = setTimeout(() => {
    log.error('not everything ended in time');
    if (why === 'orphaned') endOrphan(postgresPidFile);
    process.exit(1);
  }, config.drainTime + stopPatienceMs);
  await server.stop();
  await platform.close();
  clearTimeout(cutOff);
  if (why === 'orphaned') endOrphan(postgresPidFile);
}

function endOrphan(postgresPidFile: string | undefined): void {
  if (postgresPidFile === undefined) return;
  try {
    const pid = Number(readFileSync(postgresPidFile, 'utf8').split('\n', 1)[0]);
    if (Number.isInteger(pid) && pid > 1) process.kill(pid, 'SIGINT');
  } catch {
    // It has ended already.
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: 'failed', message });
  if (!process.send) process.stderr.write(`sallyport server: ${message}\n`);
  // Leaves the message the time to go out.
  setTimeout(() => process.exit(1), 100);
}
