import { isIP } from 'node:net';
import { z } from 'zod';

/** Values come as text (flags, environment) or as YAML has them (file): both parse. */
const asText = z.union([z.string(), z.number(), z.boolean()]).transform((v) => String(v).trim());

/** A number with a unit, in the least of its units. */
function withUnit(units: Readonly<Record<string, number>>, bare: string) {
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?)\\s*(${Object.keys(units).join('|')})?$`);
  return (text: string): number | undefined => {
    const match = pattern.exec(text);
    return match ? Math.round(Number(match[1]) * units[match[2] ?? bare]!) : undefined;
  };
}

const byteUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const durationUnits = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const parseBytes = withUnit(byteUnits, 'B');
const parseDuration = withUnit(durationUnits, 'ms');

/** In the largest unit that divides it: 2147483648 → `2 GiB`. Parses back to the same value. */
function written(units: Readonly<Record<string, number>>) {
  return (value: number): string => {
    const [name, size] = Object.entries(units).findLast(([, least]) => value >= least && value % least === 0) ?? [
      '',
      1,
    ];
    return `${value / size} ${name}`.trim();
  };
}
export const writtenBytes = written(byteUnits);
export const writtenDuration = written(durationUnits);

function quantity(parse: (text: string) => number | undefined, example: string, least: string, most?: string) {
  const [min, max] = [parse(least)!, most === undefined ? Number.MAX_SAFE_INTEGER : parse(most)!];
  return asText.transform((text, context) => {
    const value = parse(text);
    if (value !== undefined && value >= min && value <= max) return value;
    const range = most === undefined ? `at least ${least}` : `${least} to ${most}`;
    context.addIssue({ code: 'custom', message: `expected ${example}, ${range}` });
    return z.NEVER;
  });
}

/** Bytes: `16 MiB`, `2 GiB`, or a bare number. */
export const bytes = (least: string, most?: string) => quantity(parseBytes, 'a size such as `16 MiB`', least, most);

/** Milliseconds: `500 ms`, `1 min`, `12 h`, or a bare number. */
export const duration = (least: string, most: string) => quantity(parseDuration, 'a time such as `30 s`', least, most);

export const integer = (min: number, max: number) =>
  asText.transform((text, context) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `expected a whole number, ${min} to ${max}` });
    return z.NEVER;
  });

export const flag = asText.transform((text, context) => {
  if (/^(?:on|true|yes|1)$/i.test(text)) return true;
  if (/^(?:off|false|no|0)$/i.test(text)) return false;
  context.addIssue({ code: 'custom', message: 'expected `on` or `off`' });
  return z.NEVER;
});

/** Comma-separated text, or a YAML list. */
export const list = z
  .union([z.string().transform((text) => text.split(',')), z.array(z.string())])
  .transform((items) => items.map((item) => item.trim()).filter((item) => item !== ''));

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    longest > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest))
  );
}

/** IP addresses and CIDR ranges: comma-separated text, or a YAML list. */
export const ranges = list.refine((items) => items.every(isRange), {
  message: 'expected addresses or ranges such as `192.0.2.0/24`, comma-separated',
});

export const url = (protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `expected a URL that begins with ${protocols.map((p) => `\`${p}//\``).join(' or ')}`,
  });
