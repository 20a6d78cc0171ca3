import { readFileSync, statSync } from 'node:fs';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { SallyportError } from '@sallyport/contracts';
import { createKql, KqlError, type Kql } from '@sallyport/kql';
import type { Lake } from '@sallyport/lake';
import { printJson, printTable } from '../output.ts';
import { withScratchLake } from '../scratch-lake.ts';
import { placeOf } from './kql.ts';
import type { Finish } from './types.ts';

interface Item {
  readonly path: string;
  readonly query: string;
}
interface Failure {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export function contentCommand(finish: Finish): Command {
  const content = new Command('content').description('rules and queries as files');
  content
    .command('check')
    .description('compile every rule and query found, and run it on empty tables')
    .argument('<path...>', 'Sentinel YAML files, JSON lines with a `query`, or folders of them')
    .option('--json', 'print one JSON object')
    .option('--compile-only', 'do not run what compiles')
    .action(async (paths: string[], options: { json?: boolean; compileOnly?: boolean }) => {
      const { items, failures: unread } = collect(paths);
      const failed = await withScratchLake(async (lake) => {
        const kql = createKql(() => lake.kqlCatalogue());
        const failures: Failure[] = [...unread];
        for (const item of items) {
          const failure = await check(item, kql, lake, options.compileOnly !== true);
          if (failure) failures.push(failure);
        }
        return failures;
      });
      const total = items.length + unread.length;
      if (options.json) printJson({ total, ok: total - failed.length, failed });
      else {
        printTable(
          ['path', 'code', 'message'],
          failed.map((f) => [f.path, f.code, f.message]),
          100,
        );
        process.stdout.write(`${total} checked, ${total - failed.length} ok, ${failed.length} failed\n`);
      }
      finish(failed.length === 0 ? 0 : 1);
    });
  return content;
}

async function check(item: Item, kql: Kql, lake: Lake, run: boolean): Promise<Failure | undefined> {
  try {
    const { sql } = kql.compile(item.query, { now: new Date(), database: lake.workspace, maxRows: 10 });
    if (run) await lake.query(sql, { operation: 'content check' });
    return undefined;
  } catch (error) {
    if (error instanceof KqlError)
      return {
        path: item.path,
        code: error.code,
        message: `${error.message} (${placeOf(item.query, error.span.start)})`,
      };
    if (error instanceof SallyportError) return { path: item.path, code: error.code, message: describe(error) };
    throw error;
  }
}

const describe = (error: SallyportError): string =>
  error.cause instanceof Error ? `${error.message}: ${error.cause.message.slice(0, 500)}` : error.message;

const WithQuery = z.object({ query: z.string().min(1) });

function collect(paths: readonly string[]): { items: Item[]; failures: Failure[] } {
  const items: Item[] = [];
  const failures: Failure[] = [];
  for (const path of paths.flatMap(filesOf)) {
    const text = readFileSync(path, 'utf8');
    const entries = path.endsWith('.jsonl')
      ? text
          .split('\n')
          .flatMap((line, n) =>
            line.trim() === '' ? [] : [{ path: `${path}:${n + 1}`, parse: () => JSON.parse(line) as unknown }],
          )
      : [{ path, parse: () => parseYaml(text) as unknown }];
    for (const entry of entries) {
      try {
        const parsed = WithQuery.safeParse(entry.parse());
        if (parsed.success) items.push({ path: entry.path, query: parsed.data.query });
        else if (!path.endsWith('tests.yaml'))
          failures.push({ path: entry.path, code: 'NoQuery', message: 'it has no `query`' });
      } catch (error) {
        failures.push({
          path: entry.path,
          code: 'NotReadable',
          message: error instanceof Error ? error.message : String(error),
        });
      }
    }
  }
  return { items, failures };
}

const filesOf = (path: string): string[] =>
  statSync(path).isDirectory()
    ? globSync('**/*.{yaml,yml,jsonl}', { cwd: path })
        .map((file) => join(path, file))
        .toSorted()
    : [path];
