import { SallyportError } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { AnomalyTemplate, BehaviourContent } from './content.ts';
import type { AnomalyRule } from './query.ts';
import { loadRuleRows, type RuleRow } from './store.ts';

export interface RuleSetting {
  readonly rule: AnomalyRule;
  readonly enabled: boolean;
  /** Undefined: as it ships. */
  readonly row?: RuleRow;
}

/** The rules of a template: production, and its flight where there is one. */
export interface Settings {
  readonly production: RuleSetting;
  readonly flight?: RuleSetting;
}

const settingOf = (template: AnomalyTemplate, status: AnomalyRule['status'], row?: RuleRow): RuleSetting => ({
  rule: {
    template,
    status,
    // What a template no longer has is left out; what it no longer allows is its default again.
    parameters: Object.fromEntries(
      template.parameters
        .map(({ name, minimum, maximum }) => [name, row?.parameters[name], minimum, maximum] as const)
        .filter(([, value, minimum, maximum]) => value !== undefined && value >= minimum && value <= maximum)
        .map(([name, value]) => [name, value ?? 0]),
    ),
    configVersion: row?.config_version ?? 0,
  },
  enabled: row?.enabled ?? true,
  ...(row ? { row } : {}),
});

/** How every template is set, by its id. */
export async function loadSettings(db: Queryable, content: BehaviourContent): Promise<Map<string, Settings>> {
  const rows = new Map((await loadRuleRows(db)).map((row) => [`${row.template_id} ${row.status}`, row]));
  return new Map(
    [...content.anomalies.values()].map((template) => {
      const flight = rows.get(`${template.id} Flighting`);
      return [
        template.id,
        {
          production: settingOf(template, 'Production', rows.get(`${template.id} Production`)),
          ...(flight ? { flight: settingOf(template, 'Flighting', flight) } : {}),
        },
      ];
    }),
  );
}

/** The rules that run. */
export const enabledRules = (settings: ReadonlyMap<string, Settings>): AnomalyRule[] =>
  [...settings.values()]
    .flatMap(({ production, flight }) => (flight ? [production, flight] : [production]))
    .filter(({ enabled }) => enabled)
    .map(({ rule }) => rule);

/** Keeps what differs from the defaults. Throws SallyportError BadRequest for a value that a template does not have or allow. */
export function checkedValues(
  template: AnomalyTemplate,
  values: Readonly<Record<string, number>>,
): Record<string, number> {
  const kept: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) {
    const parameter = template.parameters.find((one) => one.name === name);
    const target = `values.${name}`;
    if (!parameter) throw new SallyportError('BadRequest', `there is no parameter \`${name}\``, { target });
    if (value < parameter.minimum || value > parameter.maximum)
      throw new SallyportError('BadRequest', `\`${name}\` must be from ${parameter.minimum} to ${parameter.maximum}`, {
        target,
      });
    if (parameter.type === 'long' && !Number.isInteger(value))
      throw new SallyportError('BadRequest', `\`${name}\` must be a whole number`, { target });
    if (value !== parameter.default) kept[name] = value;
  }
  return kept;
}
