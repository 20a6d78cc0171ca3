import { SallyportError } from '@sallyport/contracts';
import { KqlError, ownFunctions, type FunctionDefinition } from '@sallyport/kql';
import { faultsOf, type Checker } from '../check.ts';

/** Comments and texts of a query: words in them are no names. */
const asides = /\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
const word = /[A-Za-z_]\w*/g;

/** Names that a body may mean. */
const namesIn = (body: string): ReadonlySet<string> =>
  new Set([...body.replaceAll(asides, ' ').matchAll(word)].map(([name]) => name));

/** Functions that call `name`, by name. */
export const callersOf = (name: string, all: readonly FunctionDefinition[]): readonly string[] =>
  all.filter((one) => one.name !== name && namesIn(one.body).has(name)).map((one) => one.name);

/** The way from a function back to itself by what it calls; undefined when there is none. */
export function cycleOf(
  candidate: FunctionDefinition,
  others: readonly FunctionDefinition[],
): readonly string[] | undefined {
  const known = new Map(others.map((one) => [one.name, one]));
  known.set(candidate.name, candidate);
  const seen = new Set<string>();
  const search = (one: FunctionDefinition, way: readonly string[]): readonly string[] | undefined => {
    for (const name of namesIn(one.body)) {
      if (name === candidate.name) return [...way, name];
      const next = known.get(name);
      if (!next || seen.has(name)) continue;
      seen.add(name);
      const found = search(next, [...way, name]);
      if (found) return found;
    }
    return undefined;
  };
  return search(candidate, [candidate.name]);
}

/** An argument of a parameter's type: `n:long` → `long(null)`, `T:(a:string)` → an empty table. */
const argumentOf = (parameter: string): string => {
  const type = parameter.slice(parameter.indexOf(':') + 1).trim();
  const scalar = type.split('=')[0]!.trim();
  if (!type.startsWith('(')) return scalar === 'string' ? "''" : `${scalar}(null)`;
  const columns = type.slice(1, type.lastIndexOf(')')).trim();
  return `(datatable(${columns === '*' ? 'Column:string' : columns})[])`;
};

/** Parts between commas that stand in no bracket and no quotes. */
function parametersIn(text: string): string[] {
  const parts: string[] = [];
  let [depth, quote, part] = [0, '', ''];
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    if (character === ',' && depth === 0 && quote === '') {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '');
}

/**
 * Throws BadRequest with the place when a function can't be one: its name means something already, it calls itself, or its body or parameters don't
 * compile. `others`: stored functions beside it.
 */
export function checkFunction(
  candidate: FunctionDefinition,
  others: readonly FunctionDefinition[],
  checker: Checker,
  options: {
    now: Date;
    database: string;
    tables: ReadonlySet<string>;
    /** It is this function's name already. */ known: boolean;
  },
): void {
  const { name, parameters, body } = candidate;
  const wrong = (message: string, target: string): never => {
    throw new SallyportError('BadRequest', message, { target });
  };
  const taken = [...others, ...ownFunctions].some((one) => one.name === name) || options.tables.has(name);
  if (taken || (!options.known && isBuiltIn(name, checker, options)))
    wrong(`\`${name}\` means something already`, 'body.functionName');
  const cycle = cycleOf(candidate, others);
  if (cycle) wrong(`it would call itself: ${cycle.join(' → ')}`, 'body.query');
  const given = parametersIn(parameters);
  const nameless = given.find((one) => !/^[A-Za-z_]\w*\s*:/.test(one));
  if (nameless !== undefined)
    wrong(`a parameter is \`name:type\`, and \`${nameless.slice(0, 100)}\` is none`, 'body.functionParameters');
  const call = `Checked(${given.map(argumentOf).join(', ')})`;
  const head = `let Checked = (${parameters}) {`;
  const text = (use: string): string => `${head}\n${body}\n};\n${use}`;
  const [fault] = faultsOf(checker, text(call), options);
  if (!fault || faultsOf(checker, text(`print Result = ${call}`), options).length === 0) return;
  const start = fault.start - head.length - 1;
  const inside = start >= 0 && start <= body.length;
  throw new SallyportError('InvalidQuery', fault.message, {
    target: inside ? `${start}..${Math.min(body.length, fault.end - head.length - 1)}` : 'body.functionParameters',
    details: [{ code: fault.code, message: fault.message }],
  });
}

/** Microsoft's code for a name that no function has. */
const unknownFunction = 'KS211';

function isBuiltIn(name: string, { kql }: Checker, { now, database }: { now: Date; database: string }): boolean {
  try {
    kql.compile(`print Result = ${name}()`, { now, database, noData: true });
    return true;
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    return ![error, ...error.others].some(({ code }) => code === unknownFunction);
  }
}
