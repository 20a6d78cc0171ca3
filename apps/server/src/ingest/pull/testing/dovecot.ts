import { execFileSync, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const dovecotInstalled = (): boolean => {
  try {
    execFileSync('dovecot', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });

export interface Dovecot {
  /** With TLS from the start, and with STARTTLS. */
  readonly ports: { readonly tls: number; readonly starttls: number };
  stop(): Promise<void>;
}

/**
 * Debian's dovecot in a folder of its own; anyone may sign in with the password, or with an access token that `introspection` knows (RFC 7662). Needs root, as
 * its processes run as several users.
 */
export async function startDovecot(
  folder: string,
  password: string,
  tls: { readonly certificate: string; readonly key: string },
  introspection: string,
): Promise<Dovecot> {
  const ports = { tls: await freePort(), starttls: await freePort() };
  await mkdir(join(folder, 'mail'), { recursive: true });
  await writeFile(join(folder, 'cert.pem'), tls.certificate);
  await writeFile(join(folder, 'key.pem'), tls.key, { mode: 0o600 });
  execFileSync('chown', ['-R', 'mail:mail', join(folder, 'mail')]);
  const config = join(folder, 'dovecot.conf');
  await writeFile(
    config,
    `dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
first_valid_uid = 1
first_valid_gid = 1
ssl = required
ssl_server_cert_file = ${folder}/cert.pem
ssl_server_key_file = ${folder}/key.pem
mail_driver = maildir
mail_path = ${folder}/mail/%{user | lower}
namespace inbox {
  inbox = yes
  separator = /
}
auth_mechanisms = plain login xoauth2 oauthbearer
oauth2 {
  introspection_mode = post
  introspection_url = ${introspection}
  username_attribute = username
  active_attribute = active
  active_value = true
}
ssl_client_ca_file = ${folder}/ca.pem
passdb oauth2 {
  mechanisms_filter = xoauth2 oauthbearer
}
passdb static {
  mechanisms_filter = plain login
  password = ${password}
}
userdb static {
  fields {
    uid = mail
    gid = mail
    home = ${folder}/mail
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${ports.starttls}
  }
  inet_listener imaps {
    port = ${ports.tls}
    ssl = yes
  }
}
`,
  );
  const child = spawn('dovecot', ['-F', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  for (let tries = 0; !(await answers(ports.starttls)); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error(`dovecot does not answer: ${said}`);
    await delay(100);
  }
  return {
    ports,
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    },
  };
}
