import type { sourceEditorRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/handlers.ts';
import type { Clock } from '../../platform/clock.ts';
import type { IngestCore } from '../core.ts';
import type { PreviewOptions } from '../preview/preview.ts';
import { tryDraft } from './draft.ts';
import type { OwnSources } from './own-sources.ts';

const asked = (context: RequestContext): PreviewOptions => ({
  who: requireCaller(context).name,
  signal: context.signal,
});

export function sourceEditorHandlers(services: {
  readonly core: () => IngestCore;
  readonly own: OwnSources;
  readonly clock: Clock;
}): Handlers<typeof sourceEditorRoutes> {
  const { core, own, clock } = services;
  return {
    listStreams: () => ({
      streams: core().streams.sources.flatMap((source) =>
        source.streams.map(({ name, format, flows }) => ({
          stream: name,
          source: source.id,
          sourceName: source.name,
          format,
          tables: [...new Set(flows.map((f) => f.table))],
        })),
      ),
    }),
    getSourceFiles: async (_, { params: { id }, query: { shipped } }) => ({
      id,
      ...(await own.filesOf(id, shipped === 'true')),
    }),
    tryDraft: (context, { body: { draft, sample } }) =>
      tryDraft(core(), draft, sample, { ...asked(context), now: () => clock.now() }),
    checkSource: async (context, { body: { id, files, record } }) => {
      const { problems, fixtures, notes, files: recorded } = await own.check(id, files, record, asked(context));
      return { problems, fixtures, notes, files: recorded };
    },
    listOwnSources: async () => ({ sources: await own.list() }),
    saveOwnSource: async (context, { params: { id }, body }) => {
      context.audit({ target: `source ${id}`, details: { before: body.version, note: body.note } });
      const saved = await own.save({ id, ...body }, requireCaller(context).name, asked(context));
      context.audit({ target: `source ${id}`, details: { version: saved.version, note: body.note } });
      return saved;
    },
    setOwnSource: (context, { params: { id }, body: { enabled } }) => {
      context.audit({ target: `source ${id}`, details: { enabled } });
      return own.setEnabled(id, enabled, requireCaller(context).name);
    },
    listOwnSourceVersions: async (_, { params: { id } }) => ({
      versions: (await own.versions(id)).map(({ version, note, saved_at, saved_by }) => ({
        version,
        note,
        savedAt: saved_at.toISOString(),
        savedBy: saved_by,
      })),
    }),
    getOwnSourceVersion: async (_, { params: { id, version } }) => ({ files: await own.version(id, version) }),
    revertOwnSource: async (context, { params: { id }, body: { version } }) => {
      context.audit({ target: `source ${id}`, details: { backTo: version } });
      return own.revert(id, version, requireCaller(context).name, asked(context));
    },
    exportOwnSource: async (context, { params: { id }, reply }) => {
      context.audit({ target: `source ${id}` });
      const zip = await own.export(id);
      return reply
        .header('content-type', 'application/zip')
        .header('content-disposition', `attachment; filename="${id}.zip"`)
        .send(Buffer.from(zip));
    },
    deleteOwnSource: async (context, { params: { id } }) => {
      context.audit({ target: `source ${id}` });
      await own.remove(id);
      return {};
    },
  };
}
