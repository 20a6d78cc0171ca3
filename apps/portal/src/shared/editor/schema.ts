import type { ResponseOf, routes } from '@sallyport/contracts';

export type CatalogueSchema = ResponseOf<(typeof routes)['getSchema']>;

export interface InputParameter {
  readonly name: string;
  /** The language service reads one or the other; both are KQL names here. */
  readonly type?: string;
  readonly cslType?: string;
  readonly cslDefaultValue?: string;
  readonly columns?: readonly { readonly name: string; readonly type: string; readonly cslType: string }[];
}

/** Parts of `text` between commas that stand in no bracket and no quotes. */
export function splitTop(text: string): string[] {
  const parts: string[] = [];
  let [depth, quote, part] = [0, '', ''];
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0 && quote === '') {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '');
}

const typed = (type: string): { type: string; cslType: string } => ({ type: type.trim(), cslType: type.trim() });

/** `(x:long, T:(a:string), y:string='z')` as the editor's language service wants it. */
export function inputParameters(text: string): InputParameter[] {
  return splitTop(text.trim().replace(/^\(|\)$/g, '')).map((part): InputParameter => {
    const colon = part.indexOf(':');
    if (colon < 0) return { name: part };
    const name = part.slice(0, colon).trim();
    const rest = part.slice(colon + 1).trim();
    if (rest.startsWith('('))
      return {
        name,
        columns: splitTop(rest.slice(1, rest.lastIndexOf(')'))).flatMap((column) => {
          const [columnName, type] = column.split(':');
          return columnName && type ? [{ name: columnName.trim(), ...typed(type) }] : [];
        }),
      };
    const equals = rest.indexOf('=');
    if (equals < 0) return { name, ...typed(rest) };
    return { name, ...typed(rest.slice(0, equals)), cslDefaultValue: rest.slice(equals + 1).trim() };
  });
}

const DATABASE = 'lake';

/** Our catalogue in the shape that `@kusto/monaco-kusto` takes. */
export function engineSchema(catalogue: CatalogueSchema) {
  const database = {
    name: DATABASE,
    majorVersion: 1,
    minorVersion: 0,
    entityGroups: [],
    tables: catalogue.tables.map(({ name, columns }) => ({ name, columns })),
    functions: catalogue.functions.map(({ name, parameters, body }) => ({
      name,
      body: body.trim().startsWith('{') ? body : `{ ${body} }`,
      inputParameters: inputParameters(parameters),
    })),
  };
  return {
    clusterType: 'Engine' as const,
    cluster: { connectionString: 'https://sallyport.local', databases: [database] },
    database,
  };
}
