import { z } from 'zod';
import { parseDuration } from '../duration.ts';

/** Graph's `agreement`: terms of use that a policy demands acceptance of. https://learn.microsoft.com/graph/api/resources/agreement */

/** As the original bounds them. */
export const agreementLimits = { agreements: 40, filesOfAnAgreement: 20, bytesOfAFile: 2_000_000 } as const;

const Duration = z
  .string()
  .max(32)
  .refine((text) => text.startsWith('P') && (parseDuration(text) ?? 0) >= 86_400, {
    error: 'expected a duration of a day at least, such as P90D',
  });
const odataType = { '@odata.type': z.string().max(256).optional() };

const settings = {
  ...odataType,
  displayName: z.string().trim().min(1).max(256),
  /** A person must open the terms before they can accept. */
  isViewingBeforeAcceptanceRequired: z.boolean().nullish(),
  /** Not kept here: refused when it is true. */
  isPerDeviceAcceptanceRequired: z
    .boolean()
    .nullish()
    .refine((value) => value !== true, { error: 'acceptance on each device is not kept here' }),
  /** After so long each person accepts anew. */
  userReacceptRequiredFrequency: Duration.nullish(),
  /** From a day on, and then each time again, everybody accepts anew. */
  termsExpiration: z
    .strictObject({ ...odataType, startDateTime: z.iso.datetime({ offset: true }), frequency: Duration.nullish() })
    .nullish(),
};

/** `data` is base64: text in UTF-8, Markdown or plain, or a PDF. */
export const AgreementFile = z.strictObject({
  ...odataType,
  fileName: z.string().trim().min(1).max(256),
  displayName: z.string().trim().max(256).nullish(),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a language tag such as en')
    .default('en'),
  isDefault: z.boolean().nullish(),
  isMajorVersion: z.boolean().nullish(),
  fileData: z.strictObject({
    ...odataType,
    data: z
      .base64()
      .min(1)
      .max(Math.ceil((agreementLimits.bytesOfAFile * 4) / 3) + 4),
  }),
});
export type AgreementFile = z.infer<typeof AgreementFile>;

const Files = z.array(AgreementFile).min(1).max(agreementLimits.filesOfAnAgreement);
export const NewAgreement = z
  .strictObject({
    ...settings,
    files: Files.optional(),
    file: z.strictObject({ ...odataType, localizations: Files }).optional(),
  })
  .refine(({ files, file }) => (files === undefined) !== (file === undefined), {
    error: 'expected either files, or file with localizations',
  });
export type NewAgreement = z.infer<typeof NewAgreement>;
export const AgreementChange = z.strictObject(settings).partial();
export type AgreementChange = z.infer<typeof AgreementChange>;

export const Agreement = z.looseObject({
  id: z.string(),
  displayName: z.string(),
  isViewingBeforeAcceptanceRequired: z.boolean(),
  isPerDeviceAcceptanceRequired: z.boolean(),
  userReacceptRequiredFrequency: z.string().nullable(),
  termsExpiration: z.looseObject({ startDateTime: z.string(), frequency: z.string().nullable() }).nullable(),
});
export type Agreement = z.infer<typeof Agreement>;

export const AgreementAcceptance = z.looseObject({
  id: z.string(),
  agreementId: z.string(),
  userId: z.string(),
  userDisplayName: z.string(),
  userPrincipalName: z.string(),
  recordedDateTime: z.string(),
  expirationDateTime: z.string().nullable(),
  state: z.enum(['accepted', 'declined']),
});
export type AgreementAcceptance = z.infer<typeof AgreementAcceptance>;
