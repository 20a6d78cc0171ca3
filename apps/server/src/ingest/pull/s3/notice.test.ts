import { expect, it } from 'vitest';
import { objectsIn } from './notice.ts';

const created = (key: string, eventName = 'ObjectCreated:Put') => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName,
  s3: { bucket: { name: 'trail' }, object: { key, size: 42, eTag: 'abc', sequencer: '0A' } },
});
const told = (key: string) => ({ bucket: 'trail', key, etag: 'abc', bytes: 42 });
const json = JSON.stringify;

it('reads what S3 says, whose keys are written as in a form', () => {
  const Records = [created('a/b+c%3D1.json'), created('gone.json', 'ObjectRemoved:Delete')];
  expect(objectsIn(json({ Records }))).toEqual([told('a/b c=1.json')]);
});

it('reads it within SNS', () => {
  const Message = json({ Records: [created('a.json')] });
  expect(objectsIn(json({ Type: 'Notification', TopicArn: 'arn:aws:sns:x', Message }))).toEqual([told('a.json')]);
});

it('reads what EventBridge says, with plain keys', () => {
  const event = (type: string) => ({
    version: '0',
    source: 'aws.s3',
    'detail-type': type,
    detail: { bucket: { name: 'trail' }, object: { key: 'a+b.json', size: 42, etag: 'abc' } },
  });
  expect(objectsIn(json(event('Object Created')))).toEqual([told('a+b.json')]);
  expect(objectsIn(json(event('Object Deleted')))).toEqual([]);
});

it('reads what CloudTrail says, which knows no more than keys', () => {
  const Message = json({ s3Bucket: 'trail', s3ObjectKey: ['AWSLogs/a.json.gz', 'AWSLogs/b.json.gz'] });
  expect(objectsIn(json({ Type: 'Notification', Message }))).toEqual(
    ['AWSLogs/a.json.gz', 'AWSLogs/b.json.gz'].map((key) => ({ bucket: 'trail', key, etag: '', bytes: undefined })),
  );
});

it('finds nothing in S3’s test, and knows what is none of these', () => {
  expect(objectsIn(json({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'trail' }))).toEqual([]);
  for (const body of ['', 'text', '{}', '[]', json({ Records: [{}] }), json({ Records: [created('%')] })])
    expect([body, objectsIn(body)]).toEqual([body, undefined]);
});
