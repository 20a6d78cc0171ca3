import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'yaml';
import { HostRefusal, type HostFunction } from './host.ts';

/**
 * A browser's name taken apart by the patterns of uap-core, as the real engine does.
 * https://github.com/ua-parser/uap-core/blob/master/docs/specification.md
 */

interface Rule {
  readonly regex: string;
  readonly regex_flag?: string;
  readonly [replacement: string]: string | undefined;
}
interface Rules {
  readonly user_agent_parsers: readonly Rule[];
  readonly os_parsers: readonly Rule[];
  readonly device_parsers: readonly Rule[];
}
interface Pattern {
  readonly regex: RegExp;
  readonly rule: Rule;
}
/** Longer ones are cut: the patterns backtrack, and no browser says so much. */
const maxLength = 1_024;

let rules: Rules | undefined;
const compiled = new Map<keyof Rules, readonly Pattern[]>();
/** Read at the first use: reading takes a tenth of a second. */
function patterns(kind: keyof Rules): readonly Pattern[] {
  rules ??= parse(readFileSync(createRequire(import.meta.url).resolve('uap-core/regexes.yaml'), 'utf8')) as Rules;
  let list = compiled.get(kind);
  if (!list) {
    list = rules[kind].map((rule) => ({ regex: new RegExp(rule.regex, rule.regex_flag ?? ''), rule }));
    compiled.set(kind, list);
  }
  return list;
}

/** The parts of the first pattern that matches: each its replacement (`$1` filled in) or its capturing group. */
function parts(kind: keyof Rules, agent: string, names: readonly (readonly [name: string, group: number])[]): string[] {
  for (const { regex, rule } of patterns(kind)) {
    const match = regex.exec(agent);
    if (!match) continue;
    return names.map(([name, group]) => {
      const given = rule[name];
      if (given === undefined) return match[group]?.trim() ?? '';
      return given.replaceAll(/\$(\d)/g, (_, n: string) => match[Number(n)] ?? '').trim();
    });
  }
  return names.map((_, i) => (i === 0 ? 'Other' : ''));
}

type Part = (agent: string) => readonly [string, Readonly<Record<string, string>>];
const targets: Readonly<Record<string, Part>> = {
  browser: (agent) => {
    const [Family = '', MajorVersion = '', MinorVersion = '', Patch = ''] = parts('user_agent_parsers', agent, [
      ['family_replacement', 1],
      ['v1_replacement', 2],
      ['v2_replacement', 3],
      ['v3_replacement', 4],
    ]);
    return ['Browser', { Family, MajorVersion, MinorVersion, Patch }];
  },
  os: (agent) => {
    const found = parts('os_parsers', agent, [
      ['os_replacement', 1],
      ['os_v1_replacement', 2],
      ['os_v2_replacement', 3],
      ['os_v3_replacement', 4],
      ['os_v4_replacement', 5],
    ]);
    const [Family = '', MajorVersion = '', MinorVersion = '', Patch = '', PatchMinor = ''] = found;
    return ['OperatingSystem', { Family, MajorVersion, MinorVersion, Patch, PatchMinor }];
  },
  device: (agent) => {
    const [Family = '', Brand = '', Model = ''] = parts('device_parsers', agent, [
      ['device_replacement', 1],
      ['brand_replacement', 99],
      ['model_replacement', 1],
    ]);
    return ['Device', { Family, Brand, Model: Family === 'Other' && Brand === '' ? '' : Model }];
  },
};

function wanted(text: string): readonly string[] {
  if (!text.startsWith('[')) return [text];
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? list.map(String) : [];
}
/** What to look for: a text, or the JSON of a list. */
const lookFor = (value: unknown): readonly Part[] =>
  wanted(typeof value === 'string' ? value.replace(/^"(.*)"$/, '$1') : '').map((name) => {
    const target = targets[name.toLowerCase()];
    if (!target) throw new HostRefusal(`the parts are "browser", "os" and "device", not ${JSON.stringify(name)}`);
    return target;
  });

export const userAgentFunctions: readonly HostFunction[] = [
  {
    name: 'parse_user_agent',
    parameters: ['string', 'any'],
    result: 'dynamic',
    evaluate: ([agent, what]) => {
      const text = typeof agent === 'string' ? agent.slice(0, maxLength) : '';
      return JSON.stringify(Object.fromEntries(lookFor(what).map((part) => part(text))));
    },
  },
];
