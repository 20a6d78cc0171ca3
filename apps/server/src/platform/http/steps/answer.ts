import type { Step } from '../exchange.ts';

export const answer: Step = async ({ route, reply, answer: value }, { checkAnswers }) => {
  if (route.response === 'raw') {
    // The handler wrote it (`reply.send`, or hijacked); a value it returned instead is sent as it is.
    if (!reply.sent && value !== reply) await reply.send(value);
    return;
  }
  if (reply.sent) return;
  const checked = checkAnswers ? route.response.parse(value) : value;
  await reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(checked));
};
