import { Link, Toast, ToastBody, ToastTitle, ToastTrigger, useToastController } from '@fluentui/react-components';
import { describeError } from './States.tsx';
import { visible } from './text.ts';

export const TOASTER = 'toaster';
const UNDO_MS = 8_000;

export interface Notify {
  /** Something was done; `undo` is its way back. */
  readonly done: (title: string, undo?: () => void) => void;
  readonly failed: (title: string, error: unknown) => void;
}

/** Short notes at the corner: what was done, with its way back, or what failed. */
export function useNotify(): Notify {
  const { dispatchToast } = useToastController(TOASTER);
  return {
    done: (title, undo) =>
      dispatchToast(
        <Toast>
          <ToastTitle
            action={
              undo ? (
                <ToastTrigger>
                  <Link as="button" onClick={undo}>
                    Undo
                  </Link>
                </ToastTrigger>
              ) : null
            }
          >
            {title}
          </ToastTitle>
        </Toast>,
        { intent: 'success', timeout: undo ? UNDO_MS : 3_000 },
      ),
    failed: (title, error) => {
      const { code, message, requestId } = describeError(error);
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          <ToastBody>
            {visible(message)} ({requestId === undefined ? code : `${code} · ${requestId}`})
          </ToastBody>
        </Toast>,
        { intent: 'error', timeout: 12_000 },
      );
    },
  };
}
