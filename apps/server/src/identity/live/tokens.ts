import type { AskForToken } from '../../access/index.ts';
import { challengeOf, sallyportApplication, type Gate } from '../../conditional-access/index.ts';
import type { Platform } from '../../platform/types.ts';
import { methodModes } from '../method-modes.ts';
import { recordLive } from './log.ts';

/**
 * What Conditional Access says of a token: it stands for its person, with the factors of the session in which it was made. How long ago that was does not
 * count, since a token has an end of its own.
 */
export const createAskForToken =
  (platform: Pick<Platform, 'outbox' | 'clock'>, gate: Gate): AskForToken =>
  async (token, from) => {
    const { personId, method, deviceId, aaguid } = token;
    const at = platform.clock.now();
    const answer = await gate.ask({
      userId: personId,
      applicationId: sallyportApplication,
      methods: method === null ? [] : methodModes[method],
      ipAddress: from.ipAddress,
      userAgent: from.userAgent,
      clientAppType: 'mobileAppsAndDesktopClients',
      signInRequestId: '',
      ...(deviceId === null ? {} : { deviceId }),
      ...(aaguid === null ? {} : { aaguid }),
      at,
    });
    const challenge = challengeOf(answer);
    return {
      asOf: answer.asOf,
      challenge,
      reasons: answer.reasons.slice(0, 20).map(({ message }) => message),
      record: (requestId, tx) =>
        recordLive(
          platform,
          {
            outcome: challenge?.code ?? '0',
            person: {
              id: personId,
              userPrincipalName: token.userPrincipalName ?? '',
              displayName: token.displayName ?? '',
            },
            method: method ?? undefined,
            sessionId: token.id,
            token: true,
            ...from,
            requestId,
            access: answer,
          },
          tx,
        ),
    };
  };
