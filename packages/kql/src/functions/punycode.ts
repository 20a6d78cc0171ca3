import type { LiteralValue } from '../plan/plan.ts';
import type { HostFunction } from './host.ts';

/** Punycode (RFC 3492) of texts and of the labels of a domain. What has no such form gives ''. */

const base = 36;
const tMin = 1;
const tMax = 26;
const maxCodePoint = 0x10ffff;
/** Labels are at most 63 octets; a text of a whole document has no business here, and both ways take time by the square. */
const maxLength = 2_000;

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

function adapt(difference: number, points: number, first: boolean): number {
  let delta = Math.trunc(difference / (first ? 700 : 2));
  delta += Math.trunc(delta / points);
  let k = 0;
  for (; delta > ((base - tMin) * tMax) / 2; k += base) delta = Math.trunc(delta / (base - tMin));
  return k + Math.trunc(((base - tMin + 1) * delta) / (delta + 38));
}
const threshold = (k: number, bias: number): number => Math.min(Math.max(k - bias, tMin), tMax);
const digitText = (digit: number): string => String.fromCharCode(digit < 26 ? digit + 97 : digit + 22);
function digitOf(char: string): number | undefined {
  const code = char.toLowerCase().charCodeAt(0);
  if (code >= 97 && code <= 122) return code - 97;
  return code >= 48 && code <= 57 ? code - 22 : undefined;
}

/** The form of a text; undefined when it has none. */
export function encodePunycode(text: string): string | undefined {
  const points = Array.from(text, (c) => c.codePointAt(0)!);
  if (points.length > maxLength) return undefined;
  const basic = points.filter((p) => p < 128);
  let output = String.fromCodePoint(...basic) + (basic.length ? '-' : '');
  let n = 128;
  let delta = 0;
  let bias = 72;
  let handled = basic.length;
  while (handled < points.length) {
    const next = points.reduce((least, p) => (p >= n && p < least ? p : least), maxCodePoint + 1);
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta++;
      if (point !== n) continue;
      let q = delta;
      for (let k = base; ; k += base) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += digitText(t + ((q - t) % (base - t)));
        q = Math.trunc((q - t) / (base - t));
      }
      output += digitText(q);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return output;
}

/** The text of a form; undefined when it is none. */
export function decodePunycode(form: string): string | undefined {
  if (form.length > maxLength || !isAscii(form)) return undefined;
  const cut = form.lastIndexOf('-');
  const output = cut > 0 ? Array.from(form.slice(0, cut), (c) => c.charCodeAt(0)) : [];
  let n = 128;
  let i = 0;
  let bias = 72;
  let at = cut > 0 ? cut + 1 : 0;
  while (at < form.length) {
    const before = i;
    for (let w = 1, k = base; ; k += base) {
      const digit = at < form.length ? digitOf(form.charAt(at++)) : undefined;
      if (digit === undefined) return undefined;
      i += digit * w;
      if (i > 0x7fffffff) return undefined;
      const t = threshold(k, bias);
      if (digit < t) break;
      w *= base - t;
    }
    const length = output.length + 1;
    bias = adapt(i - before, length, before === 0);
    n += Math.trunc(i / length);
    i %= length;
    if (n > maxCodePoint || (n >= 0xd800 && n < 0xe000)) return undefined;
    output.splice(i++, 0, n);
  }
  return output.map((p) => String.fromCodePoint(p)).join('');
}

/** The dots that part labels, full-width ones included (RFC 3490). */
const dots = /[.\u3002\uff0e\uff61]/;
const domain = (text: string, label: (part: string) => string | undefined): string => {
  const parts = text.split(dots).map(label);
  return parts.includes(undefined) ? '' : parts.join('.');
};
const encodeLabel = (part: string): string | undefined => {
  if (isAscii(part)) return part;
  const form = encodePunycode(part);
  return form === undefined ? undefined : `xn--${form}`;
};
const decodeLabel = (part: string): string | undefined => (/^xn--/i.test(part) ? decodePunycode(part.slice(4)) : part);

const ofText = (name: string, convert: (text: string) => string): HostFunction => ({
  name,
  parameters: ['string'],
  result: 'string',
  evaluate: ([text]: readonly LiteralValue[]) => convert(typeof text === 'string' ? text : ''),
});
export const punycodeFunctions: readonly HostFunction[] = [
  ofText('punycode_from_string', (text) => encodePunycode(text) ?? ''),
  ofText('punycode_to_string', (text) => decodePunycode(text) ?? ''),
  // Named as Kusto names them: `from` reads the encoded domain, `to` writes it.
  ofText('punycode_domain_from_string', (text) => domain(text, decodeLabel)),
  ofText('punycode_domain_to_string', (text) => domain(text, encodeLabel)),
];
