import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { shippedLogSources } from '@sallyport/lake';
import {
  compileSigma,
  LogSourceFile,
  type CompiledSigma,
  type Level,
  type LogSource,
  type SigmaDocument,
  type SigmaProblem,
} from '@sallyport/sigma';
import { tactics, type Severity } from '@sallyport/contracts';
import { identifierOf, kindOf } from '../../incidents/index.ts';
import { uuidOf } from '../run/uuid.ts';
import type { AnalyticsRule, EntityMapping } from './rule.ts';

/** What log sources of Sigma are in our tables: the files of content/sigma. Throws Error naming a file. */
export async function loadLogSources(folder = shippedLogSources): Promise<readonly LogSource[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yml')).toSorted();
  return Promise.all(
    names.map(async (name): Promise<LogSource> => {
      const path = join(folder, name);
      try {
        return {
          ...LogSourceFile.parse(parse(await readFile(path, 'utf8'))),
          view: `_Sigma_${basename(name, '.yml')}`,
        };
      } catch (error) {
        throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }),
  );
}

/** Rules, correlations and filters of Sigma as analytics rules. Those that only feed correlations are none. */
export function sigmaRules(
  documents: readonly SigmaDocument[],
  logSources: readonly LogSource[],
): { readonly rules: readonly AnalyticsRule[]; readonly problems: readonly SigmaProblem[] } {
  const { rules, problems } = compileSigma(documents, { logSources });
  return { rules: rules.filter(({ alerts }) => alerts).map(toRule), problems };
}

const severities: Readonly<Record<Level, Severity>> = {
  informational: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'High',
};
const nameCharsMax = 256;
const descriptionCharsMax = 20_000;

function toRule(compiled: CompiledSigma): AnalyticsRule {
  const { head, query, schedule, view, condition } = compiled;
  return {
    // Sigma's ids are optional: without one a rule is known by its file and title.
    id: head.id === '' ? uuidOf('sigma', head.path, head.title) : head.id,
    name: head.title.slice(0, nameCharsMax),
    description: descriptionOf(compiled),
    kind: schedule ? 'Scheduled' : 'NRT',
    severity: severities[head.level ?? 'medium'],
    enabled: true,
    version: head.version,
    query,
    queryFrequency: schedule?.frequency ?? 60,
    queryPeriod: schedule?.period ?? 60,
    triggerOperator: 'GreaterThan',
    triggerThreshold: 0,
    ...attackOf(head.tags),
    eventGrouping: schedule ? 'AlertPerResult' : 'SingleAlert',
    queryOfKind: false,
    kindFields: {},
    isFlighting: false,
    suppression: 0,
    suppressionFields: [],
    entityMappings: entitiesOf(compiled),
    customDetails: Object.fromEntries(compiled.details.map((name) => [name, name])),
    overrides: { properties: {} },
    createIncident: true,
    grouping: undefined,
    yaml: head.text,
    path: head.path,
    ...(view !== undefined && condition !== undefined ? { rows: { view, condition } } : {}),
  };
}

function descriptionOf({ head }: CompiledSigma): string {
  const list = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : `\n\n${title}:\n${items.map((item) => `- ${item}`).join('\n')}`;
  const author = head.author === '' ? '' : `\n\nAuthor: ${head.author}`;
  return `${head.description}${list('False positives', head.falsePositives)}${list('References', head.references)}${author}`
    .trim()
    .slice(0, descriptionCharsMax);
}

const tacticByLetters = new Map<string, string>([
  ...tactics.map((tactic): [string, string] => [tactic.toLowerCase(), tactic]),
  // ATT&CK 19 made two of defense evasion; Sentinel has the one.
  ['stealth', 'DefenseEvasion'],
  ['defenseimpairment', 'DefenseEvasion'],
]);

/** `attack.initial-access`, `attack.t1059.001`. */
function attackOf(tags: readonly string[]): { tactics: readonly string[]; techniques: readonly string[] } {
  const names = tags.flatMap((tag) => (tag.startsWith('attack.') ? [tag.slice('attack.'.length)] : []));
  return {
    tactics: [...new Set(names.flatMap((name) => tacticByLetters.get(name.replaceAll(/[^a-z]/g, '')) ?? []))],
    techniques: [...new Set(names.flatMap((name) => (/^t\d{4}(\.\d{3})?$/.test(name) ? [name.toUpperCase()] : [])))],
  };
}

const entitiesOf = ({ entityMappings }: CompiledSigma): readonly EntityMapping[] =>
  entityMappings.flatMap(({ entityType, fieldMappings }): EntityMapping[] => {
    const kind = kindOf(entityType);
    if (!kind) return [];
    const columns = fieldMappings.flatMap(({ identifier, columnName }) => {
      const name = identifierOf(kind, identifier);
      return name ? [{ identifier: name, column: columnName }] : [];
    });
    return columns.length > 0 ? [{ kind, columns }] : [];
  });
