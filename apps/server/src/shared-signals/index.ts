import { readFile } from 'node:fs/promises';
import type { sharedSignalsRoutes } from '@sallyport/contracts';
import type { JWK } from 'jose';
import { publicUrlOf } from '../platform/config/index.ts';
import { Listener } from '../platform/database/index.ts';
import type { Handlers } from '../platform/http/index.ts';
import { createOutbound } from '../platform/outbound/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { createDistributor } from './distribute.ts';
import type { SignalEffects } from './effects.ts';
import { createSpeak } from './outgoing.ts';
import { createPoller } from './poll.ts';
import { createPusher } from './push.ts';
import { createReceivers } from './receivers.ts';
import { sharedSignalsHandlers } from './routes.ts';
import { createStreams } from './streams.ts';
import { createVerifier } from './verify.ts';

export type { SignalEffects } from './effects.ts';

export interface SharedSignals extends Domain<Handlers<typeof sharedSignalsRoutes>> {
  /** Tells what happened, pushes what waits, and polls those that are due; `start` does so by itself. Answers how much there was. */
  run(): Promise<number>;
}

export interface SharedSignalsNeeds {
  /** Private keys that tokens are signed with, and where their public halves are. */
  readonly keys: () => Promise<readonly JWK[]>;
  readonly jwksUri: string;
  readonly effects: SignalEffects;
}

const lookEveryMs = 1_000;

/** OpenID Shared Signals: tells other systems what happens to people, sessions and devices here, and hears what happens there. */
export function createSharedSignals(platform: Platform, { keys, jwksUri, effects }: SharedSignalsNeeds): SharedSignals {
  const { config, clock, log, jobs } = platform;
  const issuer = publicUrlOf(config);
  const authorities: string[] = [];
  const outbound = createOutbound({
    hosts: config.sharedSignalsHosts,
    internalHosts: config.sharedSignalsInternalHosts,
    settingNames: { hosts: 'sharedSignalsHosts', internalHosts: 'sharedSignalsInternalHosts' },
  });
  const speak = createSpeak(outbound, () => authorities);
  let stopping = new AbortController();
  let told = new AbortController();
  let loop: Promise<void> | undefined;
  const signal = () => stopping.signal;
  const streams = createStreams({ platform, issuer, outbound, keys });
  const distribute = createDistributor({ platform, issuer, keys, streams });
  const push = createPusher(platform, speak, signal);
  const verifier = createVerifier(platform, speak, signal);
  const receivers = createReceivers({ platform, issuer, outbound, verifier, effects });
  const poll = createPoller(platform, receivers, speak, signal);
  const listener = new Listener(platform, 'sallyport_signals');
  jobs.schedule('shared-signals-forget', '53 3 * * *', async (job) => {
    await job.step('forget', () => receivers.forget());
  });

  const run = async (): Promise<number> => {
    const happened = await distribute();
    return happened + (await push()) + (await poll());
  };
  const keepRunning = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      told = new AbortController();
      let done = 0;
      try {
        done = await run();
      } catch (err) {
        log.warn({ err }, 'security events could not be exchanged');
      }
      if (done === 0) await clock.sleep(lookEveryMs, AbortSignal.any([stopping.signal, told.signal]));
    }
  };

  return {
    handlers: sharedSignalsHandlers({ platform, issuer, jwksUri, streams, receivers }),
    run,
    start: async () => {
      if (config.sharedSignalsCaFile !== '') authorities.push(await readFile(config.sharedSignalsCaFile, 'utf8'));
      stopping = new AbortController();
      listener.start(() => told.abort());
      loop = keepRunning();
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([listener.stop(), loop]);
    },
  };
}
