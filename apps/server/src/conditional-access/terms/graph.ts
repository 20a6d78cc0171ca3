import type { graphTermsOfUseRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../../platform/http/index.ts';
import { metadataOf, readListOptions, selected, versionOf } from '../../platform/odata/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { Author } from '../commands.ts';
import type { Terms } from './commands.ts';
import { acceptances, agreements, type AcceptanceRow, type AgreementRow, type FileRow } from './store.ts';

const path = 'identityGovernance/termsOfUse/agreements';
const acceptancesMax = 1_000;

const agreementForm = ({ id, body }: AgreementRow): Record<string, unknown> => ({
  id,
  isPerDeviceAcceptanceRequired: false,
  ...body,
});
const fileForm = (file: FileRow): Record<string, unknown> => ({
  id: file.id,
  fileName: file.fileName,
  displayName: file.displayName,
  language: file.language,
  isDefault: file.isDefault,
  isMajorVersion: false,
  createdDateTime: file.createdAt.toISOString(),
  fileData: { data: file.data.toString('base64') },
});
const acceptanceForm = (row: AcceptanceRow): Record<string, unknown> => ({
  id: row.id,
  agreementId: row.agreementId,
  agreementFileId: row.agreementFileId,
  userId: row.personId,
  userDisplayName: row.displayName,
  userPrincipalName: row.userPrincipalName,
  userEmail: row.userPrincipalName,
  recordedDateTime: row.recordedAt.toISOString(),
  expirationDateTime: row.expiresAt?.toISOString() ?? null,
  state: row.state,
});

/** Microsoft Graph's terms of use, for its unmodified clients. https://learn.microsoft.com/graph/api/resources/agreement */
export function graphTermsOfUseHandlers(
  { database }: Pick<Platform, 'database'>,
  terms: Terms,
): Handlers<typeof graphTermsOfUseRoutes> {
  const authorOf = (context: RequestContext): Author => {
    const { id, name } = requireCaller(context);
    return { id, name, ipAddress: context.ipAddress, requestId: context.requestId };
  };
  return {
    graphListAgreements: async (_context, { query, request }) => {
      const options = readListOptions(query, ['$select']);
      const value = (await agreements.all(database)).map((row) => selected(agreementForm(row), options));
      return { '@odata.context': metadataOf(request, path), value };
    },
    graphGetAgreement: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const object = selected(agreementForm(await agreements.byId(database, params.id)), options);
      return { '@odata.context': metadataOf(request, `${path}/$entity`), ...object };
    },
    graphCreateAgreement: async (context, { body, request, reply }) => {
      const made = await terms.add(body, authorOf(context));
      context.audit({ target: `terms of use ${made.id}` });
      return reply
        .code(201)
        .header('location', `https://${request.host}/${versionOf(request)}/${path}/${made.id}`)
        .send({ '@odata.context': metadataOf(request, `${path}/$entity`), ...agreementForm(made) });
    },
    graphUpdateAgreement: async (context, { params, body, reply }) => {
      await terms.update(params.id, body, authorOf(context));
      context.audit({ target: `terms of use ${params.id}` });
      return reply.code(204).send();
    },
    graphDeleteAgreement: async (context, { params, reply }) => {
      await terms.remove(params.id, authorOf(context));
      context.audit({ target: `terms of use ${params.id}` });
      return reply.code(204).send();
    },
    graphListAgreementFiles: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const { id } = await agreements.byId(database, params.id);
      const value = (await agreements.files(database, [id])).map((file) => selected(fileForm(file), options));
      return { '@odata.context': metadataOf(request, `${path}('${id}')/files`), value };
    },
    graphListAcceptances: async (_context, { params, query, request }) => {
      const options = readListOptions(query, ['$select']);
      const { id } = await agreements.byId(database, params.id);
      const rows = await acceptances.of(database, id, acceptancesMax);
      const value = rows.map((row) => selected(acceptanceForm(row), options));
      return { '@odata.context': metadataOf(request, `${path}('${id}')/acceptances`), value };
    },
  };
}
