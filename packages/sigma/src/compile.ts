import { correlationKql } from './correlation.ts';
import { problemOf } from './documents.ts';
import { columnName, conditionKql, Fields } from './kql.ts';
import { chooseLogSource, covers, type LogSource, type LogSourceFile } from './log-source.ts';
import { scheduleOf, type Schedule } from './schedule.ts';
import {
  all,
  SigmaError,
  type Aggregation,
  type Head,
  type SigmaCorrelation,
  type SigmaDocument,
  type SigmaFilter,
  type SigmaProblem,
  type SigmaRule,
} from './types.ts';

/** A rule as KQL. */
export interface CompiledSigma {
  readonly head: Head;
  /** `<view> | where <condition>` of a rule over rows; of what counts, the rows that are over its threshold. */
  readonly query: string;
  /** The stored function that the rows come from; undefined for a correlation. */
  readonly view: string | undefined;
  /** The condition alone, of a rule over rows. */
  readonly condition: string | undefined;
  /** Seconds, of what counts: how far it looks back and how often. Without it the rule is one over rows. */
  readonly schedule: Schedule | undefined;
  readonly entityMappings: LogSourceFile['entityMappings'];
  /** Columns that an alert shows. */
  readonly details: readonly string[];
  /** Whether the rule raises alerts: one that is only part of a correlation doesn't. */
  readonly alerts: boolean;
}

export interface CompileOptions {
  readonly logSources: readonly LogSource[];
}

/** Correlations of correlations. */
const depthMax = 10;
const detailsMax = 20;
/** Of an aggregation without `timeframe`, seconds. */
const defaultPeriod = 300;

/**
 * Rules and correlations as KQL, filters laid on those that they name. What can't be said comes back as a problem and stops nothing else: a correlation only
 * when one of its own rules failed.
 */
export function compileSigma(
  documents: readonly SigmaDocument[],
  { logSources }: CompileOptions,
): { readonly rules: readonly CompiledSigma[]; readonly problems: readonly SigmaProblem[] } {
  const problems: SigmaProblem[] = [];
  const filters = documents.filter((document) => document.kind === 'filter');
  const byName = new Map<string, SigmaRule | SigmaCorrelation>();
  for (const document of documents)
    if (document.kind !== 'filter')
      for (const name of [document.id, document.name, document.title])
        if (name && !byName.has(name)) byName.set(name, document);
  const quiet = quietRules(documents, byName);
  for (const filter of filters) problems.push(...unknownRules(filter, byName));

  const done = new Map<SigmaRule | SigmaCorrelation, CompiledSigma | SigmaError>();
  const compile = (document: SigmaRule | SigmaCorrelation, depth: number): CompiledSigma => {
    const known = done.get(document);
    if (known instanceof SigmaError) throw known;
    if (known) return known;
    if (depth > depthMax)
      throw new SigmaError(document.line, `correlations of more than ${depthMax} levels, or of themselves`);
    try {
      const compiled =
        document.kind === 'rule'
          ? ruleKql(document, filters, logSources, !quiet.has(document))
          : correlated(document, depth, !quiet.has(document));
      done.set(document, compiled);
      return compiled;
    } catch (error) {
      if (error instanceof SigmaError) done.set(document, error);
      throw error;
    }
  };
  const correlated = (document: SigmaCorrelation, depth: number, alerts: boolean): CompiledSigma => {
    const members = document.rules.map((name) => {
      const member = byName.get(name) ?? byName.get(name.toLowerCase());
      if (!member) throw new SigmaError(document.correlationLine, `there is no rule \`${name}\``);
      try {
        return { name, document: member, compiled: compile(member, depth + 1), fields: fieldsOf(member, logSources) };
      } catch (error) {
        if (!(error instanceof SigmaError)) throw error;
        throw new SigmaError(document.correlationLine, `its rule \`${name}\` can’t be compiled: ${error.message}`);
      }
    });
    return correlationKql(document, members, alerts);
  };

  const rules: CompiledSigma[] = [];
  for (const document of documents) {
    if (document.kind === 'filter') continue;
    try {
      rules.push(compile(document, 0));
    } catch (error) {
      problems.push(problemOf(error, document.path));
    }
  }
  return { rules, problems };
}

/** Rules that only feed correlations. */
function quietRules(
  documents: readonly SigmaDocument[],
  byName: ReadonlyMap<string, SigmaRule | SigmaCorrelation>,
): ReadonlySet<SigmaDocument> {
  const loud = new Set<SigmaDocument>();
  const named = new Set<SigmaDocument>();
  for (const document of documents)
    if (document.kind === 'correlation')
      for (const name of document.rules) {
        const rule = byName.get(name);
        if (rule) (document.generate ? loud : named).add(rule);
      }
  return new Set([...named].filter((document) => !loud.has(document)));
}

function unknownRules(filter: SigmaFilter, byName: ReadonlyMap<string, unknown>): readonly SigmaProblem[] {
  if (filter.rules === 'any') return [];
  return filter.rules
    .filter((name) => !byName.has(name) && !byName.has(name.toLowerCase()))
    .map((name) => ({
      path: filter.path,
      line: filter.line,
      message: `the filter is for a rule \`${name}\`, which is not here`,
    }));
}

/** The fields of a rule's log source; of a correlation's answer its own columns. */
function fieldsOf(document: SigmaRule | SigmaCorrelation, logSources: readonly LogSource[]): Fields | undefined {
  const chosen = document.kind === 'rule' ? chooseLogSource(logSources, document.logsource) : undefined;
  return chosen && new Fields(chosen.source);
}

function ruleKql(
  rule: SigmaRule,
  filters: readonly SigmaFilter[],
  logSources: readonly LogSource[],
  alerts: boolean,
): CompiledSigma {
  const chosen = chooseLogSource(logSources, rule.logsource);
  if (!chosen) {
    const { product, category, service } = rule.logsource;
    const said = Object.entries({ product, category, service }).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}: ${value}`],
    );
    throw new SigmaError(rule.logsourceLine, `no log source of ours is ${said.join(', ')}`);
  }
  const { source, where } = chosen;
  const fields = new Fields(source);
  const own = filters.filter((filter) => isFor(filter, rule)).map(({ clause }) => clause);
  const said = conditionKql(all([rule.clause, ...own]), fields);
  const condition = where === undefined ? said : `${where} and ${/ or /.test(said) ? `(${said})` : said}`;
  const rows = `${source.view}\n| where ${condition}`;
  const schedule = rule.aggregation && scheduleOf(rule.timeframe ?? defaultPeriod);
  const counted = rule.aggregation && schedule && aggregated(rows, rule.aggregation, fields, rule.line, schedule);
  const details = rule.fields.flatMap((name) => fields.columnOf(name) ?? []);
  return {
    head: rule,
    query: counted ?? rows,
    view: source.view,
    condition: counted === undefined ? condition : undefined,
    schedule,
    entityMappings: counted === undefined ? source.entityMappings : [],
    details:
      counted === undefined ? [...new Set([...details, ...source.customDetails])].slice(0, detailsMax) : ['Count'],
    alerts,
  };
}

function isFor(filter: SigmaFilter, rule: SigmaRule): boolean {
  if (!covers(filter.logsource, rule.logsource)) return false;
  if (filter.rules === 'any') return true;
  return filter.rules.some((name) => name === rule.title || name === rule.name || name.toLowerCase() === rule.id);
}

function aggregated(
  rows: string,
  { function: name, field, by, test }: Aggregation,
  fields: Fields,
  line: number,
  { frequency }: Schedule,
): string {
  const of = field === undefined ? undefined : fields.of(field, line).kql;
  if (of === undefined && name !== 'count') throw new SigmaError(line, `\`${name}()\` needs a field`);
  const value = name === 'count' ? (of === undefined ? 'count()' : `dcount(${of}, 4)`) : `${name}(todouble(${of}))`;
  const groups = by.map((one) => `${columnName(one)} = ${fields.of(one, line).kql}`);
  return `${rows}\n| summarize Count = ${value}, StartTime = min(TimeGenerated), TimeGenerated = max(TimeGenerated)${groups.length > 0 ? ` by ${groups.join(', ')}` : ''}\n| where Count ${test.operator} ${test.number} and TimeGenerated >= ago(${frequency}s)`;
}
