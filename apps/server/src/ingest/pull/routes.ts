import type { connectorRoutes } from '@sallyport/contracts';
import type { Config } from '../../platform/config/index.ts';
import type { Handlers } from '../../platform/http/handlers.ts';
import type { Connectors } from './commands.ts';

export function connectorHandlers(connectors: Connectors, config: Config): Handlers<typeof connectorRoutes> {
  const allowed = {
    hosts: [...config.connectorHosts, ...config.connectorInternalHosts],
    folders: [...config.connectorFolders],
  };
  return {
    listConnectors: async () => ({ connectors: await connectors.list(), allowed }),
    createConnector: async (context, { body }) => {
      context.audit({
        target: `connector ${body.name}`,
        details: { kind: body.kind, settings: body.settings, workspaceId: body.workspaceId },
      });
      return connectors.create(body);
    },
    updateConnector: async (context, { params: { id }, body }) => {
      const { kind, settings, enabled, workspaceId } = body;
      const secrets = Object.keys(body.secrets ?? {});
      context.audit({
        target: `connector ${body.name}`,
        details: { id, kind, settings, enabled, workspaceId, secrets },
      });
      return connectors.change(id, body);
    },
    deleteConnector: async (context, { params: { id } }) => {
      context.audit({ target: `connector ${await connectors.remove(id)}`, details: { id } });
      return {};
    },
    runConnector: async (context, { params: { id } }) => {
      context.audit({ target: `connector ${await connectors.run(id)}`, details: { id } });
      return {};
    },
    testConnector: async (context, { query, body }) => {
      context.audit({ target: `connector ${body.name}`, details: { kind: body.kind, settings: body.settings } });
      return connectors.test(body, query.id, context.signal);
    },
  };
}
