import type { Classification, Determination } from '@sallyport/contracts';

/** What goes with which classification, as the Defender portal offers it. */
export const determinations: Record<Classification, readonly Determination[]> = {
  TruePositive: [
    'multiStagedAttack',
    'maliciousUserActivity',
    'compromisedAccount',
    'malware',
    'phishing',
    'unwantedSoftware',
    'apt',
    'other',
  ],
  BenignPositive: ['securityTesting', 'securityPersonnel', 'confirmedActivity', 'lineOfBusinessApplication', 'other'],
  FalsePositive: ['notMalicious', 'notEnoughDataToValidate', 'other'],
  Undetermined: ['notEnoughDataToValidate', 'other'],
};
