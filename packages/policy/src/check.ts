import { ConditionalAccessPolicy, NamedLocation } from '@sallyport/contracts/conditional-access';
import { parseRange } from './addresses.ts';
import { FilterError, parseFilter, type FilterSubject } from './filter/index.ts';
import { pathText, type PolicyProblem } from './problem.ts';
import { ambiguities, refusals } from './refusals.ts';

export type Checked<T> =
  | { readonly value: T; readonly problems: readonly [] }
  | { readonly problems: readonly PolicyProblem[] };

/** A policy as it may be saved, or everything that is wrong with it. Never throws. */
export function checkPolicy(input: unknown): Checked<ConditionalAccessPolicy> {
  const shape = checkShape(input);
  if (!('value' in shape)) return shape;
  const problems = faultsOf(shape.value);
  return problems.length === 0 ? shape : { problems };
}

/** The form alone. */
export function checkShape(input: unknown): Checked<ConditionalAccessPolicy> {
  const parsed = ConditionalAccessPolicy.safeParse(input);
  return parsed.success ? { value: parsed.data, problems: [] } : { problems: problemsOf(parsed.error.issues) };
}

/** What is wrong with a policy whose form is right: combinations that are refused, and filters that are none. */
const faultsOf = (policy: ConditionalAccessPolicy): PolicyProblem[] => [
  ...refusals.flatMap((refusal) => refusal(policy)),
  ...filterProblems(policy),
];

/** Of those, what a decision can't be made on. */
export const undecidable = (policy: ConditionalAccessPolicy): PolicyProblem[] => [
  ...ambiguities.flatMap((ambiguity) => ambiguity(policy)),
  ...filterProblems(policy),
];

function filterProblems({ conditions }: ConditionalAccessPolicy): PolicyProblem[] {
  const { applications, clientApplications, devices } = conditions;
  return [
    ...filterProblem(devices?.deviceFilter?.rule, 'conditions.devices.deviceFilter.rule', 'device'),
    ...filterProblem(
      applications.applicationFilter?.rule,
      'conditions.applications.applicationFilter.rule',
      'attribute',
    ),
    ...filterProblem(
      clientApplications?.servicePrincipalFilter?.rule,
      'conditions.clientApplications.servicePrincipalFilter.rule',
      'attribute',
    ),
  ];
}

function filterProblem(rule: string | undefined, path: string, subject: FilterSubject): PolicyProblem[] {
  if (rule === undefined) return [];
  try {
    parseFilter(rule, subject);
    return [];
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return [{ path, message: error.message, ...error.span }];
  }
}

/** A named location as it may be saved. Ranges are addresses, and of networks none is larger than /8. */
export function checkNamedLocation(input: unknown): Checked<NamedLocation> {
  const parsed = NamedLocation.safeParse(input);
  if (!parsed.success) return { problems: problemsOf(parsed.error.issues) };
  const location = parsed.data;
  const ranges = location['@odata.type'] === '#microsoft.graph.ipNamedLocation' ? location.ipRanges : [];
  const problems = ranges.flatMap((range, i): PolicyProblem[] => {
    if (parseRange(range) === undefined)
      return [{ path: `ipRanges[${i}]`, message: 'not a range of IPv4 or IPv6 addresses' }];
    const tooWide = 'cidrAddress' in range && Number(range.cidrAddress.split('/')[1]) < 8;
    return tooWide ? [{ path: `ipRanges[${i}].cidrAddress`, message: 'wider than /8' }] : [];
  });
  return problems.length === 0 ? { value: location, problems: [] } : { problems };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** Unknown fields are told one by one, each at its own place. */
const problemsOf = (issues: readonly Issue[]): PolicyProblem[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.keys
      ? issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'not a field that is understood' }))
      : [{ path: pathText(issue.path), message: issue.message }],
  );
