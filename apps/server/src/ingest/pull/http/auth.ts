import type { ConnectorSettings } from '@sallyport/contracts';
import { basic, clientToken, dropToken, type TokenCache } from '../../../platform/outbound/index.ts';
import type { Fetcher } from './request.ts';

type Settings = ConnectorSettings<'http'>;

export interface Auth {
  /** Headers of a call. May ask for a token. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** The call was answered 401. Answers whether another one may do better: with a new token. */
  refused(): boolean;
}

/** How calls of a connector sign in. */
export function authOf(settings: Settings, secret: string, fetcher: Fetcher, tokens: TokenCache): Auth {
  const fixed = (headers: Readonly<Record<string, string>>): Auth => ({
    headers: () => Promise.resolve(headers),
    refused: () => false,
  });
  switch (settings.auth) {
    case 'none':
      return fixed({});
    case 'bearer':
      return fixed({ authorization: `Bearer ${secret}` });
    case 'basic':
      return fixed({ authorization: basic(settings.user, secret) });
    case 'apiKey':
      return fixed({ [settings.authHeader.toLowerCase()]: `${settings.authPrefix} ${secret}`.trim() });
    case 'oauth2': {
      let renewed = false;
      return {
        headers: async () => ({
          authorization: `Bearer ${await clientToken(tokens, fetcher, settings, secret)}`,
        }),
        refused: () => {
          dropToken(tokens, settings, secret);
          const again = !renewed;
          renewed = true;
          return again;
        },
      };
    }
  }
}
