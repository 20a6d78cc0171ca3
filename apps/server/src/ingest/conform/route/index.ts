import { statSync } from 'node:fs';
import { Router } from '../../doors/syslog/router.ts';
import { recognise, sampleRecord } from '../../sources/recognise.ts';
import type { Source, SourceStream } from '../../sources/load.ts';
import { isEmpty, same } from '../compare.ts';
import { users, type Comparison } from '../ecs.ts';
import { Viewer, type ViewOptions, type ViewRow } from '../view.ts';
import type { ExpectedFields, RouteCase, RouteLine } from './cases.ts';
import { readCrowdsec } from './crowdsec.ts';
import { genericFor, genericSources } from './generic.ts';
import { sourcesFor } from './sources-for.ts';
import { readWazuh } from './wazuh.ts';

export interface Share {
  readonly of: number;
  readonly right: number;
}

/** What went wrong with one line, or one case as a file. */
export interface RouteFault {
  readonly case: string;
  readonly what: 'route' | 'file' | keyof ExpectedFields;
  readonly expected: string;
  readonly ours: string;
  readonly line: string;
}

export interface RouteReport {
  readonly cases: number;
  /** Each line alone, as the syslog door sees it. */
  readonly routed: Share;
  /** Of `routed`: lines of formats that have a source of their own here, and lines for which a generic source is right. */
  readonly own: Share;
  readonly generic: Share;
  /** Cases, recognised as the file that holds all their lines. */
  readonly files: Share;
  readonly user: Share;
  readonly address: Share;
  readonly program: Share;
  readonly faults: readonly RouteFault[];
  readonly problems: readonly string[];
}

export interface RouteOptions extends ViewOptions {
  /** In the order in which recognition asks them. */
  readonly sources: readonly Source[];
}

interface Routed {
  readonly case: RouteCase;
  readonly line: RouteLine;
  readonly expected: readonly string[];
  readonly isGeneric: boolean;
  readonly source: string;
  readonly stream: SourceStream | undefined;
  /** The line as the door hands it on. */
  readonly text: string;
}

const plainStream = 'Custom-SyslogText';

/** Most characters of lines that one statement holds. */
const chunkLength = 400_000;

interface Compared {
  readonly as: Comparison;
  readonly columns: readonly string[];
  /** The table's own columns count too, and not only ASIM's. */
  readonly raw: boolean;
}

const columns: Readonly<Record<keyof ExpectedFields, Compared>> = {
  user: { as: 'user', columns: users, raw: false },
  address: { as: 'address', columns: ['SrcIpAddr', 'IpAddr'], raw: false },
  program: {
    as: 'path',
    raw: true,
    // A daemon that logs for a product is what ASIM calls the original type.
    columns: [
      'ActingAppName',
      'ActingProcessName',
      'TargetAppName',
      'SrcAppName',
      'EventProduct',
      'EventVendor',
      'EventOriginalType',
    ],
  },
};

function readCases(path: string): RouteCase[] {
  return statSync(path).isDirectory() ? readCrowdsec(path) : readWazuh(path);
}

/** Each line by itself: a case's lines come from one sender, as those of one program do. */
function routeLines(cases: readonly RouteCase[], sources: readonly Source[], now: Date): Routed[] {
  const owners = new Map(
    sources.flatMap((source) => source.streams.map((stream) => [stream.name, { source, stream }] as const)),
  );
  const router = new Router({ sources: () => sources, plainStream, now: () => now });
  const ids = sources.map(({ id }) => id);
  return cases.flatMap((one, n) => {
    const named = sourcesFor(one.formats, ids);
    return one.lines.map((line) => {
      const { stream, line: bytes } = router.route(`case ${n}`, Buffer.from(line.text));
      const owner = owners.get(stream);
      const expected = named ?? genericFor(line.text);
      const text = Buffer.from(bytes).toString();
      // A head that only the door has put before a line is no syslog, where a source knows the program's own layout; but for a line that begins with the program.
      const isBare =
        text !== line.text && /^<13>\d{4}-\d\d-\d\dT/.test(text) && !/^[\w./-]+(\[\d+\])?: /.test(line.text);
      const hasOwn = named?.some((id) => !genericSources.has(id)) ?? false;
      const source = hasOwn && isBare ? '-' : (owner?.source.id ?? '-');
      const isGeneric = named === undefined || (expected.includes(source) && genericSources.has(source));
      return {
        case: one,
        line,
        expected,
        isGeneric,
        source,
        stream: owner?.stream,
        text,
      };
    });
  });
}

/** The rows of each line, as ASIM shows them. */
async function viewLines(
  routed: readonly Routed[],
  options: ViewOptions,
): Promise<{ readonly rows: ReadonlyMap<Routed, readonly ViewRow[]>; readonly problems: string[] }> {
  const rows = new Map<Routed, readonly ViewRow[]>();
  const problems = new Set<string>();
  const viewer = new Viewer(options);
  for (const [stream, lines] of Map.groupBy(routed, (r) => r.stream)) {
    if (stream === undefined) continue;
    for (let from = 0; from < lines.length;) {
      let [to, room] = [from, chunkLength];
      while (to < lines.length && (to === from || room > 0)) room -= lines[to++]?.text.length ?? 0;
      const part = lines.slice(from, to);
      const found = await viewer.view(
        stream,
        part.map((r) => ({ text: r.text, file: r.case.name })),
      );
      found.problems.forEach((p) => problems.add(p));
      part.forEach((r, n) => rows.set(r, found.view.get(n) ?? []));
      from = to;
    }
  }
  return { rows, problems: [...problems] };
}

const share = (all: readonly boolean[]): Share => ({ of: all.length, right: all.filter(Boolean).length });

/**
 * Where our recognition takes the lines of another product's tests, beside where they must go (`table.ts`), and whether the user, source address and program that
 * the tests name stand in our rows. `path`: Wazuh's lines as JSON lines, or a folder of CrowdSec's cases. Throws when it cannot be read.
 */
export async function routeSources(path: string, options: RouteOptions): Promise<RouteReport> {
  const cases = readCases(path);
  const faults: RouteFault[] = [];
  const fault = (one: RouteCase, what: RouteFault['what'], expected: string, ours: string, line: string): void =>
    void faults.push({ case: one.name, what, expected, ours, line: line.slice(0, 200) });

  const routed = routeLines(cases, options.sources, options.now);
  const isRight = (r: Routed): boolean => r.expected.includes(r.source);
  for (const r of routed)
    if (!isRight(r))
      fault(r.case, 'route', `${r.case.formats.join(' ')} → ${r.expected.join(' or ')}`, r.source, r.line.text);

  const ids = options.sources.map(({ id }) => id);
  const files = cases.map((one) => {
    const found =
      recognise(
        options.sources,
        one.lines.map(({ text }) => sampleRecord(text)),
      )?.source.id ?? '-';
    const named = sourcesFor(one.formats, ids);
    // A file of a format that no source knows, and without syslog's head, is kept as refused lines: there is no source to be right.
    const expected = named ?? [...new Set(one.lines.flatMap(({ text }) => genericFor(text))), '-'];
    const right = expected.includes(found);
    if (!right) fault(one, 'file', expected.join(' or '), found, one.lines[0]?.text ?? '');
    return right;
  });

  const asked = routed.filter(({ line: { expected } }) =>
    Object.values(expected).some((values: readonly string[]) => values.length > 0),
  );
  const { rows, problems } = await viewLines(asked, options);
  const compare = (field: keyof ExpectedFields): Share => {
    const { as, columns: names, raw } = columns[field];
    return share(
      asked.flatMap((r) =>
        r.line.expected[field].map((wanted) => {
          const seen = (rows.get(r) ?? []).filter(({ asim }) => asim || raw);
          const ours = names.flatMap((name) => seen.map(({ cells }) => cells[name])).filter((v) => !isEmpty(v));
          const right = ours.some((value) => same(as, wanted, value));
          if (!right) fault(r.case, field, wanted, [...new Set(ours)].join(' or '), r.line.text);
          return right;
        }),
      ),
    );
  };
  return {
    cases: cases.length,
    routed: share(routed.map(isRight)),
    own: share(routed.filter((r) => !r.isGeneric).map(isRight)),
    generic: share(routed.filter((r) => r.isGeneric).map(isRight)),
    files: share(files),
    user: compare('user'),
    address: compare('address'),
    program: compare('program'),
    faults,
    problems,
  };
}
