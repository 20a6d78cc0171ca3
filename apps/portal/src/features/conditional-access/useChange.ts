import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNotify } from '../../shared/toast.tsx';
import { accessKey } from './queries.ts';

/** A change of what Conditional Access knows: what was read before is read anew, and a note says what was done. */
export function useChange<T>(change: (input: T) => Promise<unknown>, done: string, then?: () => void) {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: accessKey });
      notify.done(done);
      then?.();
    },
  });
}

/** The same for a change without a form, whose refusal is a note too. */
export function useDeletion<T>(change: (input: T) => Promise<unknown>, done: string, then?: () => void) {
  const notify = useNotify();
  const mutation = useChange(change, done, then);
  return {
    isPending: mutation.isPending,
    run: (input: T) => mutation.mutate(input, { onError: (failure) => notify.failed('Nothing was changed', failure) }),
  };
}
