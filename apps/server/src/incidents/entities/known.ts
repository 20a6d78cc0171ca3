import type { ResolvedEntity } from './resolve.ts';

/** What the inventory (IdentityInfo, DeviceInfo, DeviceNetworkInfo) knows a name or an address as; undefined: nothing. */
export interface Known {
  readonly identity?: string;
  readonly device?: string;
  /** Who alone uses the device: an identity. */
  readonly owner?: string;
  /** A server, or a machine that several people are logged on to. */
  readonly isOfSeveral?: boolean;
}

/** Asks the inventory about names and addresses in lower case; those that it does not know are not in the answer. */
export type Inventory = (names: readonly string[]) => Promise<ReadonlyMap<string, Known>>;

/** For a place without an inventory. */
export const emptyInventory: Inventory = () => Promise.resolve(new Map());

/** Under which names the inventory may know an entity. */
export function namesOf({ kind, identifiers: i }: ResolvedEntity): string[] {
  const joined = (a: string | undefined, by: string, b: string | undefined) => (a && b ? [`${a}${by}${b}`] : []);
  const bare = (name: string | undefined) => (name ? [name] : []);
  const names = (): string[] => {
    switch (kind) {
      case 'Account': {
        const qualified = [
          ...bare(i['AadUserId']),
          ...bare(i['Sid']),
          ...joined(i['Name'], '@', i['UPNSuffix']),
          ...joined(i['NTDomain'], '\\', i['Name']),
          ...joined(i['DnsDomain'], '\\', i['Name']),
        ];
        return qualified.length > 0 ? qualified : bare(i['Name']);
      }
      case 'Host': {
        const name = i['HostName'] ?? i['NetBiosName'];
        const full = joined(name, '.', i['DnsDomain']);
        return full.length > 0 ? full : bare(name);
      }
      case 'IP':
        return bare(i['Address']);
      case 'Mailbox':
        return [...bare(i['Upn']), ...bare(i['MailboxPrimaryAddress'])];
      default:
        return [];
    }
  };
  return names().map((name) => name.toLowerCase());
}

/**
 * The entities with what the inventory knows among their join keys: so that one person is the same by user principal name, SID and domain name, one machine by name and
 * address, and a machine that one person uses is theirs; and whether it is one that several people use.
 */
export function withKnown(
  entities: readonly ResolvedEntity[],
  known: ReadonlyMap<string, Known>,
): readonly ResolvedEntity[] {
  if (known.size === 0) return entities;
  return entities.map((entity) => {
    // What everybody shares stays out, whatever it is known as.
    if (entity.discounted !== undefined) return entity;
    const found = namesOf(entity).flatMap((name) => known.get(name) ?? []);
    const keys = found.flatMap(({ identity, device, owner }) => [
      ...(identity === undefined || entity.kind === 'Host' || entity.kind === 'IP' ? [] : [`identity:${identity}`]),
      ...(device === undefined || entity.kind === 'Account' ? [] : [`device:${device}`]),
      ...(owner === undefined || entity.kind === 'Account' ? [] : [`identity:${owner}`]),
    ]);
    if (keys.length === 0) return entity;
    return {
      ...entity,
      joinKeys: [...new Set([...entity.joinKeys, ...keys])],
      ...(found.some(({ isOfSeveral }) => isOfSeveral) ? { isOfSeveral: true } : {}),
    };
  });
}
