import { Classification, ClassificationReason, IncidentStatus, SallyportError, Severity } from '@sallyport/contracts';
import { z } from 'zod';
import { readBody } from '../../../platform/arm/index.ts';
import type { NewIncident } from '../../manual.ts';

/** What a client puts. What is read-only in its objects is passed over, as that service does. */

const etag = z.string().max(256).nullish();
const time = z.iso.datetime({ offset: true }).nullish();
const Owner = z.object({
  assignedTo: z.string().max(512).nullish(),
  email: z.string().max(512).nullish(),
  userPrincipalName: z.string().max(512).nullish(),
  objectId: z.string().max(512).nullish(),
});
const IncidentBody = z.object({
  etag,
  properties: z.object({
    title: z.string().trim().min(1).max(512),
    description: z.string().max(5_000).nullish(),
    severity: Severity,
    status: IncidentStatus,
    classification: Classification.nullish(),
    classificationReason: ClassificationReason.nullish(),
    classificationComment: z.string().max(30_000).nullish(),
    owner: Owner.nullish(),
    labels: z
      .array(z.object({ labelName: z.string().min(1).max(64) }))
      .max(50)
      .nullish(),
    firstActivityTimeUtc: time,
    lastActivityTimeUtc: time,
  }),
});
const CommentBody = z.object({ etag, properties: z.object({ message: z.string().trim().min(1).max(30_000) }) });
const RelationBody = z.object({ properties: z.object({ relatedResourceId: z.string().max(2_048) }) });

export interface PutIncident extends Omit<NewIncident, 'name' | 'workspaceId'> {
  readonly etag: string | undefined;
}

/** Properties that are left out stay as they are. Throws BadRequest. */
export function incidentBody(body: unknown): PutIncident {
  const { etag: given, properties } = readBody(IncidentBody, body);
  const { owner, labels, classification, classificationReason, classificationComment, description } = properties;
  return {
    etag: given ?? undefined,
    firstActivity: dateOf(properties.firstActivityTimeUtc),
    lastActivity: dateOf(properties.lastActivityTimeUtc),
    change: {
      title: properties.title,
      severity: properties.severity,
      status: properties.status,
      ...(typeof description === 'string' ? { description } : {}),
      ...(classification ? { classification } : {}),
      ...(classificationReason ? { classificationReason } : {}),
      ...(typeof classificationComment === 'string' ? { classificationComment } : {}),
      ...(owner ? { owner: owner.userPrincipalName ?? owner.email ?? owner.assignedTo ?? owner.objectId ?? null } : {}),
      ...(labels ? { labels: labels.map(({ labelName }) => labelName) } : {}),
    },
  };
}

const dateOf = (text: string | null | undefined): Date | undefined => (text ? new Date(text) : undefined);

/** Throws BadRequest. */
export function commentBody(body: unknown): { readonly message: string; readonly etag: string | undefined } {
  const { etag: given, properties } = readBody(CommentBody, body);
  return { message: properties.message, etag: given ?? undefined };
}

/** The id of the alert that a relation is to. Throws BadRequest for other things. */
export function relatedAlert(body: unknown): string {
  const { relatedResourceId } = readBody(RelationBody, body).properties;
  const [, id] = /\/entities\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(relatedResourceId) ?? [];
  if (id !== undefined) return id.toLowerCase();
  throw new SallyportError('BadRequest', 'relatedResourceId: the id of an alert (`…/entities/<GUID>`) is expected');
}
