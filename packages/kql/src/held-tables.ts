import type { FunctionDefinition, KqlCatalogue } from './types.ts';

/** `union T*`, `search`, `find`: only these go over tables that they don't name. Errs towards yes. */
const wild = (text: string): boolean =>
  /\b(?:search|find)\b/.test(text) || (text.includes('*') && /\bunion\b/.test(text));
const word = /[A-Za-z_]\w*/g;

const wildFunctions = new WeakMap<readonly FunctionDefinition[], ReadonlySet<string>>();
/** The functions that go over tables, themselves or by others that they name. */
function wildOf(functions: readonly FunctionDefinition[]): ReadonlySet<string> {
  const known = wildFunctions.get(functions);
  if (known) return known;
  const found = new Set(functions.filter(({ body }) => wild(body)).map(({ name }) => name));
  for (let before = -1; before < found.size && found.size > 0;) {
    before = found.size;
    for (const { name, body } of functions) if (!found.has(name) && names(body, found)) found.add(name);
  }
  wildFunctions.set(functions, found);
  return found;
}
const names = (text: string, functions: ReadonlySet<string>): boolean =>
  functions.size > 0 && (text.match(word) ?? []).some((one) => functions.has(one));

/** Whether a query goes over tables that it does not name, so that it means something else once another of them holds rows. Errs towards yes. */
export const goesOverTables = (text: string, { functions }: Pick<KqlCatalogue, 'functions'>): boolean =>
  wild(text) || names(text, wildOf(functions));

/** The version of a catalogue as far as a text depends on it. */
export const versionFor = (text: string, catalogue: KqlCatalogue): string =>
  catalogue.held !== undefined && goesOverTables(text, catalogue)
    ? `${catalogue.version} held ${catalogue.held}`
    : catalogue.version;
