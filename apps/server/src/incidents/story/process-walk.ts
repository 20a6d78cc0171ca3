import type { ProcessNode } from '@sallyport/contracts';

/** A row of a log of started processes. */
export interface StartedProcess {
  /** ISO 8601. */
  readonly at: string;
  readonly pid: number | null;
  /** Of the process alone; empty where its log has none. */
  readonly guid: string;
  readonly parentPid: number | null;
  readonly parentGuid: string;
  readonly image: string;
  /** The image's name, in lower case. */
  readonly file: string;
  readonly command: string;
  readonly account: string;
  readonly level: string;
  readonly sha256: string;
  readonly parentImage: string;
  readonly parentFile: string;
  readonly parentCommand: string;
}

/** What an alert says of a process: by its number, or its command line; neither, when something happened. Times are ISO 8601. */
export interface Seed {
  readonly alert: string;
  readonly pid: number | null;
  readonly command: string;
  readonly since: string;
  readonly until: string;
}

export interface Linked extends StartedProcess {
  readonly key: string;
  readonly time: number;
  /** Key of what started it, where that was seen. */
  readonly parent: string | null;
}

const ancestorsMax = 8;
const descendantsMax = 5;
const childrenMax = 25;
const moreChildrenMax = 200;
const nodesMax = 400;
const nearMax = 60;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The Security log and Sysmon tell of the same start within this time. */
const sameMs = 3_000;

/**
 * Each start once, with what started it: by its unique id where the log has one, else the last process of that number and name that started before. In the order of time.
 */
export function linked(rows: readonly StartedProcess[]): Linked[] {
  const sorted = rows
    .map((row) => ({ ...row, time: Date.parse(row.at) }))
    .toSorted((a, b) => a.time - b.time || (a.guid < b.guid ? -1 : a.guid > b.guid ? 1 : 0));
  const once: (StartedProcess & { time: number; key: string })[] = [];
  const last = new Map<string, number>();
  for (const row of sorted) {
    const id = `${row.pid}\0${row.file}`;
    const twin = last.get(id);
    const before = twin === undefined ? undefined : once[twin];
    if (
      twin !== undefined &&
      before &&
      row.time - before.time < sameMs &&
      (row.guid === '' || before.guid === '' || row.guid === before.guid)
    )
      once[twin] = merged(before, row);
    else {
      last.set(id, once.length);
      once.push({ ...row, key: row.guid || `${row.pid}@${row.at}` });
    }
  }
  const byGuid = new Map(once.filter(({ guid }) => guid !== '').map((one) => [one.guid, one.key]));
  const byPid = Map.groupBy(once, ({ pid }) => pid);
  return once.map((one) => {
    const known = one.parentGuid === '' ? undefined : byGuid.get(one.parentGuid);
    const older =
      one.parentPid === null
        ? undefined
        : byPid
            .get(one.parentPid)
            ?.findLast(
              (other) =>
                other.time <= one.time &&
                other.key !== one.key &&
                (one.parentFile === '' || other.file === one.parentFile),
            );
    const parent = known ?? older?.key ?? null;
    return { ...one, parent: parent === one.key ? null : parent };
  });
}

type Once = StartedProcess & { readonly time: number; readonly key: string };

/** Of two words of one start, what either says. */
function merged(a: Once, b: StartedProcess): Once {
  return {
    ...a,
    guid: a.guid || b.guid,
    key: a.guid || b.guid || a.key,
    parentPid: a.parentPid ?? b.parentPid,
    parentGuid: a.parentGuid || b.parentGuid,
    command: a.command.length >= b.command.length ? a.command : b.command,
    account: a.account || b.account,
    level: a.level || b.level,
    sha256: a.sha256 || b.sha256,
    parentImage: a.parentImage || b.parentImage,
    parentFile: a.parentFile || b.parentFile,
    parentCommand: a.parentCommand || b.parentCommand,
  };
}

export interface Walk {
  /** `alerts`: begun at processes that alerts name. `time`: none was found, so at what started when they did. */
  readonly basis: 'alerts' | 'time';
  /** Parents before their children. */
  readonly nodes: ProcessNode[];
  /** Something was left out by a bound. */
  readonly cut: boolean;
}

/** The processes that alerts are about, what started them and what they started. Pure. */
export function walkFrom(processes: readonly Linked[], seeds: readonly Seed[]): Walk {
  const alertsOf = new Map<string, string[]>();
  for (const seed of seeds)
    for (const one of namedBy(processes, seed)) {
      const before = alertsOf.get(one.key) ?? [];
      if (!before.includes(seed.alert)) alertsOf.set(one.key, [...before, seed.alert]);
    }
  const basis = alertsOf.size > 0 ? 'alerts' : 'time';
  const roots = basis === 'alerts' ? [...alertsOf.keys()] : near(processes, seeds);
  const byKey = new Map(processes.map((one) => [one.key, one]));
  const children = Map.groupBy(processes, (one) => one.parent);
  const kept = new Set<string>();
  let cut = false;
  for (const root of roots) {
    let at: string | null = root;
    for (let level = 0; at !== null && level <= ancestorsMax; level++) {
      kept.add(at);
      at = byKey.get(at)?.parent ?? null;
    }
  }
  let edge = roots;
  for (let level = 0; level < descendantsMax && edge.length > 0; level++) {
    const next: string[] = [];
    for (const key of edge) {
      const below = children.get(key) ?? [];
      if (below.length > childrenMax) cut = true;
      for (const child of below.slice(0, childrenMax)) {
        if (kept.size >= nodesMax) cut = true;
        else if (!kept.has(child.key)) next.push(child.key);
        if (kept.size < nodesMax) kept.add(child.key);
      }
    }
    edge = next;
  }
  const shown = processes.filter(({ key }) => kept.has(key));
  return { basis, nodes: treeOf(shown, (one) => alertsOf.get(one.key) ?? [], children), cut };
}

/** What one process started, the first 200. */
export function childrenOf(processes: readonly Linked[], parent: string): Pick<Walk, 'nodes' | 'cut'> {
  const children = Map.groupBy(processes, (one) => one.parent);
  const all = children.get(parent) ?? [];
  return {
    nodes: all.slice(0, moreChildrenMax).map((one) => nodeOf(one, parent, [], children)),
    cut: all.length > moreChildrenMax,
  };
}

function namedBy(processes: readonly Linked[], seed: Seed): Linked[] {
  const [since, until] = [Date.parse(seed.since), Date.parse(seed.until)];
  const byPid =
    seed.pid === null ? undefined : processes.findLast(({ pid, time }) => pid === seed.pid && time <= until + sameMs);
  const byCommand =
    seed.command === ''
      ? []
      : processes.filter(
          ({ command, time }) => command === seed.command && time >= since - hourMs && time <= until + hourMs,
        );
  return byPid ? [byPid, ...byCommand] : byCommand;
}

function near(processes: readonly Linked[], seeds: readonly Seed[]): string[] {
  return processes
    .filter(({ time }) =>
      seeds.some((seed) => time >= Date.parse(seed.since) - minuteMs && time <= Date.parse(seed.until) + minuteMs),
    )
    .slice(0, nearMax)
    .map(({ key }) => key);
}

type Children = ReadonlyMap<string | null, readonly Linked[]>;

const nodeOf = (
  one: Linked,
  parentKey: string | null,
  alertIds: readonly string[],
  children: Children,
): ProcessNode => ({
  key: one.key,
  parentKey,
  startedAt: new Date(one.time).toISOString(),
  processId: one.pid,
  image: one.image,
  fileName: fileName(one.image) || one.file,
  commandLine: one.command,
  account: one.account,
  integrityLevel: one.level,
  sha256: one.sha256,
  alertIds: [...alertIds],
  childCount: children.get(one.key)?.length ?? 0,
  wasSeen: true,
});

/** Processes whose parent was not seen to start hang below what they say of it, one such node for all that say the same. */
function treeOf(
  shown: readonly Linked[],
  alertsOf: (one: Linked) => readonly string[],
  children: Children,
): ProcessNode[] {
  const known = new Set(shown.map(({ key }) => key));
  const unseen = new Map<string, ProcessNode>();
  const nodes = shown.map((one) => {
    const parent = one.parent !== null && known.has(one.parent) ? one.parent : unseenParent(one, unseen);
    return nodeOf(one, parent, alertsOf(one), children);
  });
  const below = Map.groupBy(nodes, ({ parentKey }) => parentKey);
  const ordered: ProcessNode[] = [];
  const visit = (node: ProcessNode): void => {
    ordered.push(node);
    for (const child of below.get(node.key) ?? []) visit(child);
  };
  const first = (node: ProcessNode): string => node.startedAt ?? below.get(node.key)?.[0]?.startedAt ?? '';
  const tops = [...unseen.values(), ...(below.get(null) ?? [])];
  for (const top of tops.toSorted((a, b) => (first(a) < first(b) ? -1 : first(a) > first(b) ? 1 : 0))) visit(top);
  return ordered;
}

function unseenParent(one: Linked, unseen: Map<string, ProcessNode>): string | null {
  if (one.parentImage === '' && one.parentFile === '' && one.parentPid === null) return null;
  const key = `?${one.parentGuid || `${one.parentPid ?? ''}@${one.parentImage.toLowerCase()}`}`;
  unseen.set(key, {
    key,
    parentKey: null,
    startedAt: null,
    processId: one.parentPid,
    image: one.parentImage,
    fileName: fileName(one.parentImage) || one.parentFile || `process ${one.parentPid ?? ''}`,
    commandLine: one.parentCommand,
    account: '',
    integrityLevel: '',
    sha256: '',
    alertIds: [],
    childCount: (unseen.get(key)?.childCount ?? 0) + 1,
    wasSeen: false,
  });
  return key;
}

const fileName = (path: string): string => /[^\\/]+$/.exec(path)?.[0] ?? '';
