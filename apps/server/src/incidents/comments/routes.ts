import type { attachmentRoutes, GrantedPermission } from '@sallyport/contracts';
import { create as contentDisposition } from 'content-disposition';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { knownParent } from '../parent.ts';
import { sightOf, type Sight } from '../within.ts';
import { addAttachment, attachmentContent, deleteAttachment, listAttachments } from './attachments.ts';

export function attachmentHandlers(platform: Platform): Handlers<typeof attachmentRoutes> {
  const { database } = platform;
  const sight = (context: RequestContext, by?: GrantedPermission): Sight =>
    sightOf(requireCaller(context), platform.workspaces, by);
  return {
    listAttachments: async (context, { query }) => {
      await knownParent(database, query, sight(context));
      return { attachments: await listAttachments(database, query) };
    },
    addAttachment: async (context, { query: { kind, number, name, comment }, body }) => {
      await knownParent(database, { kind, number }, sight(context, 'alerts.manage'));
      // The pipeline ends the stream past the route's limit.
      const content = Buffer.concat(await body.toArray());
      const file = { name, content, comment };
      const made = await addAttachment(platform, { kind, number }, file, requireCaller(context).name);
      context.audit({
        target: `${kind} ${number}`,
        details: { file: made.name, sha256: made.sha256, bytes: made.bytes },
      });
      return made;
    },
    downloadAttachment: async (context, { params: { id }, reply }) => {
      const { attachment, parent, content } = await attachmentContent(database, id, sight(context));
      context.audit({
        target: `${parent.kind} ${parent.number}`,
        details: { file: attachment.name, sha256: attachment.sha256 },
      });
      // It may be malware, or a page: a browser shall keep it and do nothing else with it, whatever it is.
      reply
        .header('content-type', 'application/octet-stream')
        .header('content-disposition', contentDisposition(attachment.name, { type: 'attachment' }))
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cache-control', 'no-store');
      // Sent by the pipeline, after its audit row.
      return content;
    },
    deleteAttachment: async (context, { params: { id } }) => {
      const { attachment, parent } = await deleteAttachment(platform, id, requireCaller(context).name);
      context.audit({ target: `${parent.kind} ${parent.number}`, details: { file: attachment.name } });
      return {};
    },
  };
}
