/** `sallyport up` for supervisor.test.ts: the data folder and port are its arguments. */
import { loadConfig } from '../platform/config/index.ts';
import { runSupervisor } from './index.ts';

const [dataDir, port] = process.argv.slice(2);
const config = loadConfig({
  flags: { dataDir, port, logLevel: 'warn', drainTime: '1 s', collectHost: 'off', ipLocationFile: 'off' },
  environment: {},
});
process.exit(await runSupervisor({ config, engineSilenceMs: 10_000 }));
