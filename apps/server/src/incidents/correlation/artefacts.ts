/** An AWS access key id: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const awsKey = /^(?:AKIA|ASIA)[A-Z0-9]{16}$/;
const sha256 = /^[0-9a-f]{64}$/i;
/** A detail with more values lists what was touched. */
const valuesMax = 10;

/**
 * Things in an alert's custom details that are one of a kind, told by their form: cloud keys and hashes of files. A hash has the key that a FileHash entity has.
 */
export function artefactsOf(
  details: Readonly<Record<string, readonly string[]>>,
): { readonly keys: readonly string[]; readonly label: string }[] {
  return Object.values(details)
    .filter((values) => values.length <= valuesMax)
    .flat()
    .flatMap((value) => {
      if (awsKey.test(value)) return [{ keys: [`cloud-key:${value.toLowerCase()}`], label: `cloud key ${value}` }];
      if (sha256.test(value))
        return [{ keys: [`filehash:sha256|${value.toLowerCase()}`], label: `file hash ${value}` }];
      return [];
    });
}
