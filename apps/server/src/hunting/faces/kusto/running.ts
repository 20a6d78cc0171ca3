import { SallyportError } from '@sallyport/contracts';

/** Queries under way, by who asked and by the id that the client gave: for `.cancel query`. */
export interface Running {
  add(caller: string, clientRequestId: string): { readonly signal: AbortSignal; readonly over: () => void };
  /** False when the caller has none of that id. */
  cancel(caller: string, clientRequestId: string): boolean;
}

export function createRunning(): Running {
  const controllers = new Map<string, AbortController>();
  const key = (caller: string, id: string) => JSON.stringify([caller, id]);
  return {
    add: (caller, id) => {
      const controller = new AbortController();
      const at = key(caller, id);
      controllers.set(at, controller);
      return {
        signal: controller.signal,
        over: () => {
          if (controllers.get(at) === controller) controllers.delete(at);
        },
      };
    },
    cancel: (caller, id) => {
      const controller = controllers.get(key(caller, id));
      controller?.abort(new SallyportError('BadRequest', 'the query was cancelled by its client'));
      return controller !== undefined;
    },
  };
}
