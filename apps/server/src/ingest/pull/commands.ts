import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  connectorKinds,
  SallyportError,
  type Connector,
  type ConnectorDraft,
  type ConnectorTest,
} from '@sallyport/contracts';
import type { Platform } from '../../platform/types.ts';
import { workspaceIdOf } from '../../platform/workspaces/index.ts';
import { previewPage } from './batch.ts';
import { told } from './errors.ts';
import { bound } from './kinds.ts';
import { withStream, type Puller } from './poll.ts';
import { pollNow } from './schedule.ts';
import { openSecrets, sealSecrets } from './secrets.ts';
import {
  changeConnector,
  connectorById,
  insertConnector,
  listConnectors,
  makeDue,
  removeConnector,
  type ConnectorRow,
  type NewConnector,
} from './store.ts';

/** What a person or a program may do with connectors. Throws SallyportError. */
export interface Connectors {
  list(): Promise<Connector[]>;
  create(draft: ConnectorDraft): Promise<Connector>;
  change(id: string, draft: ConnectorDraft): Promise<Connector>;
  /** Answers its name. */
  remove(id: string): Promise<string>;
  /** Answers its name. */
  run(id: string): Promise<string>;
  /** `id`: whose secrets are meant where the draft has none. */
  test(draft: ConnectorDraft, id: string | undefined, signal: AbortSignal): Promise<ConnectorTest>;
}

const testMs = 60_000;
/** Pages looked at for records: a listing's first page may have none that is new. */
const testPagesMax = 20;

function stateOf(row: ConnectorRow, now: Date): Connector['state'] {
  if (row.lease_until !== null && row.lease_until > now) return 'polling';
  if (!row.enabled) return 'off';
  if (row.failures > 0) return 'failing';
  if (row.last_success_at === null) return 'waiting';
  return row.caught_up ? 'healthy' : 'behind';
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

function shown(row: ConnectorRow, sealing: Platform['sealing'], now: Date): Connector {
  const known = connectorKinds[row.kind].settings.safeParse(row.settings);
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    stream: row.stream,
    timeZone: row.time_zone,
    workspaceId: row.workspace_id,
    intervalSeconds: row.interval_seconds,
    enabled: row.enabled,
    settings: known.success ? known.data : {},
    secrets: Object.keys(openSecrets(sealing, row.id, row.secrets)),
    state: stateOf(row, now),
    lastPollAt: iso(row.last_poll_at),
    lastSuccessAt: iso(row.last_success_at),
    nextPollAt: row.enabled ? iso(row.due_at) : null,
    error: row.last_error,
    note: row.last_note,
    failures: row.failures,
    rows: row.stored_rows,
    bytes: row.stored_bytes,
    newestAt: iso(row.newest_at),
  };
}

const noSuch = (): SallyportError =>
  new SallyportError('NotFound', 'there is no such connector', { target: 'params.id' });
const taken = (name: string): SallyportError =>
  new SallyportError('Conflict', `a connector is named ${name}, or there are too many`, { target: 'body.name' });

/** The secrets that were given, without those that were not. */
const givenSecrets = (draft: ConnectorDraft): Record<string, string> =>
  Object.fromEntries(
    Object.entries(draft.secrets ?? {}).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );

export function createConnectors(platform: Platform, puller: Puller): Connectors {
  const { database, clock, sealing } = platform;
  const { services } = puller;

  const checkStream = ({ stream, kind }: ConnectorDraft): void => {
    if (stream === null) return;
    if (kind === 'imap')
      throw new SallyportError('BadRequest', 'reported mail has a stream of its own', { target: 'body.stream' });
    if (!puller.core().streams.has(stream))
      throw new SallyportError('BadRequest', `there is no stream \`${stream}\``, { target: 'body.stream' });
  };

  /** Settings as they are stored. */
  const settingsOf = (draft: ConnectorDraft): unknown =>
    draft.kind === 'files' && draft.settings.computer === ''
      ? { ...draft.settings, computer: services.computer }
      : draft.settings;

  /** Those given, over those that are there; the latter only where they go to the same place as before. */
  const secretsFor = (draft: ConnectorDraft, before: ConnectorRow | undefined): Record<string, string> => {
    const given = givenSecrets(draft);
    if (before === undefined) return given;
    const kept = openSecrets(sealing, before.id, before.secrets);
    const missing = Object.keys(kept).some((name) => !(name in given));
    const moved =
      bound(before.kind, before.settings).destination() !== bound(draft.kind, settingsOf(draft)).destination();
    if (moved && missing)
      throw new SallyportError('BadRequest', 'secrets have to be given again when they go to another host', {
        target: 'body.secrets',
      });
    return { ...kept, ...given };
  };

  const prepare = (id: string, draft: ConnectorDraft, before?: ConnectorRow): NewConnector => {
    checkStream(draft);
    const settings = settingsOf(draft);
    const secrets = secretsFor(draft, before);
    bound(draft.kind, settings).check(secrets, services);
    const { kind, name, enabled, stream, timeZone, intervalSeconds } = draft;
    const workspaceId = workspaceIdOf(platform.workspaces, draft.workspaceId);
    const sealed = sealSecrets(sealing, id, secrets);
    return { id, kind, name, settings, secrets: sealed, enabled, stream, timeZone, workspaceId, intervalSeconds };
  };

  const one = async (id: string): Promise<ConnectorRow> => {
    const row = await connectorById(database, id);
    if (row === undefined) throw noSuch();
    return row;
  };

  const ofKind = async (id: string, { kind }: ConnectorDraft): Promise<ConnectorRow> => {
    const row = await one(id);
    if (row.kind !== kind)
      throw new SallyportError('BadRequest', 'a connector stays of its kind', { target: 'body.kind' });
    return row;
  };

  /** It is due: polled at once where it can be, else when the schedule looks next. */
  const begin = async (id: string, kind: ConnectorRow['kind']): Promise<void> => {
    if (kind === 'files') return puller.filesWaker.wake();
    await pollNow(platform, id).catch((err: unknown) =>
      platform.log.warn({ err }, 'a connector waits for the schedule'),
    );
  };

  return {
    list: async () => (await listConnectors(database)).map((row) => shown(row, sealing, clock.now())),
    create: async (draft) => {
      const id = randomUUID();
      if (!(await insertConnector(database, prepare(id, draft), clock.now()))) throw taken(draft.name);
      if (draft.enabled) await begin(id, draft.kind);
      return shown(await one(id), sealing, clock.now());
    },
    change: async (id, draft) => {
      const before = await ofKind(id, draft);
      const next = prepare(id, draft, before);
      const anew = bound(before.kind, before.settings).identity() !== bound(next.kind, next.settings).identity();
      await database.transaction(async (tx) => {
        const other = await tx.first('SELECT 1 FROM connectors WHERE name = $1 AND id <> $2', [draft.name, id]);
        if (other !== undefined) throw taken(draft.name);
        await changeConnector(tx, next, anew, clock.now());
      });
      if (draft.enabled) await begin(id, draft.kind);
      return shown(await one(id), sealing, clock.now());
    },
    remove: async (id) => {
      const name = await removeConnector(database, id);
      if (name === undefined) throw noSuch();
      return name;
    },
    run: async (id) => {
      const { kind, name, enabled } = await one(id);
      if (kind !== 'files') await pollNow(platform, id);
      else if (enabled) {
        await makeDue(database, id, clock.now());
        puller.filesWaker.wake();
      } else
        throw new SallyportError(
          'Conflict',
          'a connector of files is polled by its own machine, and only when it is on',
        );
      return name;
    },
    test: async (draft, id, signal) => {
      const before = id === undefined ? undefined : await ofKind(id, draft);
      checkStream(draft);
      const secrets = secretsFor(draft, before);
      const folder = join(puller.folder, randomUUID());
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const records: ConnectorTest['records'] = [];
      let note: string | null = null;
      try {
        const kind = bound(draft.kind, settingsOf(draft));
        kind.check(secrets, services);
        const pages = kind.pages({
          secrets,
          checkpoint: undefined,
          createdAt: clock.now(),
          services,
          folder,
          rehearsal: true,
          signal: AbortSignal.any([signal, puller.signal, AbortSignal.timeout(testMs)]),
          taken: () => Promise.resolve(new Set()),
        });
        let count = 0;
        for await (const page of pages) {
          note ??= page.note ?? null;
          records.push(...(await previewPage(puller.core(), withStream(page, draft.stream), draft.stream)));
          if (records.length > 0 || ++count >= testPagesMax) break;
        }
        return { error: null, note, records };
      } catch (error) {
        if (!(error instanceof SallyportError)) platform.log.warn({ err: error }, 'a test of a connector failed');
        return { error: told(error), note, records };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
