import { readFileSync } from 'node:fs';
import type { Config } from '../../../platform/config/index.ts';
import type { TlsMaterial } from '../../../platform/http/tls.ts';
import type { SyslogSettings } from './index.ts';
import type { SyslogTls } from './tcp.ts';

/** The doors that are to be open; undefined when all are closed. Throws when a file of certificates can't be read. */
export async function syslogSettings(
  config: Config,
  material: () => Promise<TlsMaterial>,
): Promise<SyslogSettings | undefined> {
  const { host, syslogUdpPort, syslogTcpPort, syslogTlsPort } = config;
  if (syslogUdpPort + syslogTcpPort + syslogTlsPort === 0) return undefined;
  return {
    host,
    ...(syslogUdpPort === 0 ? {} : { udpPort: syslogUdpPort }),
    ...(syslogTcpPort === 0 ? {} : { tcpPort: syslogTcpPort }),
    ...(syslogTlsPort === 0 ? {} : { tlsPort: syslogTlsPort, tls: syslogTls(config, await material()) }),
    connectionsMax: config.syslogMaxConnections,
    allowedSenders: config.syslogAllowedSenders,
  };
}

/** The server's own certificate, and the authority that clients' are by, when they need one. */
export function syslogTls(config: Config, { certificate, key, authority }: TlsMaterial): SyslogTls {
  if (!config.syslogClientCertificates) return { certificate, key };
  const { syslogClientCaFile: file } = config;
  return { certificate, key, clientAuthority: file === '' ? authority : readFileSync(file, 'utf8') };
}
