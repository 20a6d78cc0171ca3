import { CloudSettings, SallyportError, type cloudAccessRoutes } from '@sallyport/contracts';
import type { Handlers, RequestContext } from '../../platform/http/index.ts';
import { TokenCache } from '../../platform/outbound/index.ts';
import type { Platform } from '../../platform/types.ts';
import { askerOf } from '../caller.ts';
import { principalIdOf } from '../targets.ts';
import type { Asker } from '../types.ts';
import { openAzure } from './azure/index.ts';
import { createConnections, secretPurpose } from './connections.ts';
import { createProvisioning } from './provision.ts';
import { CloudError, type Cloud } from './types.ts';

const askMs = 20_000;

export interface Clouds {
  readonly handlers: Handlers<typeof cloudAccessRoutes>;
  /** Writes into clouds what has begun, and takes away what is over. Answers how many were tried. */
  provision(stop: AbortSignal): Promise<number>;
}

/** Connections to clouds, and the roles there that privileged access gives and takes away. */
export function createClouds(platform: Platform): Clouds {
  const { database, clock, sealing } = platform;
  const tokens = new TokenCache(clock);
  const open = (account: { id: string; settings: unknown; secret_sealed: Buffer }): Cloud => {
    const settings = CloudSettings.parse(account.settings);
    const secret = sealing.open(account.secret_sealed, secretPurpose(account.id)).toString();
    switch (settings.provider) {
      case 'azure':
        return openAzure(settings, secret, { clock, tokens });
    }
  };
  const connections = createConnections(platform);
  const { provision } = createProvisioning({ platform, open });

  /** Who gives cloud roles gives over everything that a connection reaches. */
  const manager = async (context: RequestContext): Promise<Asker> => {
    const asker = await askerOf(database, context);
    if (!asker.manages)
      throw new SallyportError('Forbidden', 'this needs the permission `authorization.manage` over everything');
    return asker;
  };

  return {
    provision,
    handlers: {
      listCloudConnections: async () => ({ connections: await connections.list() }),
      createCloudConnection: async (context, { body }) => {
        const connection = await connections.create(body, await manager(context));
        context.audit({ target: `cloud ${connection.name}` });
        return { connection };
      },
      updateCloudConnection: async (context, { params, body }) => {
        const connection = await connections.update(params.id, body, await manager(context));
        context.audit({ target: `cloud ${connection.name}` });
        return { connection };
      },
      removeCloudConnection: async (context, { params }) => {
        await connections.remove(params.id, await manager(context));
        context.audit({ target: `cloud ${params.id}` });
        return {};
      },
      listCloudRoleDefinitions: async (context, { params, body }) => {
        await manager(context);
        context.audit({ target: `cloud ${params.id}`, details: { scope: body.scope } });
        const cloud = open(await connections.over(params.id, body.scope));
        try {
          const signal = AbortSignal.any([context.signal, AbortSignal.timeout(askMs)]);
          return { definitions: [...(await cloud.definitions(body.scope, signal))] };
        } catch (error) {
          if (error instanceof CloudError) throw new SallyportError('BadRequest', error.message, { cause: error });
          throw error;
        }
      },
      addCloudRole: async (context, { params, body }) => {
        const role = await connections.addRole(params.id, body, await manager(context));
        context.audit({ target: `cloud role ${role.name}` });
        return { role };
      },
      removeCloudRole: async (context, { params }) => {
        await connections.removeRole(params.id, params.roleId, await manager(context));
        context.audit({ target: `cloud role ${params.roleId}` });
        return {};
      },
      setCloudIdentity: async (context, { params, body }) => {
        const by = await manager(context);
        await connections.setIdentity(params.id, await principalIdOf(database, body.principal), body.externalId, by);
        context.audit({ target: `cloud ${params.id}`, details: { principal: body.principal } });
        return {};
      },
    },
  };
}
