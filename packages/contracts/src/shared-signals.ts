import { z } from 'zod';

/** Shared Signals Framework 1.0, CAEP 1.0 and RISC, in their own words. https://openid.net/specs/openid-sharedsignals-framework-1_0-final.html */

const caep = (name: string) => `https://schemas.openid.net/secevent/caep/event-type/${name}`;
const risc = (name: string) => `https://schemas.openid.net/secevent/risc/event-type/${name}`;
const ssf = (name: string) => `https://schemas.openid.net/secevent/ssf/event-type/${name}`;

/** Addresses of event types, by the last part of each. */
export const signalEvents = {
  'session-revoked': caep('session-revoked'),
  'token-claims-change': caep('token-claims-change'),
  'credential-change': caep('credential-change'),
  'assurance-level-change': caep('assurance-level-change'),
  'device-compliance-change': caep('device-compliance-change'),
  'risk-level-change': caep('risk-level-change'),
  'account-disabled': risc('account-disabled'),
  'account-enabled': risc('account-enabled'),
  'credential-compromise': risc('credential-compromise'),
} as const;
export type SignalKind = keyof typeof signalEvents;
/** About a stream itself; every stream gets them. */
export const streamEvents = { verification: ssf('verification'), updated: ssf('stream-updated') } as const;

export const deliveryMethods = { push: 'urn:ietf:rfc:8935', poll: 'urn:ietf:rfc:8936' } as const;

const text = z.string().min(1).max(512);
/** RFC 9493. */
const SimpleSubject = z.union([
  z.object({ format: z.literal('email'), email: text }),
  z.object({ format: z.literal('iss_sub'), iss: text, sub: text }),
  z.object({ format: z.literal('opaque'), id: text }),
]);
export type SimpleSubject = z.infer<typeof SimpleSubject>;
/** SSF 1.0, 3. */
export const Subject = z.union([
  SimpleSubject,
  z.object({
    format: z.literal('complex'),
    user: SimpleSubject.optional(),
    device: SimpleSubject.optional(),
    session: SimpleSubject.optional(),
  }),
]);
export type Subject = z.infer<typeof Subject>;

const Address = z.string().max(256);
export const StreamWish = z.object({
  delivery: z
    .union([
      z.object({
        method: z.literal(deliveryMethods.push),
        endpoint_url: z.url({ protocol: /^https?$/ }).max(1_024),
        authorization_header: z
          .string()
          .max(2_048)
          .regex(/^[\x20-\x7e]*$/, 'letters of ASCII')
          .optional(),
      }),
      z.object({ method: z.literal(deliveryMethods.poll), endpoint_url: z.string().max(1_024).nullish() }),
    ])
    .default({ method: deliveryMethods.poll }),
  /** None: all. */
  events_requested: z.array(Address).max(64).default([]),
  description: z.string().max(256).optional(),
});
export type StreamWish = z.infer<typeof StreamWish>;

export const StreamConfiguration = z.object({
  stream_id: z.uuid(),
  iss: z.string(),
  aud: z.string(),
  delivery: z.object({ method: z.string(), endpoint_url: z.string() }),
  events_supported: z.array(z.string()),
  events_requested: z.array(z.string()),
  events_delivered: z.array(z.string()),
  /** Seconds. */
  min_verification_interval: z.int(),
  description: z.string().optional(),
});
export type StreamConfiguration = z.infer<typeof StreamConfiguration>;

export const StreamStatus = z.object({
  stream_id: z.uuid(),
  status: z.enum(['enabled', 'paused', 'disabled']),
  reason: z.string().max(256).optional(),
});
export type StreamStatus = z.infer<typeof StreamStatus>;

/** RFC 8936, 2.2 and 2.4. */
export const PollRequest = z.object({
  maxEvents: z.int().min(0).max(1_000).default(100),
  /** Answers are given at once in any case. */
  returnImmediately: z.boolean().default(true),
  ack: z.array(z.uuid()).max(1_000).default([]),
  setErrs: z.record(z.uuid(), z.object({ err: text, description: z.string().max(1_024).optional() })).default({}),
});
export const PollAnswer = z.object({
  sets: z.record(z.string(), z.string()),
  moreAvailable: z.boolean().default(false),
});
export type PollAnswer = z.infer<typeof PollAnswer>;

/** Whose signals are taken. */
export const SignalReceiverWish = z.object({
  name: z.string().trim().min(1).max(64),
  /** Its configuration is read at `/.well-known/ssf-configuration` of it. */
  issuer: z.url({ protocol: /^https?$/ }).max(512),
  /** What `aud` must be or have. */
  audience: z.string().min(1).max(512),
  delivery: z.enum(['push', 'poll']),
  pollUrl: z
    .url({ protocol: /^https?$/ })
    .max(1_024)
    .optional(),
  /** Header `Authorization` for polling. */
  authorization: z
    .string()
    .max(4_096)
    .regex(/^[\x20-\x7e]*$/, 'letters of ASCII')
    .optional(),
  /** What `sub` and `id` of its subjects are of people here. Addresses of mail are always user principal names or `mail`. */
  subjectAttribute: z.enum(['id', 'userPrincipalName', 'mail', 'externalId']).default('userPrincipalName'),
});
export type SignalReceiverWish = z.infer<typeof SignalReceiverWish>;
export const SignalReceiver = SignalReceiverWish.omit({ authorization: true, pollUrl: true }).extend({
  id: z.uuid(),
  pollUrl: z.string().nullable(),
  /** Where its pushes go to. */
  pushUrl: z.string(),
  createdAt: z.iso.datetime(),
  lastEventAt: z.iso.datetime().nullable(),
  lastError: z.string().nullable(),
});
export type SignalReceiver = z.infer<typeof SignalReceiver>;
