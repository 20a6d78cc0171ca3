import { useSyncExternalStore } from 'react';

/**
 * Conditional Access asks for more before this session goes on. The calls that were refused wait here until the person has shown it in the dialog (`app/StepUpDialog.tsx`),
 * and are made again: the page stays as it is.
 */
let waiting: PromiseWithResolvers<boolean> | undefined;
const listeners = new Set<() => void>();

const tell = (): void => {
  for (const listener of listeners) listener();
};

/** RFC 9470. */
export const asksForMore = (response: Response): boolean =>
  response.status === 401 &&
  (response.headers.get('www-authenticate') ?? '').includes('insufficient_user_authentication');

export const stepUp = {
  /** Resolves true when it was shown, false when the person gave up. All that ask meanwhile wait for the same dialog. */
  ask: (): Promise<boolean> => {
    if (!waiting) {
      waiting = Promise.withResolvers<boolean>();
      tell();
    }
    return waiting.promise;
  },
  settle: (shown: boolean): void => {
    waiting?.resolve(shown);
    waiting = undefined;
    tell();
  },
};

/** Whether the dialog has to be there. */
export const useStepUpAsked = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting !== undefined,
  );
