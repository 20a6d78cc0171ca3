import { visible } from '@sallyport/contracts';

export { hasHidden, visible } from '@sallyport/contracts';

/** `text` with its middle left out, at most `length` characters; its ends are what tells identifiers apart. */
export function elide(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}

/** `UserAccount` → `User account`, for enumerations shown to people. Words of capitals only, and what is no identifier, stay. */
export function words(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return name;
  const text = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(' ')
    .map((word, index) => (index === 0 || word === word.toUpperCase() ? word : word.toLowerCase()))
    .join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Prose of a rule or incident, safe to look at: authors wrap their lines, so a single line end within a paragraph is a space. Lists and blank lines stay. */
export const prose = (text: string): string =>
  visible(text.replaceAll('\r\n', '\n').replaceAll(/(?<=\S) *\n(?![\s\-*•\d])/g, ' '), { lines: true });

/** The parts of a text that commas divide, without the empty ones. */
export const byComma = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
