import { SallyportError } from '@sallyport/contracts';

const reserved = /^(tenantid|type|_.*)$/i;

/** Throws SallyportError BadRequest, naming the place, for a column that is Sallyport's own or is given twice. */
export function checkColumns(columns: readonly { readonly name: string }[], place: string): void {
  const seen = new Set<string>();
  for (const [i, { name }] of columns.entries()) {
    const target = `body.${place}.${i}.name`;
    if (reserved.test(name)) throw new SallyportError('BadRequest', `\`${name}\` is a reserved column`, { target });
    if (seen.has(name)) throw new SallyportError('BadRequest', `column \`${name}\` is given twice`, { target });
    seen.add(name);
  }
}
