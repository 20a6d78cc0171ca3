import { Parser } from 'htmlparser2';

/** Links of one mail; more are a list, and tell nothing more. */
const linksMax = 500;
const linkLengthMax = 4_000;
/** Attributes that lead somewhere once a person clicks, or the mail is shown. */
const leading: ReadonlySet<string> = new Set(['href', 'src', 'action', 'formaction', 'background']);

const inText = /\b(?:https?|ftp):\/\/[^\s<>"'`\p{Cc}]{1,4000}/giu;

const count = (text: string, character: string): number => text.split(character).length - 1;

/** What ends a sentence does not end an address; a closing bracket does when none was opened. */
function trimmed(address: string): string {
  let text = address.replace(/[.,;:!?]+$/, '');
  while (text.endsWith(')') && count(text, ')') > count(text, '(')) text = text.slice(0, -1).replace(/[.,;:!?]+$/, '');
  return text;
}

const isWeb = (address: string): boolean => {
  const url = URL.parse(address);
  return url !== null && /^(?:https?|ftp):$/.test(url.protocol) && address.length <= linkLengthMax;
};

/** Web addresses of a mail's text and HTML, as they stand there, each once. Never followed. */
export function linksOf(text: string, html: string): string[] {
  const found = new Set<string>();
  const add = (address: string): void => {
    if (found.size < linksMax && isWeb(address)) found.add(address);
  };
  const parser = new Parser({
    onopentag: (_name, attributes) => {
      for (const [name, value] of Object.entries(attributes)) if (leading.has(name)) add(value.trim());
    },
    ontext: (shown) => {
      for (const [address] of shown.matchAll(inText)) add(trimmed(address));
    },
  });
  parser.end(html);
  for (const [address] of text.matchAll(inText)) add(trimmed(address));
  return [...found];
}
