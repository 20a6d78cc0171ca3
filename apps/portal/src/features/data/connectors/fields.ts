import { connectorKinds, type ConnectorKind } from '@sallyport/contracts';
import { z } from 'zod';

/** A field of a connector's form, as its schema says. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint: string | undefined;
  readonly type: 'text' | 'number' | 'switch' | 'choice' | 'lines' | 'secret';
  readonly options: readonly string[];
  readonly required: boolean;
  readonly range: { readonly min: number | undefined; readonly max: number | undefined };
  /** Fields and the values of them with which this one means something. */
  readonly shownWhen: Readonly<Record<string, readonly string[]>>;
  readonly initial: Value;
}

export type Value = string | boolean;
export type Values = Readonly<Record<string, Value>>;

const Property = z.object({
  title: z.string(),
  description: z.string().optional(),
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  shownWhen: z.record(z.string(), z.array(z.string())).default({}),
});
type Property = z.infer<typeof Property>;
const Shape = z.object({ properties: z.record(z.string(), Property), required: z.array(z.string()).default([]) });

function typeOf({ enum: options, type }: Property): Field['type'] {
  if (options !== undefined) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'array' ? 'lines' : 'text';
}

/** A setting as its field holds it: numbers and lists as text. */
function valueOf(setting: unknown): Value {
  if (typeof setting === 'boolean' || typeof setting === 'string') return setting;
  if (typeof setting === 'number') return String(setting);
  return Array.isArray(setting) ? setting.map(String).join('\n') : '';
}

function fieldsIn(schema: z.ZodType, secret: boolean): Field[] {
  const { properties, required } = Shape.parse(z.toJSONSchema(schema, { io: 'input' }));
  return Object.entries(properties).map(([name, property]) => ({
    name,
    label: property.title,
    hint: property.description,
    type: secret ? 'secret' : typeOf(property),
    options: property.enum ?? [],
    required: required.includes(name),
    range: { min: property.minimum, max: property.maximum },
    shownWhen: property.shownWhen,
    initial: valueOf(property.default),
  }));
}

export const settingFields = (kind: ConnectorKind): Field[] => fieldsIn(connectorKinds[kind].settings, false);
export const secretFields = (kind: ConnectorKind): Field[] => fieldsIn(connectorKinds[kind].secrets, true);

export const initialValues = (fields: readonly Field[]): Values =>
  Object.fromEntries(fields.map(({ name, initial }) => [name, initial]));

export const valuesOf = (fields: readonly Field[], settings: Readonly<Record<string, unknown>>): Values =>
  Object.fromEntries(fields.map(({ name, initial }) => [name, name in settings ? valueOf(settings[name]) : initial]));

export const isShown = ({ shownWhen }: Field, values: Values): boolean =>
  Object.entries(shownWhen).every(([name, wanted]) => wanted.includes(String(values[name])));

function settingOf({ type }: Field, value: Value | undefined): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'number') return value.trim() === '' ? undefined : Number(value);
  if (type !== 'lines') return value;
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Settings as the server takes them. */
export const settingsOf = (fields: readonly Field[], values: Values): Record<string, unknown> =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const setting = settingOf(field, values[field.name]);
      return setting === undefined ? [] : [[field.name, setting]];
    }),
  );

/** What is wrong with which field. An empty field that has to be filled is told only when `all` is asked for. */
export function faultsOf(
  kind: ConnectorKind,
  fields: readonly Field[],
  values: Values,
  all: boolean,
): Record<string, string> {
  const parsed = connectorKinds[kind].settings.safeParse(settingsOf(fields, values));
  if (parsed.success) return {};
  const faults: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) {
    const name = String(path[0] ?? '');
    const empty = values[name] === '' || values[name] === undefined;
    if (empty && !all) continue;
    faults[name] ??= empty ? 'This is needed' : message;
  }
  return faults;
}
