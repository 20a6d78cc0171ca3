import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startEngine, type Engine } from '@sallyport/lake';
import { systemClock } from '../platform/clock.ts';
import { publicUrlOf, type Config } from '../platform/config/index.ts';
import { createLog, type Log } from '../platform/log.ts';
import { engineUrl } from './engine-url.ts';
import { keepRunning, type Kept, type Running } from './keep-running.ts';
import { AlreadyRunning, lockDataFolder } from './lock.ts';
import { lineWriter } from './output.ts';
import { freePort, startPostgres, type EmbeddedPostgres } from './postgres.ts';
import { startServerProcess, type ServerProcess } from './server-process.ts';

export interface SupervisorOptions {
  readonly config: Config;
  /** Add the demo estate once everything runs. */
  readonly demo?: boolean;
  /** Stops everything when it aborts, like SIGTERM does. */
  readonly signal?: AbortSignal;
  /** How long the lake's engine may answer nothing before it is started again, ms. Default: a minute. */
  readonly engineSilenceMs?: number;
  /** Where the address goes, and what a person must read. Default: standard output. */
  readonly print?: (text: string) => void;
}

/**
 * Runs everything until SIGINT, SIGTERM or `signal`, and then stops everything in order. Resolves with the exit code:
 * 0 after a stop, 1 when it could not start (another one runs for the data folder, or a part failed; it has been said why).
 */
export async function runSupervisor(options: SupervisorOptions): Promise<number> {
  const print = options.print ?? ((text: string) => void process.stdout.write(`${text}\n`));
  const write = lineWriter(process.stderr);
  const log = createLog({ level: options.config.logLevel, name: 'supervisor', destination: { write } });
  const port = options.config.port === 0 ? await freePort() : options.config.port;
  const config: Config = { ...options.config, port };
  let release: () => void;
  try {
    release = lockDataFolder(config.dataDir, publicUrlOf(config));
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    print(error.message);
    return 1;
  }
  const stopAsked = untilStopAsked(options.signal);
  const parts: Kept<Running>[] = [];
  try {
    const server = await startParts(config, options, log, write, parts);
    print(announcement(config, server));
    await stopAsked.promise;
    log.info('stopping');
    return 0;
  } catch (error) {
    log.debug({ err: error }, 'could not start');
    print(`Sallyport could not start: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    // The last started is stopped first: the server needs the other two until its end.
    for (const part of parts.toReversed()) await part.stop();
    stopAsked.dispose();
    release();
  }
}

async function startParts(
  config: Config,
  { demo = false, engineSilenceMs }: Pick<SupervisorOptions, 'demo' | 'engineSilenceMs'>,
  log: Log,
  write: (line: string) => void,
  parts: Kept<Running>[],
): Promise<ServerProcess> {
  const silence = engineSilenceMs === undefined ? {} : { silenceMs: engineSilenceMs };
  const keep = async <R extends Running>(name: string, start: () => Promise<R>): Promise<Kept<R>> => {
    const kept = await keepRunning({ name, start, clock: systemClock, log, ...silence });
    parts.push(kept);
    return kept;
  };
  const [postgres, engine] = await allOrThrow([
    config.databaseUrl === '' ? keep('PostgreSQL', postgresStarter(config, log)) : undefined,
    config.lakeUrl === '' ? keep('the lake engine', engineStarter(config, log)) : undefined,
  ] as const);
  const server = await keep('the server', () =>
    startServerProcess(
      {
        type: 'start',
        demo,
        postgresPidFile: postgres?.current.pidFile,
        embeddedLake: engine && { groupId: engine.current.gid },
        config: {
          ...config,
          databaseUrl: postgres?.current.url ?? config.databaseUrl,
          lakeUrl: engine ? engineUrl(engine.current) : config.lakeUrl,
        },
      },
      write,
    ),
  );
  return server.current;
}

/** Like Promise.all, but waits for all before it throws: a part that is still starting must be there to be stopped. */
async function allOrThrow<A, B>(pair: readonly [A, B]): Promise<[Awaited<A>, Awaited<B>]> {
  await Promise.allSettled(pair);
  return Promise.all(pair);
}

/** Every start takes the port of the first, so that the URL given to the server stays good. */
function postgresStarter(config: Config, log: Log): () => Promise<EmbeddedPostgres> {
  let port: number | undefined;
  return async () => {
    const postgres = await startPostgres({ dataDir: config.dataDir, log, ...(port === undefined ? {} : { port }) });
    port = Number(new URL(postgres.url).port);
    return postgres;
  };
}

function engineStarter(config: Config, log: Log): () => Promise<Engine> {
  const spoolDir = join(config.dataDir, 'spool');
  const password = randomBytes(32).toString('base64url');
  let port = 0;
  return async () => {
    mkdirSync(spoolDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    const engine = await startEngine({
      dataDir: join(config.dataDir, 'lake'),
      spoolDir,
      ...(config.lakeColdDir === '' ? {} : { coldDir: config.lakeColdDir }),
      port,
      password,
      log: (line) => log.debug({ process: 'engine' }, line),
    });
    port = engine.port;
    return engine;
  };
}

function announcement(config: Config, server: ServerProcess): string {
  const lines = [`Sallyport is ready at ${server.address}`];
  if (config.tlsCertificateFile === '')
    lines.push(`  its own certificate authority, for browsers to trust: ${join(config.dataDir, 'tls', 'ca.pem')}`);
  if (server.setupLink !== undefined)
    lines.push('  make the first administrator (one use, good for 24 hours):', `  ${server.setupLink}`);
  return lines.join('\n');
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves on the first SIGINT, SIGTERM, SIGHUP or abort. A second signal ends the process at once; its children end with it. */
function untilStopAsked(signal: AbortSignal | undefined): { promise: Promise<void>; dispose: () => void } {
  const asked = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = () => {
    signals++;
    if (signals > 1) process.exit(130);
    asked.resolve();
  };
  const onAbort = () => asked.resolve();
  for (const name of stopSignals) process.on(name, onSignal);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    promise: asked.promise,
    dispose: () => {
      for (const name of stopSignals) process.off(name, onSignal);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
