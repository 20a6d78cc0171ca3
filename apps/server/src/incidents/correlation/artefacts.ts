import { classOfAddress, isWellKnownDomain } from '../entities/index.ts';

/** An AWS access key id: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const awsKey = /^(?:AKIA|ASIA)[A-Z0-9]{16}$/;
const sha256 = /^[0-9a-f]{64}$/i;
/** A detail with more values lists what was touched. */
const valuesMax = 10;

/** Addresses and sites in command lines. `Chrome/130.0.0.0` is a version of a program. */
const ipv4 = /(?<![\d.]|(?:^|[\s"'(;,])[a-z][\w.-]*\/)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/gi;
const siteOfUrl = /https?:\/\/([a-z0-9.-]+\.[a-z]{2,})/gi;
/** Of a text that is longer, the rest is not looked at. */
const textCharsMax = 4_000;

export interface Artefact {
  readonly key: string;
  readonly label: string;
}

/**
 * Things in an alert's custom details that are one of a kind, told by their form: cloud keys, hashes of files, and global addresses and sites that a command names. Each has
 * the key that an entity of its kind has.
 */
export function artefactsOf(details: Readonly<Record<string, readonly string[]>>): Artefact[] {
  return Object.values(details)
    .filter((values) => values.length <= valuesMax)
    .flat()
    .flatMap((value): Artefact[] => {
      if (awsKey.test(value)) return [{ key: `cloud-key:${value.toLowerCase()}`, label: `cloud key ${value}` }];
      if (sha256.test(value)) return [{ key: `filehash:sha256|${value.toLowerCase()}`, label: `file hash ${value}` }];
      const text = value.slice(0, textCharsMax);
      return [
        ...[...text.matchAll(ipv4)]
          .filter(([address]) => classOfAddress(address) === 'global')
          .map(([address]) => ({ key: `ip:${address}`, label: `ip ${address}` })),
        ...[...text.matchAll(siteOfUrl)]
          .flatMap(([, site]) => site?.toLowerCase() ?? [])
          .filter((site) => !isWellKnownDomain(site))
          .map((site) => ({ key: `domain:${site}`, label: `site ${site}` })),
      ];
    });
}
