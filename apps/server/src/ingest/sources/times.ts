/** A column of a table and the SQL of its value. */
export interface Cell {
  readonly name: string;
  readonly sql: string;
}

/** How far ahead of ours a sender's clock may be. */
const aheadMinutes = 60;
/** No live event is older: a clock that was never set says 1970, or 1980. */
const earliest = '2000-01-01 00:00:00';

/** The lake's own column for TimeGenerated as a sender gave it, where it could not be. */
export const timeGivenColumn = { name: '_TimeGiven', type: 'datetime' } as const;

/**
 * The cells with TimeGenerated as the time of arrival where it can't be right: more than an hour ahead, or before 2000. What was given goes to `_TimeGiven`.
 *
 * Azure Monitor replaces what is more than two days old or more than a day ahead, and keeps nothing of it
 * (https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns#timegenerated). Here late events keep their time, since senders that were cut off
 * catch up for weeks; and an event of tomorrow must not wait in tomorrow's rule windows.
 */
export function possibleTimes(cells: readonly Cell[]): readonly Cell[] {
  const time = cells.find(({ name }) => name === 'TimeGenerated');
  if (time === undefined) return cells;
  const wrong =
    `ifNull(${time.sql} > now64(7, 'UTC') + INTERVAL ${aheadMinutes} MINUTE` +
    ` OR ${time.sql} < toDateTime64('${earliest}', 7, 'UTC'), false)`;
  return [
    ...cells.map((cell) => (cell === time ? { ...cell, sql: `if(${wrong}, now64(7, 'UTC'), ${time.sql})` } : cell)),
    { name: timeGivenColumn.name, sql: `if(${wrong}, ${time.sql}, NULL)` },
  ];
}
