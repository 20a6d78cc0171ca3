import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { appendPatiently, jsonLines, type HostPart } from './types.ts';

const lookMs = 10_000;
/** Services remembered; past it a machine is a port scanner's honeypot. */
const knownMax = 20_000;
/** Processes looked at for their sockets. */
const processesMax = 50_000;

export interface Socket {
  readonly protocol: 'Tcp' | 'Udp';
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** An address as the kernel writes it: 32-bit words in the byte order of the machine (little endian on everything we run on). */
export function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  if (bytes.length === 4) return [...bytes].join('.');
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  const mapped = bytes.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'));
  return mapped ? [...bytes.subarray(12)].join('.') : new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}

const tcpListen = '0A';
/** A UDP socket that is not connected to anyone. */
const udpOpen = '07';

/** Reads `/proc/net/tcp` and its like: the sockets that listen. */
export function parseProcNet(text: string, protocol: 'Tcp' | 'Udp'): Socket[] {
  const wanted = protocol === 'Tcp' ? tcpListen : udpOpen;
  return text.split('\n').flatMap((line) => {
    const [, hex = '', portHex = '', remotePort, state, inode = ''] =
      /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+)/.exec(
        line,
      ) ?? [];
    if (state !== wanted || remotePort !== '0000' || hex === '') return [];
    return [{ protocol, address: addressOf(hex), port: Number.parseInt(portHex, 16), inode }];
  });
}

async function ephemeralFrom(root: string): Promise<number> {
  const text = await readFile(join(root, '/proc/sys/net/ipv4/ip_local_port_range'), 'utf8').catch(() => '32768 60999');
  return Number.parseInt(text, 10);
}

async function listening(root: string): Promise<Socket[]> {
  const read = async (name: string, protocol: 'Tcp' | 'Udp') =>
    parseProcNet(await readFile(join(root, '/proc/net', name), 'utf8').catch(() => ''), protocol);
  const tcp = [...(await read('tcp', 'Tcp')), ...(await read('tcp6', 'Tcp'))];
  const udp = [...(await read('udp', 'Udp')), ...(await read('udp6', 'Udp'))];
  // An open UDP socket on a port that the kernel picks is a client, such as a resolver waiting for its answer.
  const first = await ephemeralFrom(root);
  return [...tcp, ...udp.filter((socket) => socket.port < first)];
}

interface Owner {
  readonly pid: number;
  readonly name: string;
  readonly path: string;
  readonly commandLine: string;
  readonly user: string;
}

async function ownerOf(folder: string, pid: number, users: ReadonlyMap<string, string>): Promise<Owner> {
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const [comm, commandLine, status, path] = await Promise.all([
    read('comm'),
    read('cmdline'),
    read('status'),
    readlink(join(folder, 'exe')).catch(() => ''),
  ]);
  const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1] ?? '';
  return {
    pid,
    name: comm.trim(),
    path: path.replace(/ \(deleted\)$/, ''),
    commandLine: commandLine.replaceAll('\0', ' ').trim().slice(0, 4_096),
    user: users.get(uid) ?? uid,
  };
}

async function namesOfUsers(root: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, '/etc/passwd'), 'utf8').catch(() => '');
  return new Map(
    text
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid = '']) => [uid, name]),
  );
}

/** Who holds the sockets, by inode, as far as we may see. `hidden`: some process did not show its files. */
async function owners(
  root: string,
  inodes: ReadonlySet<string>,
): Promise<{ found: Map<string, Owner>; hidden: boolean }> {
  const found = new Map<string, Owner>();
  let hidden = false;
  const users = await namesOfUsers(root);
  const pids = (await readdir(join(root, '/proc')).catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids.slice(0, processesMax)) {
    if (found.size === inodes.size) break;
    const folder = join(root, '/proc', pid);
    let files: string[];
    try {
      files = await readdir(join(folder, 'fd'));
    } catch (error) {
      // ENOENT and ESRCH: it has ended meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') hidden = true;
      continue;
    }
    const links = await Promise.all(files.map((fd) => readlink(join(folder, 'fd', fd)).catch(() => '')));
    const own = links
      .flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
      .filter((inode) => inodes.has(inode));
    if (own.length === 0) continue;
    const owner = await ownerOf(folder, Number(pid), users);
    for (const inode of own) if (!found.has(inode)) found.set(inode, owner);
  }
  return { found, hidden };
}

/** What makes a service the same one at the next look: not its process's number. */
const keyOf = ({ protocol, address, port }: Socket, owner: Owner | undefined): string =>
  `${protocol} ${address} ${port} ${owner?.path || owner?.name || ''}`;

/** Services that listen, when they are first seen, over restarts of Sallyport too. */
export const listeners: HostPart = {
  name: 'listening services',
  run: async (services, signal, report) => {
    const { root, clock, computer } = services;
    const memory = services.memory('listeners');
    const known = new Set(
      z
        .array(z.string())
        .catch([])
        .parse(await memory.read()),
    );
    const inodesBefore = new Set<string>();
    while (!signal.aborted) {
      const sockets = await listening(root);
      const fresh = sockets.filter((s) => !inodesBefore.has(s.inode));
      inodesBefore.clear();
      for (const { inode } of sockets) inodesBefore.add(inode);
      if (fresh.length > 0) {
        const { found, hidden } = await owners(root, new Set(fresh.map((s) => s.inode)));
        const unseen = fresh.filter((socket) => !known.has(keyOf(socket, found.get(socket.inode))));
        const Time = clock.now().toISOString();
        const rows = unseen.map((socket) => {
          const owner = found.get(socket.inode);
          return {
            Time,
            Computer: computer,
            Protocol: socket.protocol,
            LocalIP: socket.address,
            LocalPort: socket.port,
            ...(owner === undefined
              ? {}
              : {
                  ProcessId: owner.pid,
                  ProcessName: owner.name,
                  ProcessPath: owner.path,
                  CommandLine: owner.commandLine,
                  User: owner.user,
                }),
          };
        });
        if (rows.length > 0) await appendPatiently(services, 'Custom-HostListener', jsonLines(rows), signal);
        for (const socket of unseen) if (known.size < knownMax) known.add(keyOf(socket, found.get(socket.inode)));
        if (unseen.length > 0) await memory.write([...known]);
        if (hidden) report('limited', `sees ${sockets.length} listening sockets, but not the processes of other users`);
        else report('running', `sees ${sockets.length} listening sockets`);
      }
      await clock.sleep(lookMs, signal);
    }
  },
};
