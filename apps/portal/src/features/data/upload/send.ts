import { errorOfAnswer, SallyportError, Upload } from '@sallyport/contracts';

/** What the server takes at most, as its contract says. */
export const FILE_BYTES_MAX = 1024 * 1024 * 1024;
const NAME_MAX = 255;

/**
 * Brings a file to the server. `fetch` tells nothing of how much has gone, so this is the one call that is not the client's. Throws SallyportError; TypeError when
 * the server is not reached; an AbortError when it was stopped.
 */
export function sendFile(file: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/uploads?name=${encodeURIComponent(file.name.slice(-NAME_MAX))}`);
    request.setRequestHeader('x-sallyport-csrf', '1');
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded }) => onSent(loaded));
    request.addEventListener('load', () => {
      const body: unknown = request.response;
      if (request.status !== 200) return reject(errorOfAnswer(request.status, body));
      const parsed = Upload.safeParse(body);
      if (parsed.success) return resolve(parsed.data);
      return reject(new SallyportError('InternalError', 'the answer is not that of an upload'));
    });
    request.addEventListener('error', () => reject(new TypeError('not reached')));
    request.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
