/**
 * Does work on single items together: what comes while some are worked on waits, and goes in the next piece of work, so that many callers at once cost little more than one and one alone waits for nobody. One piece of work at
 * a time, of at most `most` items.
 * @returns What takes an item; it resolves, or throws what the work threw, when the piece of work with that item has ended.
 */
export function gathered<Item>(
  most: number,
  work: (items: readonly Item[]) => Promise<void>,
): (item: Item) => Promise<void> {
  const waiting: { readonly item: Item; readonly settled: PromiseWithResolvers<void> }[] = [];
  let busy = false;
  const run = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const some = waiting.splice(0, most);
      try {
        await work(some.map(({ item }) => item));
        for (const { settled } of some) settled.resolve();
      } catch (error) {
        for (const { settled } of some) settled.reject(error);
      }
    }
    busy = false;
  };
  return (item) => {
    const settled = Promise.withResolvers<void>();
    waiting.push({ item, settled });
    if (!busy) void run();
    return settled.promise;
  };
}
