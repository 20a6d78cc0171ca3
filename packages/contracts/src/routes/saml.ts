import { z } from 'zod';
import { route } from '../route.ts';
import { SamlEndpoints, SamlSettings } from '../saml.ts';
import { Interaction, InteractionQuery } from './openid-interaction.ts';

const params = z.object({ id: z.uuid() });
const uid = z.object({ uid: z.string().regex(/^[\w-]{43}$/) });
const manage = { permission: 'applications.manage' } as const;

export const samlRoutes = {
  samlMetadata: route({
    method: 'GET',
    path: '/saml2/metadata',
    permission: 'public',
    summary: 'Metadata of the SAML identity provider',
    response: 'raw',
  }),
  readSamlMetadata: route({
    ...manage,
    method: 'POST',
    path: '/api/saml/metadata',
    summary: 'What a service provider’s metadata says, from its text or its address',
    body: z.union([
      z.object({ xml: z.string().min(1).max(524_288) }),
      z.object({ url: z.url({ protocol: /^https$/ }).max(2_048) }),
    ]),
    response: SamlSettings,
  }),
  createSamlApplication: route({
    ...manage,
    method: 'POST',
    path: '/api/saml/applications',
    summary: 'Register an application that people sign in to by SAML',
    body: z.object({ displayName: z.string().trim().min(1).max(256), settings: SamlSettings }),
    response: z.object({ id: z.uuid(), appId: z.uuid() }),
  }),
  getSamlApplication: route({
    method: 'GET',
    path: '/api/saml/applications/:id',
    permission: 'applications.read',
    summary: 'How people sign in to one application by SAML; null: they do not',
    params,
    response: z.object({ settings: SamlSettings.nullable(), endpoints: SamlEndpoints.nullable() }),
  }),
  updateSamlApplication: route({
    ...manage,
    method: 'PUT',
    path: '/api/saml/applications/:id',
    summary: 'Change how people sign in to one application by SAML',
    params,
    body: SamlSettings,
    response: SamlSettings,
  }),
  getSamlInteraction: route({
    method: 'GET',
    path: '/saml2/interaction/:uid/details',
    permission: 'public',
    summary: 'What an application asks of the person in this browser, by SAML',
    params: uid,
    query: InteractionQuery,
    response: Interaction,
  }),
  answerSamlInteraction: route({
    method: 'POST',
    path: '/saml2/interaction/:uid/answer',
    permission: 'public',
    summary: 'Go on with the session of this browser, accept terms, or turn back; answers where to go',
    params: uid,
    body: z.object({ answer: z.enum(['continue', 'accept', 'cancel']) }),
    response: z.object({ location: z.string() }),
  }),
} as const;
