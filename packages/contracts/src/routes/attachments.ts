import { z } from 'zod';
import { route } from '../route.ts';
import { WorkParentQuery } from './tasks.ts';

export const attachmentBytesMax = 10 * 1024 ** 2;
export const attachmentsMax = 50;

export const Attachment = z.object({
  id: z.uuid(),
  name: z.string(),
  /** By its first bytes, not by what its sender said; `application/octet-stream` when they tell nothing. */
  mediaType: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  /** The comment that it came with. */
  comment: z.uuid().nullable(),
  at: z.iso.datetime(),
  by: z.string(),
});
export type Attachment = z.infer<typeof Attachment>;

export const attachmentRoutes = {
  listAttachments: route({
    method: 'GET',
    path: '/api/attachments',
    permission: 'securityData.read',
    summary: 'Files attached to an incident or case',
    query: WorkParentQuery,
    response: z.object({ attachments: z.array(Attachment) }),
  }),
  addAttachment: route({
    method: 'POST',
    path: '/api/attachments',
    permission: 'alerts.manage',
    summary: 'Attach a file, its bytes as the body: 10 MiB at most, 50 files and 100 MiB an incident or case',
    query: WorkParentQuery.extend({
      name: z.string().trim().min(1).max(255),
      comment: z.uuid().optional().describe('Of the same incident or case'),
    }),
    body: 'raw',
    bodyLimit: attachmentBytesMax,
    response: Attachment,
  }),
  downloadAttachment: route({
    method: 'GET',
    path: '/api/attachments/:id',
    permission: 'securityData.read',
    summary: 'The file, always as a download; audited',
    params: z.object({ id: z.uuid() }),
    response: 'raw',
  }),
  deleteAttachment: route({
    method: 'DELETE',
    path: '/api/attachments/:id',
    permission: 'alerts.manage',
    summary: 'Delete an attached file, by who attached it',
    params: z.object({ id: z.uuid() }),
    response: z.object({}),
  }),
} as const;
