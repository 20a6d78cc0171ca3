import type { AnomalyParameter } from '@sallyport/contracts';

/** What is wrong with what was typed; undefined: nothing. */
export function faultOf({ type, minimum, maximum }: AnomalyParameter, text: string): string | undefined {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return 'A number';
  if (value < minimum || value > maximum) return `From ${minimum} to ${maximum}`;
  return type === 'long' && !Number.isInteger(value) ? 'A whole number' : undefined;
}

/** The values that were typed; undefined while one of them is wrong. */
export function valuesOf(
  parameters: readonly AnomalyParameter[],
  texts: Readonly<Record<string, string>>,
): Record<string, number> | undefined {
  if (parameters.some((parameter) => faultOf(parameter, texts[parameter.name] ?? '') !== undefined)) return undefined;
  return Object.fromEntries(parameters.map(({ name }) => [name, Number(texts[name])]));
}
