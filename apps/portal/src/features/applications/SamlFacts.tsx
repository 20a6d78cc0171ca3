import type { SamlEndpoints, SamlSettings } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Copyable, CopyButton } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Section } from '../../shared/Section.tsx';
import { visible } from '../../shared/text.ts';

/** Of an application that speaks SAML: what its administrators are told of us, and what is known of it. */
export function SamlFacts({ settings, endpoints }: { settings: SamlSettings; endpoints: SamlEndpoints }): ReactElement {
  const copy = (text: string, label: string) => <Copyable key={label} text={text} label={label} />;
  const { signingCertificates, requireSignedRequests } = settings;
  return (
    <>
      <Section title="For the application">
        <Facts
          facts={[
            ['Metadata', copy(endpoints.metadata, 'the address of the metadata')],
            ['Entity ID', copy(endpoints.entityId, 'the entity ID of Sallyport')],
            ['Sign-in', copy(endpoints.singleSignOn, 'the sign-in address')],
            ['Sign-out', copy(endpoints.singleLogout, 'the sign-out address')],
            ['Link for people', copy(endpoints.start, 'the link')],
            ['Certificate', <CopyButton key="certificate" text={endpoints.certificate} label="the certificate" />],
          ]}
        />
      </Section>
      <Section title="The application">
        <Facts
          facts={[
            ['Entity ID', copy(settings.entityId, 'its entity ID')],
            ['Responses go to', visible(settings.assertionConsumers.map(({ url }) => url).join('\n'), { lines: true })],
            ['Signs out at', settings.singleLogoutUrl === null ? 'nowhere' : visible(settings.singleLogoutUrl)],
            [
              'Requests',
              requireSignedRequests
                ? 'signed, or refused'
                : signingCertificates.length > 0
                  ? 'signed or not'
                  : 'not signed',
            ],
            ['Assertions', settings.encryptionCertificate === null ? 'signed' : 'signed and encrypted'],
            ['Name', settings.nameIdFormat],
            ...settings.attributes.map(({ name, source }) => [source, visible(name)] as const),
          ]}
        />
      </Section>
    </>
  );
}
