import { basename } from 'node:path';
import type { Upload, uploadRoutes, UploadResult } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../../platform/http/handlers.ts';
import type { Uploads } from './index.ts';

export function uploadHandlers(uploads: Uploads): Handlers<typeof uploadRoutes> {
  return {
    createUpload: async (context, { query: { name }, body }) => {
      context.audit({ target: `file ${basename(name)}` });
      const upload = await uploads.receive(body, name, requireCaller(context).name);
      context.audit({ target: `upload ${upload.id}`, details: { name: upload.name, bytes: upload.bytes } });
      return upload;
    },
    listUploads: async () => ({ uploads: await uploads.list() }),
    getUpload: (_, { params: { id } }) => uploads.get(id),
    previewUpload: (context, { params: { id }, body }) =>
      uploads.preview(id, body, { who: requireCaller(context).name, signal: context.signal }),
    loadUpload: async (context, { params: { id }, body: { choices, workspaceId } }) => {
      const upload = await uploads.load(id, choices, workspaceId);
      context.audit({
        target: `upload ${id}`,
        details: { name: upload.name, choices: Object.keys(choices).length, workspaceId: upload.workspaceId },
      });
      return upload;
    },
    cancelUpload: (context, { params: { id } }) => {
      context.audit({ target: `upload ${id}` });
      return uploads.cancel(id);
    },
  };
}

/** The answer to an upload that was loaded whole. */
export function uploadResult({ outcome, sweep, files }: Upload): UploadResult {
  const perFile = outcome?.perFile ?? [];
  return {
    files: Math.max(perFile.length, files.length),
    rows: outcome?.rows ?? 0,
    unparsed: outcome?.unparsed ?? 0,
    alerts: sweep?.alerts ?? 0,
    perFile,
  };
}
