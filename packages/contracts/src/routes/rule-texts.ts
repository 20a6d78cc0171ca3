import { z } from 'zod';
import { route } from '../route.ts';
import { Severity } from './incidents.ts';

/** Bounds of what people make and bring. */
export const ruleLimits = {
  textLength: 1_048_576,
  importFiles: 20_000,
  importBytes: 64 * 1_048_576,
  rulesAtOnce: 10_000,
} as const;

const RuleId = z.string().min(1).max(128);
const ById = z.object({ id: RuleId });

/** Something about a rule's text, at its place. An `error` keeps it from being saved; a `warning` does not. */
export const RuleProblem = z.object({
  path: z.string(),
  /** From 1. */
  line: z.int(),
  level: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
});
export type RuleProblem = z.infer<typeof RuleProblem>;

const RuleFormat = z.enum(['sentinel', 'sigma']);

/** What a text says, in short. */
export const RuleInText = z.object({ id: z.string(), name: z.string(), severity: Severity, kind: z.string() });

export const RuleText = z.object({
  /** What it is kept by: the id of the rule, or of the first one of a text of Sigma. */
  id: z.string(),
  format: RuleFormat,
  text: z.string(),
  origin: z.enum(['shipped', 'own']),
  /** Null for a shipped rule as it is. */
  version: z.int().nullable(),
  /** The file that it came from; null where it was written here. */
  path: z.string().nullable(),
  changedAt: z.iso.datetime().nullable(),
  changedBy: z.string().nullable(),
  template: z
    .object({
      id: z.string(),
      /** What the shipped rule was when this one was made from it. */
      before: z.string(),
      /** What it is now; null when it ships no more. */
      now: z.string().nullable(),
      updateAvailable: z.boolean(),
    })
    .nullable(),
});
export type RuleText = z.infer<typeof RuleText>;

export const RuleImport = z.object({
  /** What was found, in order of path. `same`: as it is here already. */
  rules: z.array(
    RuleInText.extend({
      form: z.enum(['sentinel', 'arm', 'defender', 'sigma']),
      path: z.string(),
      line: z.int(),
      state: z.enum(['new', 'changed', 'same']),
      /** Rules in the text, where it is one of Sigma. */
      rules: z.int(),
      warnings: z.array(RuleProblem),
    }),
  ),
  /** Hunting queries among the files. */
  hunting: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      path: z.string(),
      line: z.int(),
      state: z.enum(['new', 'changed', 'same']),
      warnings: z.array(RuleProblem),
    }),
  ),
  /** What can't be read, and why. It stops nothing else. */
  problems: z.array(RuleProblem),
  /** Files that hold neither a rule nor a hunting query. */
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** How many rules and hunting queries were saved; 0 for a preview. */
  saved: z.int(),
});
export type RuleImport = z.infer<typeof RuleImport>;

export const ruleTextRoutes = {
  checkRule: route({
    method: 'POST',
    path: '/api/rule-drafts/check',
    permission: 'detectionTuning.manage',
    summary: 'What a text says as rules, and what is wrong with it, with nothing saved',
    body: z.object({ text: z.string().max(ruleLimits.textLength) }),
    bodyLimit: 2 * 1_048_576,
    response: z.object({
      format: RuleFormat,
      rules: z.array(RuleInText.extend({ query: z.string() })),
      problems: z.array(RuleProblem),
    }),
  }),
  getRuleText: route({
    method: 'GET',
    path: '/api/rules/:id/text',
    permission: 'securityData.read',
    summary: 'The text of a rule, and of the shipped rule that it was made from',
    params: ById,
    response: RuleText,
  }),
  saveRule: route({
    method: 'PUT',
    path: '/api/rules/:id/text',
    permission: 'detectionTuning.manage',
    summary:
      'Save a rule as YAML of Sentinel or Sigma and use it at once. `version`: the one that was changed, null for a new rule. With a shipped rule’s id it stands in that one’s place',
    params: ById,
    body: z.object({
      text: z.string().max(ruleLimits.textLength),
      version: z.int().min(1).nullable(),
      /** The shipped rule that it is made from. Default: the one with its id. */
      templateId: RuleId.optional(),
      note: z.string().trim().max(500).default(''),
    }),
    bodyLimit: 2 * 1_048_576,
    response: RuleText,
  }),
  deleteRule: route({
    method: 'DELETE',
    path: '/api/rules/:id',
    permission: 'detectionTuning.manage',
    summary: 'Remove a rule of one’s own with its versions. A shipped one in whose place it stood is used again',
    params: ById,
    response: z.object({}),
  }),
  changeRules: route({
    method: 'POST',
    path: '/api/rules/bulk',
    permission: 'detectionTuning.manage',
    summary: 'Switch many rules on or off, or remove them. Of shipped ones none is removed',
    body: z.object({
      ids: z.array(RuleId).min(1).max(ruleLimits.rulesAtOnce),
      action: z.enum(['enable', 'disable', 'delete']),
    }),
    bodyLimit: 4 * 1_048_576,
    response: z.object({ changed: z.int() }),
  }),
  listRuleVersions: route({
    method: 'GET',
    path: '/api/rules/:id/versions',
    permission: 'securityData.read',
    summary: 'Who saved what of a rule when; the newest 100',
    params: ById,
    response: z.object({
      versions: z.array(
        z.object({ version: z.int(), note: z.string(), savedAt: z.iso.datetime(), savedBy: z.string() }),
      ),
    }),
  }),
  getRuleVersion: route({
    method: 'GET',
    path: '/api/rules/:id/versions/:version',
    permission: 'securityData.read',
    summary: 'The text of a rule as it once was',
    params: ById.extend({ version: z.coerce.number().int().min(1) }),
    response: z.object({ text: z.string() }),
  }),
  revertRule: route({
    method: 'POST',
    path: '/api/rules/:id/revert',
    permission: 'detectionTuning.manage',
    summary: 'Save an earlier version of a rule as the newest one',
    params: ById,
    body: z.object({ version: z.int().min(1) }),
    response: RuleText,
  }),
  settleRuleUpdate: route({
    method: 'POST',
    path: '/api/rules/:id/update',
    permission: 'detectionTuning.manage',
    summary: 'The shipped rule that one was made from has changed: take its text (`apply`), or `keep` one’s own',
    params: ById,
    body: z.object({ choice: z.enum(['apply', 'keep']) }),
    response: RuleText,
  }),
  importRules: route({
    method: 'POST',
    path: '/api/rules/import',
    permission: 'detectionTuning.manage',
    summary:
      'Rules and hunting queries of files and zips: Sentinel’s YAML, ARM templates and solution packages, Sigma, Defender’s custom detections. Without `apply` a preview',
    body: z.object({
      files: z
        .array(
          z.object({
            path: z.string().min(1).max(1_000),
            text: z.string().optional(),
            /** Base64. */
            zip: z.base64().optional(),
          }),
        )
        .min(1)
        .max(ruleLimits.importFiles),
      apply: z.boolean().default(false),
      /** Only these, by id. Default: all that are new or changed. */
      only: z.array(RuleId).max(ruleLimits.rulesAtOnce).optional(),
      /** Default: as each says. A rule whose query does not compile is off until somebody switches it on. */
      enabled: z.boolean().optional(),
    }),
    bodyLimit: 128 * 1_048_576,
    response: RuleImport,
  }),
  exportRules: route({
    method: 'POST',
    path: '/api/rules/export',
    permission: 'securityData.read',
    summary: 'Rules as files: YAML, one each, or one ARM template of all. Sigma becomes Sentinel’s YAML',
    body: z.object({ ids: z.array(RuleId).min(1).max(ruleLimits.rulesAtOnce), format: z.enum(['yaml', 'arm']) }),
    bodyLimit: 4 * 1_048_576,
    response: z.object({ files: z.array(z.object({ name: z.string(), text: z.string() })) }),
  }),
} as const;
