import type { tokenRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { TokenCommands } from './tokens.ts';

export function tokenHandlers(tokens: TokenCommands): Handlers<typeof tokenRoutes> {
  return {
    listTokens: async () => ({ tokens: await tokens.list() }),
    createToken: async (context, { body }) => {
      const made = await tokens.create(requireCaller(context), body);
      const { name, scopes, expiresAt, workspaceId } = made.token;
      context.audit({ target: `token ${name}`, details: { scopes, expiresAt, workspaceId } });
      return made;
    },
    narrowToken: async (context, { params, body }) => {
      const token = await tokens.narrow(params.id, body.scopes);
      context.audit({ target: `token ${token.name}`, details: { scopes: token.scopes } });
      return { token };
    },
    revokeToken: async (context, { params }) => {
      const name = await tokens.revoke(params.id);
      context.audit({ target: `token ${name}` });
      return {};
    },
  };
}
