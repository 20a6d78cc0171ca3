import { stringify } from 'yaml';

/** Fields as a text of Sentinel's YAML. */
export const yamlOf = (fields: { readonly [name: string]: unknown }): string =>
  stringify(fields, { lineWidth: 0, blockQuote: 'literal', aliasDuplicateObjects: false });
