import { SallyportError, ruleLimits, type RuleImport, type RuleText } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import type { Platform } from '../platform/types.ts';
import { huntingQueryProblem } from './hunting-queries/problem.ts';
import { hashOfQuery, readHuntingQueries, type ReadHuntingQuery } from './hunting-queries/read.ts';
import { huntingQueryStore } from './hunting-queries/store.ts';
import { exportArm, exportYaml } from './rules/export.ts';
import { queryProblem, readText, type CheckedText } from './rules/check.ts';
import type { ReadRule } from './rules/import/found.ts';
import { readImport } from './rules/import/read.ts';
import type { ImportFile } from './rules/import/unpack.ts';
import { inWorkspace, type AnalyticsRule, type Problem, type RuleRegistry } from './rules/index.ts';
import type { SaveOwnRule } from './rules/store.ts';
import { forgetStates, setEnabled } from './store.ts';
import type { OnBehalfOf } from './rules/maker.ts';

/** Saved in one transaction of an import. */
const savedAtOnce = 500;
/** Checked queries that are remembered. */
const checkedMax = 20_000;

export interface OwnRulesParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'lake'>;
  readonly queries: Queries;
  readonly registry: RuleRegistry;
}

interface ImportOptions {
  readonly apply: boolean;
  readonly only?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
}

/** What people do to rules: make, change, remove, bring, take along. What they save is in use at once. */
export class OwnRules {
  readonly #parts: OwnRulesParts;
  readonly #checked = new Map<string, Problem | undefined>();

  constructor(parts: OwnRulesParts) {
    this.#parts = parts;
  }

  /** What a text says, and everything that is wrong with it. */
  async check(text: string, path = 'rule.yaml'): Promise<CheckedText> {
    const read = await readText(text, path);
    const notRule = read.rules.length === 0 && read.problems.length === 0;
    const problems = [
      ...read.problems,
      ...(notRule ? [wrong(path, read.skipped ?? 'no rule')] : []),
      ...read.rules.flatMap((rule) => this.#queryProblem(rule) ?? []),
    ];
    return { ...read, problems };
  }

  textOf(id: string): RuleText {
    const { registry } = this.#parts;
    const { own, template } = registry.originOf(id);
    const rule = registry.rules().get(id);
    if (own) {
      const before = own.template_text;
      return {
        id: own.id,
        format: own.format,
        text: own.text,
        origin: 'own',
        version: own.version,
        path: own.path,
        changedAt: own.changed_at.toISOString(),
        changedBy: own.changed_by,
        template:
          own.template_id === null || before === null
            ? null
            : {
                id: own.template_id,
                before,
                now: template?.yaml ?? null,
                updateAvailable: template !== undefined && template.yaml !== before,
              },
      };
    }
    if (!rule) throw noRule(id);
    return {
      id,
      format: formatOf(rule),
      text: rule.yaml,
      origin: 'shipped',
      version: null,
      path: null,
      changedAt: null,
      changedBy: null,
      template: null,
    };
  }

  /** Throws BadRequest with what is wrong, Conflict when somebody else saved since. */
  async save(
    id: string,
    change: { text: string; version: number | null; templateId?: string | undefined; note: string },
    by: string,
    onBehalfOf?: OnBehalfOf,
  ): Promise<RuleText> {
    const { registry, platform } = this.#parts;
    const { format, rules, problems } = await this.check(change.text);
    refuse(problems.filter(({ level, code }) => level === 'error' || code === 'InvalidQuery'));
    if (!rules.some((rule) => rule.id === id))
      throw new SallyportError('BadRequest', `the text’s id is \`${rules[0]?.id ?? ''}\`, not \`${id}\``, {
        target: 'body.text',
      });
    const { own } = registry.originOf(id);
    const stored = own?.id ?? id;
    const stale = await registry.store.save([
      {
        id: stored,
        format,
        text: change.text,
        path: own?.path ?? null,
        template: this.#templateFor(stored, own, change.templateId),
        note: change.note,
        by,
        at: platform.clock.now(),
        before: change.version,
        onBehalfOf,
      },
    ]);
    if (stale.length > 0)
      throw new SallyportError(
        'Conflict',
        change.version === null ? `there is a rule \`${id}\` already` : 'somebody else has saved this rule since',
      );
    await registry.refresh();
    return this.textOf(id);
  }

  #templateFor(
    id: string,
    own: { readonly template_id: string | null; readonly template_text: string | null } | undefined,
    templateId: string | undefined,
  ): SaveOwnRule['template'] {
    if (own && templateId === undefined && own.template_id !== null && own.template_text !== null)
      return { id: own.template_id, text: own.template_text };
    const template = this.#parts.registry.shippedRule(templateId ?? id);
    if (templateId !== undefined && !template) throw noRule(templateId);
    return template && { id: template.id, text: template.yaml };
  }

  async revert(id: string, version: number, by: string): Promise<RuleText> {
    const { version: newest } = this.#own(id);
    const text = await this.version(id, version);
    return this.save(id, { text, version: newest, note: `back to version ${version}` }, by);
  }

  async versions(id: string) {
    return this.#parts.registry.store.versions(this.#own(id).id);
  }

  async version(id: string, version: number): Promise<string> {
    const text = await this.#parts.registry.store.textOf(this.#own(id).id, version);
    if (text === undefined) throw new SallyportError('NotFound', `rule \`${id}\` has no version ${version}`);
    return text;
  }

  /** Takes the text that the shipped rule has now, or notes that it was seen and one's own stays. */
  async settleUpdate(id: string, choice: 'apply' | 'keep', by: string): Promise<RuleText> {
    const { registry, platform } = this.#parts;
    const own = this.#own(id);
    const { template } = registry.originOf(id);
    if (!template) throw new SallyportError('NotFound', `rule \`${id}\` was not made from a rule that ships`);
    if (choice === 'keep') await registry.store.keep(own.id, template.yaml);
    else
      await registry.store.save([
        {
          id: own.id,
          format: formatOf(template),
          // A copy under an id of its own keeps that id.
          text: own.id === template.id ? template.yaml : withId(template.yaml, own.id),
          path: own.path,
          template: { id: template.id, text: template.yaml },
          note: `what ships now, version ${template.version}`,
          by,
          at: platform.clock.now(),
          before: own.version,
        },
      ]);
    await registry.refresh();
    return this.textOf(id);
  }

  /** Answers how many texts were removed. Shipped rules stay. */
  async remove(ids: readonly string[]): Promise<number> {
    const { registry, platform } = this.#parts;
    const rows = [...new Set(ids.flatMap((id) => registry.originOf(id).own?.id ?? []))];
    const removed = await registry.store.remove(rows);
    await registry.refresh();
    await forgetStates(
      platform.database,
      ids.filter((id) => !registry.rules().has(id)),
    );
    return removed;
  }

  /** `workspaceId`: in that workspace alone; undefined for the first, and wherever nothing else was decided. */
  async enable(ids: readonly string[], enabled: boolean, by: string, workspaceId?: string): Promise<number> {
    const { registry, platform } = this.#parts;
    const rules = ids.flatMap((id) => registry.rules().get(id) ?? []);
    const known = rules.map((rule) => (workspaceId === undefined ? rule : inWorkspace(rule, workspaceId)).id);
    const now = platform.clock.now();
    const reason = enabled ? null : `disabled by ${by}`;
    await platform.database.transaction(async (tx) => {
      for (const ruleId of known) await setEnabled(tx, { ruleId, enabled, reason, by, now });
    });
    return known.length;
  }

  /** What files would bring, and with `apply` brings it. */
  async import(files: readonly ImportFile[], options: ImportOptions, by: string): Promise<RuleImport> {
    const { found, problems, skipped } = await readImport(files.filter(({ path }) => !/\.kql$/i.test(path)));
    const hunting = readHuntingQueries(files);
    const brought = await this.bring(found, options, by);
    const queries = await this.#importHunting(hunting.found, options, by);
    const known = new Set(hunting.found.map(({ path }) => path));
    return {
      rules: brought.rules.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line)),
      hunting: queries.hunting,
      problems: [...problems, ...hunting.problems],
      skipped: skipped.filter(({ path }) => !known.has(path)),
      saved: brought.saved + queries.saved,
    };
  }

  /** Rules that were read of files, as `import` does with them. */
  async bring(
    found: readonly ReadRule[],
    options: ImportOptions,
    by: string,
  ): Promise<Pick<RuleImport, 'rules' | 'saved'>> {
    if (found.length > ruleLimits.rulesAtOnce)
      throw new SallyportError(
        'PayloadTooLarge',
        `at most ${ruleLimits.rulesAtOnce} rules at once; these are ${found.length}`,
      );
    const rules: RuleImport['rules'] = [];
    const toSave: { one: ReadRule; faulty: boolean }[] = [];
    const only = options.only && new Set(options.only);
    for (const one of found) {
      const faults = one.rules.flatMap((rule) => this.#queryProblem(rule) ?? []);
      const atFile = faults.map((fault) => ({
        ...fault,
        path: one.path,
        line: one.form === 'sentinel' ? one.line + fault.line - 1 : one.line,
      }));
      const state = this.#stateOf(one);
      const [first] = one.rules;
      rules.push({
        id: one.id,
        name: first?.name ?? one.id,
        severity: first?.severity ?? 'Informational',
        kind: first?.kind ?? 'Scheduled',
        form: one.form,
        path: one.path,
        line: one.line,
        state,
        rules: one.rules.length,
        warnings: [...one.warnings, ...atFile],
      });
      if (state !== 'same' && (only?.has(one.id) ?? true)) toSave.push({ one, faulty: faults.length > 0 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const saved = options.apply ? await this.#saveImported(toSave, options.enabled, by) : 0;
    return { rules, saved };
  }

  async #importHunting(
    found: readonly ReadHuntingQuery[],
    { apply, only }: ImportOptions,
    by: string,
  ): Promise<Pick<RuleImport, 'hunting' | 'saved'>> {
    const { platform, queries } = this.#parts;
    const now = platform.clock.now();
    const store = huntingQueryStore(platform.database);
    const here = new Map((await store.all()).map((one) => [one.id, hashOfQuery(one)]));
    const hunting: RuleImport['hunting'] = [];
    const toSave: ReadHuntingQuery[] = [];
    const chosen = only && new Set(only);
    for (const one of found) {
      const { id, name, path, line } = one;
      const before = here.get(id);
      const state = before === undefined ? 'new' : before === hashOfQuery(one) ? 'same' : 'changed';
      const problem = huntingQueryProblem(queries, one, now);
      hunting.push({ id, name, path, line, state, warnings: problem ? [problem] : [] });
      if (state !== 'same' && (chosen?.has(id) ?? true)) toSave.push(one);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (apply && toSave.length > 0) await store.save(toSave, by, now);
    return { hunting, saved: apply ? toSave.length : 0 };
  }

  #stateOf({ id, text }: ReadRule): 'new' | 'changed' | 'same' {
    const { registry } = this.#parts;
    const now = registry.originOf(id).own?.text ?? registry.rules().get(id)?.yaml;
    return now === undefined ? 'new' : now === text ? 'same' : 'changed';
  }

  async #saveImported(
    rules: readonly { readonly one: ReadRule; readonly faulty: boolean }[],
    enabled: boolean | undefined,
    by: string,
  ): Promise<number> {
    const { registry, platform } = this.#parts;
    const now = platform.clock.now();
    // Before they are saved: else a run could begin in between.
    await platform.database.transaction(async (tx) => {
      for (const { one, faulty } of rules)
        for (const { id } of one.rules) {
          if (faulty)
            await setEnabled(tx, {
              ruleId: id,
              enabled: false,
              reason: 'its query did not compile when it was imported',
              by,
              now,
            });
          else if (enabled !== undefined)
            await setEnabled(tx, {
              ruleId: id,
              enabled,
              reason: enabled ? null : `imported switched off by ${by}`,
              by,
              now,
            });
        }
    });
    for (let at = 0; at < rules.length; at += savedAtOnce)
      await registry.store.save(
        rules.slice(at, at + savedAtOnce).map(({ one }): SaveOwnRule => {
          const template = registry.shippedRule(one.id);
          return {
            id: one.id,
            format: one.form === 'sigma' ? 'sigma' : 'sentinel',
            text: one.text,
            path: one.path,
            template: template && { id: template.id, text: template.yaml },
            note: `imported from ${one.path}`.slice(0, 500),
            by,
            at: now,
          };
        }),
      );
    await registry.refresh();
    return rules.length;
  }

  /** YAML, one file a rule, or one ARM template of all. */
  export(ids: readonly string[], form: 'yaml' | 'arm'): { name: string; text: string }[] {
    const { registry } = this.#parts;
    const rules = ids.map((id) => {
      const rule = registry.rules().get(id);
      if (!rule) throw noRule(id);
      return rule;
    });
    if (form === 'arm') return [{ name: 'rules.json', text: exportArm(rules) }];
    return rules.map((rule) => ({
      name: `${rule.id.replaceAll(/[^\w.-]/g, '_')}.yaml`,
      text: exportYaml(rule, registry.originOf(rule.id).own?.format ?? formatOf(rule)),
    }));
  }

  #own(id: string) {
    const { own } = this.#parts.registry.originOf(id);
    if (!own) throw new SallyportError('NotFound', `rule \`${id}\` was not made or changed here`);
    return own;
  }

  #queryProblem(rule: AnalyticsRule): Problem | undefined {
    const { queries, platform } = this.#parts;
    const key = `${platform.lake.kqlCatalogue().version}\0${rule.query}`;
    if (!this.#checked.has(key)) {
      if (this.#checked.size >= checkedMax) this.#checked.clear();
      this.#checked.set(key, queryProblem(queries, rule, platform.clock.now()));
    }
    const known = this.#checked.get(key);
    return known && { ...known, path: rule.path };
  }
}

/** A Sigma rule's text has a title and no query of its own. */
const formatOf = (rule: AnalyticsRule): 'sentinel' | 'sigma' => (/^query\s*:/im.test(rule.yaml) ? 'sentinel' : 'sigma');

const withId = (yaml: string, id: string): string => yaml.replace(/^id\s*:.*$/m, () => `id: ${JSON.stringify(id)}`);

const noRule = (id: string): SallyportError => new SallyportError('NotFound', `there is no rule ${id}`);

const wrong = (path: string, message: string): Problem => ({
  path,
  line: 1,
  level: 'error',
  code: 'InvalidRule',
  message,
});

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (!first) return;
  throw new SallyportError('BadRequest', `line ${first.line}: ${first.message}`, {
    target: `line ${first.line}`,
    details: problems.slice(0, 50).map(({ code, message, line }) => ({ code, message, target: `line ${line}` })),
  });
}
