import { isIP } from 'node:net';
import type { Kind } from './kinds.ts';
import { isGenericAccountName, isNothing, plainAddress } from './shared.ts';

type Identifiers = Record<string, string>;

/**
 * The identifiers in their plain form: empty ones left out, full names taken apart (`CONTOSO\anna`, `anna@contoso.com`, `pc01.contoso.com`), as
 * Sentinel does with FullName, and also where a rule mapped a full name to Name or HostName.
 */
export function normalise(kind: Kind, identifiers: Readonly<Identifiers>): Identifiers {
  const present = Object.fromEntries(
    Object.entries(identifiers)
      .map(([name, value]) => [name, value.replaceAll('\0', '').trim()] as const)
      .filter(([, value]) => !isNothing(value)),
  );
  return byKind[kind]?.(present) ?? present;
}

const byKind: Partial<Record<Kind, (identifiers: Identifiers) => Identifiers>> = {
  Account: account,
  Host: host,
  File: file,
  IP: (identifiers) =>
    identifiers['Address'] ? { ...identifiers, Address: plainAddress(identifiers['Address']) } : identifiers,
};

function account({ FullName, Name, ...others }: Identifiers): Identifiers {
  const parts: Identifiers = { ...splitAccount(FullName), ...splitAccount(Name), ...others };
  // A generic name says nothing about who it was, so it goes, and the rest stays if it identifies.
  if (!isGenericAccountName(parts['Name'] ?? '')) return parts;
  const { Name: _, NTDomain: _domain, DnsDomain: _dns, UPNSuffix: _suffix, DisplayName: _display, ...rest } = parts;
  return rest['Sid'] || rest['AadUserId'] || rest['PUID'] || rest['ObjectGuid'] ? rest : {};
}

function splitAccount(name: string | undefined): Identifiers {
  if (name === undefined) return {};
  const backslash = name.lastIndexOf('\\');
  if (backslash > 0 && backslash < name.length - 1)
    return { NTDomain: name.slice(0, backslash), Name: name.slice(backslash + 1) };
  const at = name.lastIndexOf('@');
  if (at > 0 && at < name.length - 1) return { Name: name.slice(0, at), UPNSuffix: name.slice(at + 1) };
  return { Name: name.replace(/^\\/, '') };
}

function host({ FullName, HostName, ...others }: Identifiers): Identifiers {
  return { ...splitHost(FullName), ...splitHost(HostName), ...others };
}

function splitHost(text: string | undefined): Identifiers {
  if (text === undefined) return {};
  const name = text.replace(/^\\\\/, '').replace(/\.$/, '');
  const backslash = name.indexOf('\\');
  if (backslash > 0) return { NTDomain: name.slice(0, backslash), HostName: name.slice(backslash + 1) };
  const dot = name.indexOf('.');
  if (dot > 0 && isIP(name) === 0) return { HostName: name.slice(0, dot), DnsDomain: name.slice(dot + 1) };
  return { HostName: name };
}

function file(identifiers: Identifiers): Identifiers {
  const { Name: path, Directory } = identifiers;
  if (path === undefined) return identifiers;
  const cut = Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'));
  if (cut < 0 || cut === path.length - 1) return identifiers;
  return { ...identifiers, Directory: Directory ?? (path.slice(0, cut) || '/'), Name: path.slice(cut + 1) };
}
