import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPolicy } from './check.ts';
import { compilePolicies } from './compile.ts';
import { decide } from './decide.ts';
import { engineAnswers, plainAnswers, type Engine } from './testing/compare.ts';
import { cases, requestsOfACase, type GeneratedCase } from './testing/generate.ts';

const worlds = 160;

describe(`${worlds * requestsOfACase} generated decisions`, () => {
  it('are those of the plain evaluator, with every result and condition', () => {
    const seen = new Map<string, number>();
    const count = (word: string): void => void seen.set(word, (seen.get(word) ?? 0) + 1);
    fc.assert(
      fc.property(cases, (generated) => {
        const answers = engineAnswers(generated, { compilePolicies, decide }, (decision) => {
          count(decision.decision);
          for (const { result } of decision.policies) count(result);
        });
        expect(answers).toEqual(plainAnswers(generated));
      }),
      { numRuns: worlds },
    );
    // None of the answers is so rare that it was hardly tried.
    const rarest = [
      'allow',
      'block',
      'challenge',
      'success',
      'failure',
      'notApplied',
      'notEnabled',
      'reportOnlySuccess',
      'reportOnlyFailure',
      'reportOnlyInterrupted',
      'reportOnlyNotApplied',
    ].map((word) => [word, seen.get(word) ?? 0] as const);
    expect(rarest.filter(([, times]) => times < 5)).toEqual([]);
  });

  it('are about policies that may be saved', () => {
    const generated = fc.sample(cases, { numRuns: 60, seed: 1 }).flatMap(({ policies }) => policies);
    const problems = generated.flatMap((policy) => ('broken' in policy ? [] : checkPolicy(policy).problems));
    expect(problems).toEqual([]);
  });
});

/** Faults as people make them, put into a copy of the engine one at a time. */
const faults: readonly { readonly name: string; readonly file: string; readonly from: string; readonly to: string }[] =
  [
    {
      name: 'an inclusion is worth more than an exclusion',
      file: 'conditions.ts',
      from: 'if (included === no || excluded === yes) return no;',
      to: 'if (included === yes) return yes; if (included === no || excluded === yes) return no;',
    },
    {
      name: 'what cannot be told passes',
      file: 'decide.ts',
      from: 'policy.error !== undefined || match.unknown !== 0 || policy.grant.block',
      to: 'policy.error !== undefined || policy.grant.block',
    },
    {
      name: 'what cannot be told does not apply',
      file: 'decide.ts',
      from: 'if (match.notSatisfied !== 0) return',
      to: 'if (match.notSatisfied !== 0 || match.unknown !== 0) return',
    },
    {
      name: 'an erring policy is skipped',
      file: 'decide.ts',
      from: "if (policy.state === 'disabled') return 'notEnabled';",
      to: "if (policy.state === 'disabled') return 'notEnabled'; if (policy.error !== undefined) return policy.state === 'reportOnly' ? 'reportOnlyNotApplied' : 'notApplied';",
    },
    {
      name: 'report-only is enforced',
      file: 'decide.ts',
      from: "const reportOnly = policy.state === 'reportOnly';",
      to: 'const reportOnly = false;',
    },
    {
      name: 'a block is a demand like others',
      file: 'decide.ts',
      from: 'if (state !== mayBeMet) this.#blocked = true;',
      to: '',
    },
    {
      name: 'one of several demands is enough',
      file: 'demands.ts',
      from: "if (operator === 'AND' || controls.length === 0) return worst;",
      to: 'if (controls.length === 0) return worst;',
    },
    {
      name: 'old clients can be asked',
      file: 'demands.ts',
      from: "new Set(['exchangeActiveSync', 'easSupported', 'other'])",
      to: "new Set(['other'])",
    },
    {
      name: 'a device counts in the device code flow',
      file: 'match.ts',
      from: "authenticationFlow === 'deviceCodeFlow' || clientAppType === 'other' ? undefined",
      to: "clientAppType === 'other' ? undefined",
    },
    {
      name: 'groups are not excluded',
      file: 'match.ts',
      from: "this.#mark('excludeGroups', group, marks.excluded);",
      to: '',
    },
    {
      name: 'an exception for one of several apps is for all',
      file: 'match.ts',
      from: 'context.includeApplications.some((app',
      to: 'context.includeApplications.every((app',
    },
    {
      name: 'all resources cover authentication contexts',
      file: 'match.ts',
      from: '(this.#marks[at]! & marks.covered) !== 0 && (this.#set.base[at]! & marks.covered) === 0',
      to: '(this.#marks[at]! & marks.covered) !== 0',
    },
    {
      name: 'a platform that is not known is none',
      file: 'match.ts',
      from: 'bit(conditions.devicePlatform, devicePlatforms) || unknownPlatform',
      to: 'bit(conditions.devicePlatform, devicePlatforms)',
    },
    { name: 'networks end one address early', file: 'addresses.ts', from: '.last >= address', to: '.last > address' },
    {
      name: 'IPv4 within IPv6 is another address',
      file: 'addresses.ts',
      from: 'address.isIPv4MappedAddress()',
      to: 'false',
    },
    {
      name: 'unknown countries are everywhere',
      file: 'locations.ts',
      from: 'location.includeUnknownCountriesAndRegions ? yes : no',
      to: 'yes',
    },
    {
      name: 'attributes of devices that nobody manages count',
      file: 'match.ts',
      from: 'const managed = device.isCompliant === true ||',
      to: 'const managed = true || device.isCompliant === true ||',
    },
    {
      name: 'a filter asks with case',
      file: 'filter/evaluate.ts',
      from: "typeof held === 'string' ? held.toLowerCase()",
      to: "typeof held === 'string' ? held",
    },
    {
      name: 'a negative question is not about devices that are not known',
      file: 'filter/evaluate.ts',
      from: ': (read) => !test(read(name));',
      to: ': (read) => read(name) !== undefined && !test(read(name));',
    },
    {
      name: 'the longest sign-in frequency wins',
      file: 'sessions.ts',
      from: 'Math.min(seconds, all[name] ?? Infinity)',
      to: 'Math.max(seconds, all[name] ?? 0)',
    },
    {
      name: 'persistence may be had from another policy',
      file: 'sessions.ts',
      from: "if (more.persistentBrowser && all.persistentBrowser !== 'never')",
      to: 'if (more.persistentBrowser)',
    },
    {
      name: 'guests of any tenant are meant',
      file: 'match.ts',
      from: 'if (tenants === undefined || this.#guest === internalGuest) return yes;',
      to: 'return yes;',
    },
    {
      name: 'emergency accounts are held by policies',
      file: 'decide.ts',
      from: "if (identity.kind === 'user' && set.emergencyAccess.has(keyOf(identity.userId)))",
      to: 'if (Number(0))',
    },
    {
      name: 'emergency accounts need nothing',
      file: 'demands.ts',
      from: 'if (phishingResistant(authentication) && fresh)',
      to: 'if (fresh)',
    },
    {
      name: 'a filter of applications that excludes includes',
      file: 'match.ts',
      from: "held |= filter.mode === 'include' ? marks.covered : marks.uncovered;",
      to: 'held |= marks.covered;',
    },
  ];

describe('generated cases find', () => {
  const source = import.meta.dirname;
  let folder = '';
  let sample: { readonly generated: GeneratedCase; readonly expected: string }[] = [];
  const isFound = (engine: Engine): boolean =>
    sample.some(({ generated, expected }) => JSON.stringify(engineAnswers(generated, engine)) !== expected);
  beforeAll(() => {
    folder = mkdtempSync(join(source, '..', '.faults-'));
    sample = fc
      .sample(cases, { numRuns: worlds, seed: 7 })
      .map((generated) => ({ generated, expected: JSON.stringify(plainAnswers(generated)) }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('nothing in the engine as it is', () => {
    expect(isFound({ compilePolicies, decide })).toBe(false);
  });

  it.each(faults)('$name', ({ file, from, to }) => {
    const copy = mkdtempSync(join(folder, 'src-'));
    cpSync(source, copy, { recursive: true, filter: (path) => !/testing$|\.test\.ts$/.test(path) });
    const text = readFileSync(join(copy, file), 'utf8');
    expect(text.split(from)).toHaveLength(2);
    writeFileSync(
      join(copy, file),
      text.replace(from, () => to),
    );
    // Node's own loader: the test runner's transforms would cost more than the test.
    const spoilt = createRequire(import.meta.url)(join(copy, 'index.ts')) as Engine;
    expect(isFound(spoilt)).toBe(true);
  });
});
