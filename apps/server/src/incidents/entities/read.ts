import { z } from 'zod';
import { identifierOf, kinds, type Kind } from './kinds.ts';
import type { MappedEntity } from './resolve.ts';

/** Entities of one column that are read. */
const entitiesMax = 500;

const Entities = z.array(z.record(z.string(), z.unknown())).catch([]);

const byType = new Map<string, Kind>(
  Object.entries(kinds).map(([kind, { type }]) => [lettersOf(type), kind as Kind] as const),
);
// Spellings of Microsoft's other products.
for (const [type, kind] of [
  ['machine', 'Host'],
  ['user', 'Account'],
  ['dnsresolution', 'DNS'],
  ['azureresource', 'AzureResource'],
] as const)
  byType.set(type, kind);

function lettersOf(text: string): string {
  return text.replaceAll(/[^A-Za-z]/g, '').toLowerCase();
}

/**
 * The entities of an `Entities` column of `SecurityAlert` or `Anomalies`, as Microsoft's products write them: objects with a `Type` and its identifiers. References (`$ref`) and
 * what is of no known type are left out; a text that is no such list has none.
 * https://learn.microsoft.com/azure/sentinel/entities-reference
 */
export function readEntities(text: string): MappedEntity[] {
  return Entities.parse(parseJson(text))
    .slice(0, entitiesMax)
    .flatMap((entity): MappedEntity[] => {
      const type = entity['Type'] ?? entity['type'];
      const kind = typeof type === 'string' ? byType.get(lettersOf(type)) : undefined;
      if (!kind) return [];
      const identifiers = Object.entries(entity).flatMap(([name, value]): [string, string][] => {
        const identifier = identifierOf(kind, name);
        const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
        return identifier !== undefined && typeof text === 'string' && text !== '' ? [[identifier, text]] : [];
      });
      return identifiers.length > 0 ? [{ kind, identifiers: Object.fromEntries(identifiers) }] : [];
    });
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? [] : (JSON.parse(text) as unknown);
  } catch {
    return [];
  }
}
