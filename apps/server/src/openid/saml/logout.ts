import { deflateRawSync } from 'node:zlib';
import type { Platform } from '../../platform/types.ts';
import type { From } from '../provider/sign-in-rows.ts';
import { formPage } from './form.ts';
import type { SamlKeys } from './keys.ts';
import { claimedIssuer, readLogoutRequest, requestLifetimeMs, xmlOf, type Arrived } from './messages.ts';
import type { Addresses } from './metadata.ts';
import { logoutResponse } from './response.ts';
import { signedQuery, signXml } from './signature.ts';
import { samlApplications, samlSessions, takeMessage } from './store.ts';
import { malformed } from './xml.ts';

/** Single logout that an application asks for: the sign-in to Sallyport ends, and all that stands on it here. */
export function createSamlLogout({ database, clock, audit }: Platform, keys: SamlKeys, addresses: Addresses) {
  return {
    /** Answers where the browser goes, or the page that takes the answer there; undefined: the application wants none. Throws BadRequest. */
    async end(
      arrived: Arrived,
      from: From,
    ): Promise<{ readonly location: string } | { readonly html: string } | undefined> {
      // prettier-ignore
      const { xml, relayState } = xmlOf(arrived);
      const entityId = claimedIssuer(xml);
      const saml = entityId === undefined ? undefined : await samlApplications.ofEntity(database, entityId);
      if (!saml) throw malformed('the application is not known');
      const now = clock.now();
      const { appId, settings } = saml;
      const request = readLogoutRequest(arrived, xml, settings, { destination: addresses.singleLogout, now });
      if (!(await takeMessage(database, appId, request.id, new Date(now.getTime() + 2 * requestLifetimeMs))))
        throw malformed('the request was taken before');
      const meant = await samlSessions.meant(database, appId, request.nameId, request.sessionIndex);
      const partial = await samlSessions.shared(database, meant.map(({ sessionId }) => sessionId), appId); // prettier-ignore
      for (const { sessionId, name } of meant)
        await database.transaction(async (tx) => {
          await tx.execute('UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL', [
            sessionId,
            now,
          ]);
          await audit.record(
            {
              actor: name,
              operation: 'SignOut',
              target: `session ${sessionId}`,
              result: 'success',
              ipAddress: from.ipAddress,
              requestId: from.requestId,
              details: { appId, protocol: 'saml20' },
            },
            tx,
          );
        });
      if (settings.singleLogoutUrl === null) return undefined;
      const { signer } = await keys.current();
      const answer = logoutResponse(
        { issuer: addresses.entityId, acsUrl: settings.singleLogoutUrl, inResponseTo: request.id, now },
        partial,
      );
      const carried = relayState === undefined ? {} : { relayState };
      if (settings.singleLogoutBinding === 'post') {
        const response = Buffer.from(signXml(answer, signer)).toString('base64');
        return { html: formPage({ title: 'Signing out', url: settings.singleLogoutUrl, response, ...carried }) };
      }
      const url = new URL(settings.singleLogoutUrl);
      const query = signedQuery({ SAMLResponse: deflateRawSync(answer).toString('base64'), ...(relayState === undefined ? {} : { RelayState: relayState }) }, signer); // prettier-ignore
      return { location: `${url.href}${url.search === '' ? '?' : '&'}${query}` };
    },
  };
}
export type SamlLogout = ReturnType<typeof createSamlLogout>;
