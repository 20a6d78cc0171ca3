import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { nothingExpected, type ExpectedFields, type RouteCase } from './cases.ts';

const Config = z.object({
  log_file: z.string(),
  log_type: z.string(),
  parsers: z
    .array(z.string().nullable())
    .nullish()
    .transform((list) => (list ?? []).filter((name) => name !== null)),
});

/** Parsers of the hub that every case has: they say nothing of the format. */
const ofAnyFormat =
  /^(syslog-logs|cri-logs|docker-logs|dateparse-enrich|geoip-enrich|http-logs|.*-whitelists?|whitelists)$/;

/** `./parsers/s01-parse/crowdsecurity/sshd-logs.yaml` and `crowdsecurity/sshd-logs` are `sshd-logs`. */
const parserName = (path: string): string => path.replace(/^.*\//s, '').replace(/\.ya?ml.*$/s, '');

const assertion =
  /^results\["([^"]+)"\]\["([^"]+)"\]\[(\d+)\]\.(?:(Success)|Evt\.(?:Parsed|Meta)\["([^"]+)"\]) == (.*)$/;

/** A string as Go quotes it. */
function unquoted(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(
      text.replaceAll(/\\(\\|x[0-9a-f]{2}|[av])/g, (all, escape: string) =>
        escape.startsWith('x')
          ? `\\u00${escape.slice(1)}`
          : escape === '\\'
            ? all
            : `\\u000${escape === 'a' ? 7 : 'b'}`,
      ),
    );
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What one parser made of one event. */
interface Parsed {
  readonly stage: string;
  readonly node: string;
  success: boolean;
  readonly fields: Map<string, string>;
}

function parsedOf(assertions: string): Parsed[] {
  const events = new Map<string, Parsed>();
  for (const line of assertions.split('\n')) {
    const [, stage = '', node = '', index = '', success, key, value = ''] = assertion.exec(line) ?? [];
    if (stage === '') continue;
    const id = `${stage} ${node} ${index}`;
    const event = events.get(id) ?? { stage, node, success: false, fields: new Map<string, string>() };
    events.set(id, event);
    if (success !== undefined) event.success = value === 'true';
    const text = unquoted(value);
    if (key !== undefined && text !== undefined) event.fields.set(key, text);
  }
  return [...events.values()].filter((event) => event.success);
}

const users = ['target_user', 'username', 'user', 'source_user'];
const addresses = ['source_ip', 'remote_addr', 'src_ip', 'client_ip', 'remote_ip'];
/** What stands where there is no user. */
const noUser = new Set(['', '-', '--', 'undefined', 'null', 'unknown', 'N/A']);

function fieldsOf({ stage, node, fields }: Parsed): ExpectedFields {
  const valuesOf = (names: readonly string[]): string[] =>
    names.flatMap((name) => fields.get(name) ?? []).map((value) => value.replace(/^'(.*)'$/s, '$1'));
  const program = fields.get('program');
  const named = stage === 's00-raw' && node.endsWith('/syslog-logs') && program !== undefined && program !== '';
  return {
    user: valuesOf(users).filter((user) => !noUser.has(user)),
    address: valuesOf(addresses)
      .filter((address) => /^[\da-f.:]+$/i.test(address))
      .slice(0, 1),
    program: named ? [program] : [],
  };
}

const united = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];

/** Puts what the parsers made beside the lines: an event is known by its message, those with the same message by their order. */
function expectedOf(texts: readonly string[], events: readonly Parsed[]): ExpectedFields[] {
  const expected: ExpectedFields[] = texts.map(() => nothingExpected);
  for (const group of Map.groupBy(events, ({ stage, node }) => `${stage} ${node}`).values()) {
    const taken = new Set<number>();
    for (const event of group) {
      const message = event.fields.get('message')?.trim();
      if (message === undefined || message === '') continue;
      const place = texts.findIndex((text, n) => !taken.has(n) && text.includes(message));
      const known = expected[place];
      if (known === undefined) continue;
      taken.add(place);
      const found = fieldsOf(event);
      expected[place] = {
        user: united(known.user, found.user),
        address: known.address.length > 0 ? known.address : found.address,
        program: united(known.program, found.program),
      };
    }
  }
  return expected;
}

function readCase(folder: string, name: string): RouteCase {
  const config = Config.parse(parse(readFileSync(join(folder, 'config.yaml'), 'utf8')));
  const texts = readFileSync(join(folder, config.log_file), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const asserted = join(folder, 'parser.assert');
  const expected = expectedOf(texts, existsSync(asserted) ? parsedOf(readFileSync(asserted, 'utf8')) : []);
  return {
    name,
    formats: [
      ...(config.log_type === 'syslog' ? [] : [config.log_type.toLowerCase()]),
      ...config.parsers.map(parserName).filter((parser) => !ofAnyFormat.test(parser)),
    ],
    lines: texts.map((text, n) => ({ text, expected: expected[n] ?? nothingExpected })),
  };
}

/** CrowdSec's own tests: a folder a case, or a folder of such folders. Throws where a case's `config.yaml` or log is not there. */
export function readCrowdsec(path: string): RouteCase[] {
  if (existsSync(join(path, 'config.yaml'))) return [readCase(path, path.replace(/^.*[\\/](?=.)/s, ''))];
  return readdirSync(path)
    .toSorted()
    .filter((name) => existsSync(join(path, name, 'config.yaml')))
    .map((name) => readCase(join(path, name), name));
}
