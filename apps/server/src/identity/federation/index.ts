import type { federationRoutes, graphFederationRoutes } from '@sallyport/contracts';
import type { Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import type { SignIn } from '../sign-in.ts';
import { createAccounts, type AccountsNeeds } from './accounts.ts';
import { createProviderCommands } from './commands.ts';
import { createOpenIdPeers } from './connect.ts';
import { createFlow } from './flow.ts';
import { graphFederationHandlers } from './graph.ts';
import { federationHandlers } from './routes.ts';

export interface Federation {
  readonly handlers: Handlers<typeof federationRoutes>;
  /** For clients of Microsoft Graph. */
  readonly graph: Handlers<typeof graphFederationRoutes>;
}

/** Identity providers elsewhere, by which people sign in here. */
export function createFederation(
  platform: Platform,
  { signIn, ...accounts }: AccountsNeeds & { readonly signIn: SignIn },
): Federation {
  const commands = createProviderCommands(platform);
  const peers = createOpenIdPeers(platform.clock);
  const flow = createFlow(platform, { peers, signIn, accounts: createAccounts(platform, accounts) });
  return {
    handlers: federationHandlers(platform, { commands, peers, flow }),
    graph: graphFederationHandlers(platform, commands),
  };
}
