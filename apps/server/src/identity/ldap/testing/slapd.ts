import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const program = '/usr/sbin/slapd';
const schemas = '/etc/ldap/schema';
/** Debian's own: `apt-get install slapd`. */
export const slapdInstalled = (): boolean => existsSync(program) && existsSync(schemas);

export const base = 'dc=contoso,dc=com';
export const rootDn = `cn=admin,${base}`;
export const rootPassword = 'root of the tree';

export interface Slapd {
  readonly ports: { readonly clear: number; readonly tls: number };
  stop(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address ? address.port : 0);
  });
  const port = await promise;
  await new Promise((closed) => server.close(closed));
  return port;
};
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** Debian's slapd in a folder of its own, with a clear and an encrypted port. It takes no password over a clear line, as a good one would not. */
export async function startSlapd(
  folder: string,
  tls: { readonly certificate: string; readonly key: string },
): Promise<Slapd> {
  // prettier-ignore
  const [clear, secure] = [await freePort(), await freePort()];
  const data = join(folder, 'data');
  await mkdir(data, { recursive: true });
  const file = (name: string) => join(folder, name);
  await writeFile(file('server.pem'), tls.certificate);
  await writeFile(file('server-key.pem'), tls.key);
  const lines = [
    ...['core', 'cosine', 'inetorgperson'].map((name) => `include ${schemas}/${name}.schema`),
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    `pidfile ${file('slapd.pid')}`,
    `TLSCertificateFile ${file('server.pem')}`,
    `TLSCertificateKeyFile ${file('server-key.pem')}`,
    'security simple_bind=128',
    'sizelimit size.soft=50 size.hard=unlimited size.pr=100 size.prtotal=unlimited',
    'database mdb',
    `suffix "${base}"`,
    `rootdn "${rootDn}"`,
    `rootpw "${rootPassword}"`,
    `directory ${data}`,
    'maxsize 67108864',
    'index objectClass eq',
  ];
  await writeFile(file('slapd.conf'), `${lines.join('\n')}\n`);
  const child = spawn(program, ['-d', '0', '-f', file('slapd.conf'), '-h', `ldap://127.0.0.1:${clear} ldaps://127.0.0.1:${secure}`], { stdio: ['ignore', 'ignore', 'pipe'] }); // prettier-ignore
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(secure)); tries += 1) {
    if (tries > 100 || child.exitCode !== null) throw new Error(`slapd does not answer: ${said}`);
    await delay(50);
  }
  return {
    ports: { clear, tls: secure },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
