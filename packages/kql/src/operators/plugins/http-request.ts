import type { SyntaxNode } from '../../bind/kusto.ts';
import type { HttpRequest } from '../../types.ts';
import { bagArgument, named, textArgument } from './arguments.ts';
import type { SourceCall, SourcePluginBinder } from './plugin.ts';

const columns = [
  { name: 'ResponseHeaders', type: 'dynamic' },
  { name: 'ResponseBody', type: 'dynamic' },
] as const;

/** The bag of headers: texts, or what is written as one. */
function headersOf(call: SourceCall, node: SyntaxNode | undefined): Record<string, string> {
  const entries = Object.entries(bagArgument(call, node)).map(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? ([name, String(value)] as const)
      : call.b.fail('InvalidArgument', `${call.name}(): the header ${name} is no text`, node ?? call.call),
  );
  return Object.fromEntries(entries);
}

/**
 * `evaluate http_request(Uri [, RequestHeaders [, Options]])`, and `http_request_post` with `Content` as the fourth: one row of the
 * answer's headers and body. All of them constants. Who compiles says what stands for the answer; see `CompileOptions.external`.
 * https://learn.microsoft.com/kusto/query/http-request-plugin
 */
export const httpRequest: SourcePluginBinder = (call) => {
  const { b, node } = call;
  const kind = call.name === 'http_request_post' ? 'http_request_post' : 'http_request';
  const own = ['Uri', 'RequestHeaders', 'Options'];
  const args = named(call, kind === 'http_request_post' ? [...own, 'Content'] : own);
  const uri = textArgument(call, args.get('Uri'));
  if (uri === undefined) return b.fail('InvalidArgument', `${kind}() needs an address`, call.call);
  const options = args.get('Options');
  const [option] = Object.keys(bagArgument(call, options));
  if (options && option !== undefined)
    return b.fail('InvalidArgument', `${kind}(): the option ${option} is not known`, options);
  const request: HttpRequest = {
    kind,
    uri,
    headers: headersOf(call, args.get('RequestHeaders')),
    content: textArgument(call, args.get('Content')),
    columns,
  };
  return { kind: 'external', request, span: b.span(node), fields: columns, order: [] };
};
