import { kinds, type Kind } from './kinds.ts';

type Identifiers = Readonly<Record<string, string>>;

/** What a person calls it: `CONTOSO\anna`, `pc01.contoso.com`, `10.0.0.4`. */
export function nameOf(kind: Kind, identifiers: Identifiers): string {
  const special = byKind[kind]?.(identifiers);
  if (special) return special;
  const first = kinds[kind].identifiers.find((identifier) => identifiers[identifier]);
  return (first && identifiers[first]) ?? Object.values(identifiers)[0] ?? kind;
}

const byKind: Partial<Record<Kind, (identifiers: Identifiers) => string | undefined>> = {
  Account: ({ Name, NTDomain, UPNSuffix, DnsDomain, DisplayName }) => {
    if (!Name) return DisplayName;
    if (UPNSuffix) return `${Name}@${UPNSuffix}`;
    if (NTDomain) return `${NTDomain}\\${Name}`;
    return DnsDomain ? `${Name}@${DnsDomain}` : Name;
  },
  Host: ({ HostName, NetBiosName, DnsDomain, NTDomain }) => {
    const name = HostName ?? NetBiosName;
    if (!name) return undefined;
    if (DnsDomain) return `${name}.${DnsDomain}`;
    // A machine outside a domain is written as its own domain.
    return NTDomain && NTDomain.toLowerCase() !== name.toLowerCase() ? `${NTDomain}\\${name}` : name;
  },
  File: ({ Directory, Name }) => {
    if (!Name || !Directory) return Name ?? Directory;
    const separator = Directory.includes('\\') ? '\\' : '/';
    return Directory.endsWith(separator) ? Directory + Name : Directory + separator + Name;
  },
  MailMessage: ({ Subject, Recipient }) => (Subject ? `“${Subject}”${Recipient ? ` to ${Recipient}` : ''}` : undefined),
  Process: ({ CommandLine, ProcessId }) => CommandLine ?? (ProcessId ? `process ${ProcessId}` : undefined),
  RegistryKey: ({ Hive, Key }) => (Hive && Key ? `${Hive}\\${Key}` : (Key ?? Hive)),
};
