import { Command, CommanderError } from 'commander';
import { SallyportError } from '@sallyport/contracts';
import { benchCommand } from './commands/bench.ts';
import { contentCommand } from './commands/content.ts';
import { detectCommand } from './commands/detect.ts';
import { sourcesCommand } from './commands/sources.ts';
import { kqlCommand } from './commands/kql.ts';

import { replayCommand } from './commands/replay.ts';
import { upCommand } from './commands/up.ts';
import { terminalSafe } from './output.ts';

/**
 * Runs the `sallyport` command line.
 * @param args Arguments after the program's name.
 * @returns The exit code: 0, 1 when the command failed, 2 when it was called wrongly.
 */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('sallyport')
    .description('Security operations and Zero Trust on your own machines')
    .exitOverride()
    .showHelpAfterError('(add --help for what it takes)');
  const finish = (result: number): void => {
    code = result;
  };
  for (const command of [
    upCommand,
    replayCommand,
    kqlCommand,
    contentCommand,
    detectCommand,
    sourcesCommand,
    benchCommand,
  ])
    program.addCommand(command(finish).exitOverride());
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`sallyport: ${terminalSafe(describe(error))}\n`);
    return 1;
  }
}

function describe(error: unknown): string {
  if (error instanceof SallyportError) return error.target ? `${error.message} (${error.target})` : error.message;
  if (process.env['SALLYPORT_DEBUG'] && error instanceof Error) return error.stack ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
