import { mkdtemp, mkdir, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalogue, Lake, startEngine, type Engine, type EngineOptions, type LakeOptions } from '@sallyport/lake';

export interface TestLake {
  readonly lake: Lake;
  readonly engine: Engine;
  /** Where segments may stand that the engine reads. */
  readonly spoolDir: string;
  /** Another lake on the same engine: another workspace, another transport. Closed by `stop`. */
  connect(options?: Partial<LakeOptions>): Promise<Lake>;
  /** Ends the engine and deletes its folder. */
  stop(): Promise<void>;
}

let shipped: Promise<Catalogue> | undefined;

/** An engine of its own in a temporary folder, and a lake on it with the shipped catalogue (or the one given). Start it once a test file: 0.4 s. */
export async function startTestLake(
  options: { catalogue?: Catalogue; workspace?: string; engine?: Partial<EngineOptions> } = {},
): Promise<TestLake> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-lake-'));
  // The engine runs as another user when we are root, and must be able to pass.
  await chmod(folder, 0o711);
  const spoolDir = join(folder, 'spool');
  await mkdir(spoolDir, { mode: 0o711 });
  await chmod(spoolDir, 0o711);
  const engine = await startEngine({
    dataDir: join(folder, 'engine'),
    spoolDir,
    poolSize: 4,
    ...options.engine,
  });
  const catalogue = options.catalogue ?? (await (shipped ??= Catalogue.load()));
  const lakes: Lake[] = [];
  const connect = async (more: Partial<LakeOptions> = {}): Promise<Lake> => {
    const { url, username, password } = engine;
    const workspace = options.workspace ?? 'main';
    const lake = await Lake.connect({ url, username, password, workspace, catalogue, transport: 'file', ...more });
    lakes.push(lake);
    return lake;
  };
  return {
    lake: await connect(),
    engine,
    spoolDir,
    connect,
    stop: async () => {
      await Promise.all(lakes.map((lake) => lake.close()));
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
