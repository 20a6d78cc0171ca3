import { z } from 'zod';
import { tactics } from '@sallyport/contracts';
import type { Json } from './arm-expressions.ts';
import type { FoundProblem, FoundRule } from './found.ts';

/**
 * A custom detection of Microsoft Defender XDR as Graph has it.
 * https://learn.microsoft.com/graph/api/resources/security-detectionrule
 */
const DetectionRule = z.looseObject({
  id: z.coerce.string().max(128).optional(),
  detectorId: z.string().max(128).nullish(),
  displayName: z.string().min(1).max(256),
  isEnabled: z.boolean().default(true),
  queryCondition: z.looseObject({ queryText: z.string() }),
  schedule: z.looseObject({ period: z.string().max(16) }).nullish(),
  detectionAction: z
    .looseObject({
      alertTemplate: z
        .looseObject({
          title: z.string().nullish(),
          description: z.string().nullish(),
          severity: z.string().nullish(),
          category: z.string().nullish(),
          recommendedActions: z.string().nullish(),
          mitreTechniques: z.array(z.string()).nullish(),
          impactedAssets: z.array(z.looseObject({ identifier: z.string().max(128) })).nullish(),
        })
        .nullish(),
      responseActions: z.array(z.unknown()).nullish(),
    })
    .nullish(),
});
type DetectionRule = z.infer<typeof DetectionRule>;

const rulesMax = 20_000;

/** The custom detections in a JSON value: one, a list, or Graph's answer with `value`. Undefined when it holds none. */
export function defenderRules(
  value: Json,
): { readonly rules: FoundRule[]; readonly problems: FoundProblem[] } | undefined {
  const items = itemsOf(value).filter((item) => typeof item === 'object' && item !== null && 'queryCondition' in item);
  if (items.length === 0) return undefined;
  const rules: FoundRule[] = [];
  const problems: FoundProblem[] = [];
  for (const item of items.slice(0, rulesMax)) {
    const parsed = DetectionRule.safeParse(item);
    if (parsed.success) rules.push(toSentinel(parsed.data));
    else {
      const [issue] = parsed.error.issues;
      problems.push({
        at: nameOf(item),
        message: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not readable'}`,
      });
    }
  }
  return { rules, problems };
}

function itemsOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return [];
  const inner = 'value' in value ? value['value'] : undefined;
  return Array.isArray(inner) ? inner : [value];
}
const nameOf = (item: Json): string =>
  typeof item === 'object' && item !== null && 'displayName' in item && typeof item['displayName'] === 'string'
    ? item['displayName']
    : '';

/** How far back a run looks, by how often it runs. https://learn.microsoft.com/defender-xdr/custom-detection-rules */
const lookBack: Readonly<Record<string, string>> = { '1H': '4h', '3H': '12h', '12H': '2d', '24H': '30d' };

function toSentinel(rule: DetectionRule): FoundRule {
  const alert = rule.detectionAction?.alertTemplate;
  const period = (rule.schedule?.period ?? '24H').toUpperCase();
  const warnings: string[] = [];
  const look = lookBack[period];
  if (look === undefined && period !== '0') warnings.push(`schedule.period \`${period}\`: taken as 24H`);
  if ((rule.detectionAction?.responseActions ?? []).length > 0) warnings.push('its response actions are left out');
  const tactic = tactics.find((one) => one.toLowerCase() === alert?.category?.replaceAll(/[^a-z]/gi, '').toLowerCase());
  const title = alert?.title?.trim() ?? '';
  const fields: Record<string, Json> = {
    id: rule.detectorId ?? rule.id ?? '',
    name: rule.displayName,
    description: [alert?.description, alert?.recommendedActions].filter(Boolean).join('\n\n'),
    kind: period === '0' ? 'NRT' : 'Scheduled',
    severity: alert?.severity ?? 'Medium',
    enabled: rule.isEnabled,
    ...(period === '0'
      ? {}
      : { queryFrequency: look === undefined ? '24h' : period.toLowerCase(), queryPeriod: look ?? '30d' }),
    triggerOperator: 'gt',
    triggerThreshold: 0,
    tactics: tactic ? [tactic] : [],
    relevantTechniques: alert?.mitreTechniques ?? [],
    query: rule.queryCondition.queryText,
    eventGroupingSettings: { aggregationKind: 'AlertPerResult' },
    entityMappings: (alert?.impactedAssets ?? []).flatMap(({ identifier }) => mappingOf(identifier) ?? []),
    ...(title !== '' && title !== rule.displayName ? { alertDetailsOverride: { alertDisplayNameFormat: title } } : {}),
    version: '1.0.0',
  };
  return { fields, at: rule.displayName, warnings };
}

/** `deviceId` is the column DeviceId; what it identifies is told by how it ends. */
function mappingOf(identifier: string): Json | undefined {
  const column = identifier.slice(0, 1).toUpperCase() + identifier.slice(1);
  const [kind, field] = kinds.find(([pattern]) => pattern.test(column))?.[1] ?? [];
  if (kind === undefined || field === undefined) return undefined;
  return { entityType: kind, fieldMappings: [{ identifier: field, columnName: column }] };
}
const kinds: readonly (readonly [RegExp, readonly [string, string]])[] = [
  [/DeviceId$/, ['Host', 'AzureID']],
  [/DeviceName$/, ['Host', 'FullName']],
  [/ObjectId$|AccountId$/, ['Account', 'AadUserId']],
  [/Sid$/, ['Account', 'Sid']],
  [/Upn$|AccountName$/, ['Account', 'FullName']],
  [/EmailAddress$|FromAddress$/, ['Mailbox', 'MailboxPrimaryAddress']],
];
