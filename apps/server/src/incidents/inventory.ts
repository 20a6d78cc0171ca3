import { lookupNames, type Lake } from '@sallyport/lake';
import type { Log } from '../platform/log.ts';
import type { Inventory, Known } from './entities/index.ts';

/** Names asked for at once; an alert beyond that goes without. */
const namesMax = 10_000;
const limits = { seconds: 10 };

/** From so many people on, logged on to one device, it is nobody's. */
const usersMin = 3;

// A device that one person alone is logged on to is theirs.
const { identityKeys, deviceKeys, devices } = lookupNames.entities;
const sql = `
  SELECT name, toString(identity), toString(device), toString(if(length(users) = 1 AND length(owners) = 1, owners[1], toUInt64(0))),
    toString(toUInt8(JSONExtractString(info, 'DeviceType') = 'Server' OR length(users) >= ${usersMin}))
  FROM (
    SELECT arrayJoin({names:Array(String)}) AS name,
      dictGet('${identityKeys}', 'id', tuple(name)) AS identity,
      dictGet('${deviceKeys}', 'id', tuple(name)) AS device,
      if(device = 0, '', dictGet('${devices}', 'info', device)) AS info,
      JSONExtractArrayRaw(info, 'LoggedOnUsers') AS users,
      arrayFilter(id -> id != 0, arrayDistinct(arrayMap(user -> dictGet('${identityKeys}', 'id', tuple(lower(
        if(JSONExtractString(user, 'Sid') != '', JSONExtractString(user, 'Sid'),
          concat(JSONExtractString(user, 'DomainName'), '\\\\', JSONExtractString(user, 'UserName')))))), users))) AS owners)
  WHERE identity != 0 OR device != 0`;

/**
 * The inventory that the lake keeps in memory (dictionaries over IdentityInfo, DeviceInfo and DeviceNetworkInfo). An engine that does not answer must not hold alerts
 * up: they go without, and the log says so.
 */
export function lakeInventory(lake: Lake, log: Log): Inventory {
  return async (names) => {
    const asked = [...new Set(names)].slice(0, namesMax);
    if (asked.length === 0) return new Map();
    try {
      const { rows } = await lake.query(sql, { params: { names: asked }, operation: 'correlation', limits });
      return new Map(rows.map(([name, ...ids]) => [String(name), known(ids.map(String))]));
    } catch (err) {
      log.warn({ err }, 'alerts are joined without the inventory');
      return new Map();
    }
  };
}

const known = ([identity = '0', device = '0', owner = '0', isOfSeveral = '0']: readonly string[]): Known => ({
  ...(identity === '0' ? {} : { identity }),
  ...(device === '0' ? {} : { device }),
  ...(owner === '0' ? {} : { owner }),
  ...(isOfSeveral === '0' ? {} : { isOfSeveral: true }),
});
