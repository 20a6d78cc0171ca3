import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { objectsIn, type ToldObject } from './notice.ts';

/** A message stays hidden from others while its objects are read; then it comes again. */
const hiddenSeconds = 900;
const waitSeconds = 1;
/** SQS gives and takes no more at once. */
const batch = 10;

export interface QueueMessage {
  readonly receipt: string;
  /** Undefined where it is no notification. */
  readonly objects: readonly ToldObject[] | undefined;
}

/** Up to ten messages. `hide`: whether they are kept from others for a while. */
export async function receive(
  client: SQSClient,
  queueUrl: string,
  hide: boolean,
  signal: AbortSignal,
): Promise<readonly QueueMessage[]> {
  const answer = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: batch,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: hide ? hiddenSeconds : 0,
    }),
    { abortSignal: signal },
  );
  return (answer.Messages ?? []).flatMap(({ ReceiptHandle: receipt, Body: body = '' }) =>
    receipt === undefined ? [] : [{ receipt, objects: objectsIn(body) }],
  );
}

function* batchesOf(messages: readonly QueueMessage[]) {
  for (let at = 0; at < messages.length; at += batch)
    yield messages.slice(at, at + batch).map(({ receipt }, n) => ({ Id: String(n), ReceiptHandle: receipt }));
}

/** What is read is taken off the queue. A message that could not be deleted comes again, and its objects are known then. */
export async function remove(client: SQSClient, queueUrl: string, messages: readonly QueueMessage[]): Promise<void> {
  for (const Entries of batchesOf(messages))
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
}

/** Shows messages to everyone again. */
export async function release(client: SQSClient, queueUrl: string, messages: readonly QueueMessage[]): Promise<void> {
  for (const entries of batchesOf(messages))
    await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 })),
      }),
    );
}
