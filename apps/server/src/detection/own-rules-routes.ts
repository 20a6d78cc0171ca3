import type { RuleProblem, ruleTextRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../platform/http/index.ts';
import type { OwnRules } from './own-rules.ts';
import { unpack } from './rules/import/unpack.ts';
import type { AnalyticsRule, Problem, RuleRegistry } from './rules/index.ts';
import { onBehalfOf, refuseOthersRules } from './rules/on-behalf-of.ts';

/** Problems and skipped files that an answer has at most. */
const shownMax = 20_000;
/** Ids that an audit row names. */
const auditedMax = 200;

export function ownRuleHandlers(own: OwnRules, registry: RuleRegistry): Handlers<typeof ruleTextRoutes> {
  return {
    checkRule: async (_, { body }) => {
      const { format, rules, problems } = await own.check(body.text);
      return { format, rules: rules.map(inText), problems: problems.slice(0, shownMax).map(toProblem) };
    },
    getRuleText: (_, { params }) => own.textOf(params.id),
    saveRule: async (context, { params: { id }, body }) => {
      const caller = requireCaller(context);
      context.audit({ target: `rule ${id}`, details: { before: body.version, note: body.note } });
      refuseOthersRules(caller, registry, id);
      const saved = await own.save(id, body, caller.name, onBehalfOf(caller));
      context.audit({
        target: `rule ${id}`,
        details: { before: body.version, version: saved.version, note: body.note },
      });
      return saved;
    },
    deleteRule: async (context, { params: { id } }) => {
      context.audit({ target: `rule ${id}` });
      refuseOthersRules(requireCaller(context), registry, id);
      // Of a shipped rule there is nothing to remove.
      await own.versions(id);
      await own.remove([id]);
      return {};
    },
    changeRules: async (context, { body: { ids, action } }) => {
      context.audit({ target: `${ids.length} rules`, details: { action, ids: ids.slice(0, auditedMax) } });
      const by = requireCaller(context).name;
      return { changed: action === 'delete' ? await own.remove(ids) : await own.enable(ids, action === 'enable', by) };
    },
    listRuleVersions: async (_, { params }) => ({
      versions: (await own.versions(params.id)).map(({ version, note, saved_at, saved_by }) => ({
        version,
        note,
        savedAt: saved_at.toISOString(),
        savedBy: saved_by,
      })),
    }),
    getRuleVersion: async (_, { params }) => ({ text: await own.version(params.id, params.version) }),
    revertRule: (context, { params: { id }, body: { version } }) => {
      context.audit({ target: `rule ${id}`, details: { backTo: version } });
      return own.revert(id, version, requireCaller(context).name);
    },
    settleRuleUpdate: (context, { params: { id }, body: { choice } }) => {
      context.audit({ target: `rule ${id}`, details: { choice } });
      return own.settleUpdate(id, choice, requireCaller(context).name);
    },
    importRules: async (context, { body: { files, apply, only, enabled } }) => {
      const found = await own.import(unpack(files), { apply, only, enabled }, requireCaller(context).name);
      const { saved, problems, skipped } = found;
      context.audit({
        target: apply ? `${saved} rules and hunting queries` : 'a preview of rules',
        details: {
          apply,
          saved,
          found: found.rules.length,
          hunting: found.hunting.length,
          problems: problems.length,
          skipped: skipped.length,
        },
      });
      return {
        ...found,
        problems: problems.slice(0, shownMax),
        skipped: skipped.slice(0, shownMax),
      };
    },
    exportRules: (_, { body: { ids, format } }) => ({ files: own.export(ids, format) }),
  };
}

const inText = ({ id, name, severity, kind, query }: AnalyticsRule) => ({ id, name, severity, kind, query });
const toProblem = ({ path, line, level, code, message }: Problem): RuleProblem => ({
  path,
  line,
  level,
  code,
  message,
});
