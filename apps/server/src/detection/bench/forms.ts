import { globSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { readLabels } from '../conform/labels.ts';
import { itemsMax, type Form, type LabelledItem, type LabelledSet } from './set.ts';

const Own = z.strictObject({
  name: z.string().min(1).optional(),
  items: z
    .array(
      z.strictObject({
        /** File or folder, from the folder of this file. */
        path: z.string().min(1),
        expect: z.enum(['attack', 'quiet']),
        rules: z.array(z.string().min(1)).min(1).max(1_000).optional(),
        source: z.string().min(1).optional(),
        name: z.string().min(1).optional(),
      }),
    )
    .min(1)
    .max(itemsMax),
});

/** Our own form: `set.yml`, or a YAML file named. */
const ownForm: Form = {
  name: 'set.yml',
  async read(path) {
    const file = /\.ya?ml$/.test(path) ? path : join(path, 'set.yml');
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    const { items } = checked(Own, parsedYaml(text, file), file);
    return {
      unlabelled: 0,
      items: items.map((item): LabelledItem => ({
        id: item.name ?? item.path,
        expect: item.expect,
        log: { path: join(dirname(file), item.path) },
        ...(item.rules ? { rules: item.rules.map((id) => id.toLowerCase()) } : {}),
        ...(item.source ? { source: item.source } : {}),
      })),
    };
  },
};

/** Sigma's regression data: `labels.json` names the rule that must fire on each log. */
const sigmaForm: Form = {
  name: 'labels.json',
  async read(path) {
    if ((await readIfThere(join(path, 'labels.json'))) === undefined) return undefined;
    const labels = await readLabels(path);
    const there = labels.flatMap(({ rule, path: id, file }) => (file === undefined ? [] : [{ rule, id, file }]));
    return {
      unlabelled: labels.length - there.length,
      items: there.map(({ rule, id, file }) => ({
        id: `${id} (${rule})`,
        expect: 'attack',
        rules: [rule],
        log: { path: file },
      })),
    };
  },
};

const PantherTest = z.looseObject({
  rule: z.string(),
  type: z.string(),
  test: z.string(),
  expected: z.boolean(),
  event: z.unknown(),
});

/** Kinds of Panther's analyses whose tests are log events: policies look at resources, correlations at alerts. */
const overEvents = new Set(['rule', 'scheduled_rule']);

/** Panther's unit tests as JSON lines: an event, and whether its rule matches. */
const pantherForm: Form = {
  name: 'events.jsonl',
  async read(path) {
    const file = path.endsWith('.jsonl') ? path : join(path, 'events.jsonl');
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const [first] = lines;
    if (first === undefined || !PantherTest.safeParse(parsedJson(first, file)).success) return undefined;
    const tests = lines.map((line, at) =>
      checked(PantherTest, parsedJson(line, `${file}:${at + 1}`), `${file}:${at + 1}`),
    );
    const items = tests.flatMap(({ rule, type, test, expected, event }, at): LabelledItem[] =>
      overEvents.has(type)
        ? [
            {
              id: `${at + 1} ${rule}: ${test}`,
              expect: expected ? 'attack' : 'quiet',
              log: { text: `${JSON.stringify(event)}\n` },
            },
          ]
        : [],
    );
    return { items, unlabelled: tests.length - items.length };
  },
};

const HubCase = z.looseObject({ scenarios: z.array(z.string()).nullish(), log_file: z.string().nullish() });

/** Test cases of CrowdSec's hub: folders with a log, `config.yaml`, and `scenario.assert` for what scenarios find. */
const crowdsecForm: Form = {
  name: 'scenario.assert',
  async read(path) {
    const configs = globSync('*/config.yaml', { cwd: path }).toSorted();
    if (configs.length === 0 || globSync('*/*.assert', { cwd: path }).length === 0) return undefined;
    const items: LabelledItem[] = [];
    for (const config of configs) {
      const id = dirname(config);
      const file = join(path, config);
      const { scenarios, log_file: log } = checked(HubCase, parsedYaml(await readFile(file, 'utf8'), file), file);
      const asserted = (await readIfThere(join(path, id, 'scenario.assert')))?.trim() ?? '';
      const finds = /\bresults\[/.test(asserted) || /\blen\(results\)\s*==\s*[1-9]/.test(asserted);
      const asked = (scenarios ?? []).some((name) => name !== '');
      // Without a scenario that was asked, a case tells of parsers alone.
      if (log && (finds || (asked && asserted !== '')))
        items.push({ id, expect: finds ? 'attack' : 'quiet', log: { path: join(path, id, log) } });
    }
    return { items, unlabelled: configs.length - items.length };
  },
};

/** Files that tell about recordings, and are none. */
const aboutFiles = /(^|\/)(readme|license|index|notice)(\.\w+)?$/i;

/** A folder, every file of which is the recording of an attack. */
const attacksForm: Form = {
  name: 'attacks',
  async read(path) {
    const single = !(await stat(path)).isDirectory();
    const files = single ? [basename(path)] : globSync('**/*.*', { cwd: path }).toSorted();
    const folder = single ? dirname(path) : path;
    const logs = files.filter((file) => !aboutFiles.test(file));
    if (logs.length > itemsMax) throw new SallyportError('BadRequest', `${path} has more than ${itemsMax} files`);
    return { unlabelled: 0, items: logs.map((id) => ({ id, expect: 'attack', log: { path: join(folder, id) } })) };
  },
};

/** The first that knows a set reads it. */
const forms: readonly Form[] = [ownForm, sigmaForm, pantherForm, crowdsecForm, attacksForm];

/** Reads a labelled set, in whichever form its labels are. Throws SallyportError when it is not there, or its labels can't be read. */
export async function readSet(path: string): Promise<LabelledSet> {
  const there = await stat(path).catch(() => undefined);
  if (!there) throw new SallyportError('NotFound', `there is no set \`${path}\``);
  for (const form of forms) {
    const read = await form.read(path);
    if (read) return { name: nameOf(path), form: form.name, ...read };
  }
  throw new SallyportError('BadRequest', `${path} is no labelled set`);
}

/** Its folder; of a file that bears an ordinary name, that of the folder. */
const nameOf = (path: string): string =>
  /^(set\.ya?ml|events\.jsonl|labels\.json)$/.test(basename(path)) ? basename(dirname(path)) : basename(path);

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

const faulty = (place: string, error: unknown): SallyportError =>
  new SallyportError('BadRequest', `${place}: ${error instanceof Error ? error.message : String(error)}`);

function parsedJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw faulty(place, error);
  }
}

function parsedYaml(text: string, place: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw faulty(place, error);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SallyportError('BadRequest', `${place}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}
