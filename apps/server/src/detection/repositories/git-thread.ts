/** Reads a Git repository, in a thread of its own: unpacking what a stranger sends may take long, or much, and must be ended from outside then. */
import fs from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { SallyportError } from '@sallyport/contracts';
import { clone, listServerRefs, readBlob, readTree, resolveRef, type HttpClient } from 'isomorphic-git';
import { Agent, request } from 'undici';
import { createOutbound, pinnedLookup, type Outbound } from '../../platform/outbound/index.ts';
import { ContentFiles, depthMax, isContent, namesMax } from './content-file.ts';
import { GitRequest, gitUrl, settingNames, targetOf, type GitAnswer } from './git-request.ts';

const requestMs = 120_000;

/** Speaks to the repository's own origin and no other, at addresses that were judged; follows no redirection. */
function httpOf(origin: string, outbound: Outbound, bytesMax: number): HttpClient {
  let bytes = 0;
  return {
    request: async ({ url, method = 'GET', headers = {}, body }) => {
      const asked = new URL(url);
      if (asked.origin !== origin) throw new RangeError(`the repository leads elsewhere, to ${asked.host}`);
      const addresses = await outbound.addresses(targetOf(asked));
      const dispatcher = new Agent({
        allowH2: false,
        connect: { lookup: pinnedLookup(() => Promise.resolve(addresses)) },
      });
      const parts: Uint8Array[] = [];
      for await (const part of body ?? []) parts.push(part);
      const answer = await request(asked, {
        dispatcher,
        method: method === 'POST' ? 'POST' : 'GET',
        headers,
        signal: AbortSignal.timeout(requestMs),
        ...(body ? { body: Buffer.concat(parts) } : {}),
      });
      const { location } = answer.headers;
      if (answer.statusCode >= 300 && answer.statusCode < 400)
        throw new RangeError(`the address was moved to ${String(location)}: give that one`);
      async function* read(): AsyncIterableIterator<Uint8Array> {
        for await (const part of answer.body) {
          const chunk = Buffer.from(part as Uint8Array);
          bytes += chunk.length;
          if (bytes > bytesMax)
            throw new RangeError(`the repository sends more than ${Math.floor(bytesMax / 1_048_576)} MiB`);
          yield chunk;
        }
      }
      return {
        url,
        method,
        statusCode: answer.statusCode,
        statusMessage: String(answer.statusCode),
        headers: Object.fromEntries(
          Object.entries(answer.headers).flatMap(([name, value]): [string, string][] => [[name, String(value)]]),
        ),
        body: read(),
      };
    },
  };
}

async function read(asked: GitRequest): Promise<GitAnswer> {
  const url = gitUrl(asked.url);
  const outbound = createOutbound({ hosts: asked.hosts, internalHosts: asked.internalHosts, settingNames });
  const http = httpOf(url.origin, outbound, asked.transferBytesMax);
  const secret = { username: asked.username || 'token', password: asked.token };
  const onAuth = () => (asked.token === '' ? { cancel: true } : secret);
  const refs = await listServerRefs({
    http,
    url: url.href,
    onAuth,
    symrefs: true,
    prefix: asked.branch === '' ? 'HEAD' : `refs/heads/${asked.branch}`,
  });
  const wanted = asked.branch === '' ? 'HEAD' : `refs/heads/${asked.branch}`;
  const ref = refs.find((one) => one.ref === wanted);
  if (!ref)
    throw new RangeError(asked.branch === '' ? 'the repository is empty' : `there is no branch ${asked.branch}`);
  if (ref.oid === asked.known) return { commit: ref.oid, content: null };
  const gitdir = join(asked.scratch, 'git');
  await clone({
    fs,
    http,
    dir: asked.scratch,
    gitdir,
    url: url.href,
    onAuth,
    depth: 1,
    singleBranch: true,
    noTags: true,
    // Nothing that the repository names is written anywhere: its files are read out of the pack.
    noCheckout: true,
    ...(asked.branch === '' ? {} : { ref: asked.branch }),
  });
  const commit = await resolveRef({ fs, gitdir, ref: 'HEAD' });
  const { files, leftOut } = await readTreeOf({ gitdir, commit, folder: asked.folder });
  return { commit, content: { files: [...files], leftOut: [...leftOut] } };
}

async function readTreeOf({ gitdir, commit, folder }: { gitdir: string; commit: string; folder: string }) {
  const content = new ContentFiles();
  const cache = {};
  const within = folder
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  let names = 0;
  const visit = async (oid: string, path: string, depth: number): Promise<void> => {
    if (depth > depthMax) return content.leaveOut(path, `deeper than ${depthMax} folders`);
    const { tree } = await readTree({ fs, gitdir, oid, cache });
    for (const entry of tree) {
      if (++names > namesMax) throw new RangeError(`the repository has more than ${namesMax} names`);
      const inside = path === '' ? entry.path : `${path}/${entry.path}`;
      if (entry.type === 'tree') await visit(entry.oid, inside, depth + 1);
      else if (!isContent(inside)) continue;
      else if (entry.type !== 'blob' || entry.mode === '120000') content.leaveOut(inside, 'a link');
      else content.add(inside, (await readBlob({ fs, gitdir, oid: entry.oid, cache })).blob);
    }
  };
  let start: string;
  try {
    start = (await readTree({ fs, gitdir, oid: commit, cache, ...(within === '' ? {} : { filepath: within }) })).oid;
  } catch (error) {
    if (within === '') throw error;
    throw new RangeError(`there is no folder ${within} in it`, { cause: error });
  }
  await visit(start, '', 0);
  return content.done(commit);
}

/** What went wrong, in words; nothing of the token is in what the library says. */
function faultOf(error: unknown): string {
  if (error instanceof RangeError || error instanceof SallyportError) return error.message;
  if (!(error instanceof Error)) return 'it could not be read';
  const status = error.name === 'HttpError' ? /\d{3}/.exec(error.message)?.[0] : undefined;
  if (status === '401' || status === '403' || error.name === 'UserCanceledError')
    return 'the server asks for a user and token, or refuses those that are given';
  if (status !== undefined) return `the server answered ${status}`;
  if (error.name === 'TimeoutError') return 'the server took too long';
  return `it could not be read: ${error.message.slice(0, 300)}`;
}

const answer = await read(GitRequest.parse(workerData)).catch((error: unknown): GitAnswer => ({
  fault: faultOf(error),
}));
parentPort?.postMessage(answer);
