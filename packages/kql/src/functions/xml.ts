import { sql, type Sql } from '../sql.ts';
import { scalar, type ScalarFunction } from './registry.ts';

/**
 * XML → JSON as Kusto shapes it: an element with neither attributes nor children is its text; else a bag of its children, with `@name`
 * for attributes and `#text` for text; equal siblings become an array. Text that is not one well-formed element gives null.
 * https://learn.microsoft.com/kusto/query/parse-xml-function
 *
 * One pass over the tokens with a stack of open elements: (name, members as (key, JSON), text).
 */
const stackType = sql`'Array(Tuple(String, Array(Tuple(String, String)), String))'`;
const json = (text: Sql): Sql => sql`toJSONString(decodeXMLComponent(${text}))`;

/** (slash, name, attributes, text) of each token; a self-closing element counts as two. */
const tokens = (s: Sql): Sql => {
  const clean = sql`replaceRegexpAll(replaceRegexpAll(${s}, '(?s)<!--.*?-->|<\\\\?.*?\\\\?>|<!DOCTYPE[^>]*>', ''), '(?s)<!\\\\[CDATA\\\\[(.*?)\\\\]\\\\]>', '\\\\1')`;
  const all = sql`extractAllGroupsVertical(${clean}, '<(/?)([A-Za-z_][\\\\w:.-]*)((?:\\\\s+[\\\\w:.-]+\\\\s*=\\\\s*(?:"[^"]*"|\\'[^\\']*\\'))*)\\\\s*(/?)>|([^<]+)')`;
  return sql`arrayFlatten(arrayMap(t -> if(t[4] = '/', [('', t[2], t[3], ''), ('/', t[2], '', '')], [(t[1], t[2], t[3], t[5])]), ${all}))`;
};

const keys = sql`arrayMap(p -> p.1, acc[-1].2)`;
/** The members of the element on top that share a key: one as it is, several as an array. */
const member = sql`if(countEqual(${keys}, k) > 1, concat('[', arrayStringConcat(arrayMap(p -> p.2, arrayFilter(p -> p.1 = k, acc[-1].2)), ','), ']'), arrayFirst(p -> p.1 = k, acc[-1].2).2)`;
const ownText = sql`if(trimBoth(acc[-1].3) = '', '', concat(',"#text":', ${json(sql`acc[-1].3`)}))`;
const element = sql`if(empty(acc[-1].2), if(trimBoth(acc[-1].3) = '', 'null', ${json(sql`acc[-1].3`)}), concat('{', arrayStringConcat(arrayMap(k -> concat(toJSONString(k), ':', ${member}), arrayDistinct(${keys})), ','), ${ownText}, '}'))`;

const addText = sql`arrayPushBack(arrayPopBack(acc), (acc[-1].1, acc[-1].2, concat(acc[-1].3, t.4)))`;
/** Closes the element on top when the tag is its own; any other closing tag leaves a stack that is not whole at the end. */
const close = sql`if(length(acc) < 2 OR acc[-1].1 != t.2, arrayPushBack(acc, ('!', [], '')), arrayPushBack(arrayPopBack(arrayPopBack(acc)), (acc[-2].1, arrayPushBack(acc[-2].2, (acc[-1].1, ${element})), acc[-2].3)))`;
const attributes = sql`arrayMap(a -> (concat('@', a[1]), ${json(sql`concat(a[2], a[3])`)}), extractAllGroupsVertical(t.3, '([\\\\w:.-]+)\\\\s*=\\\\s*(?:"([^"]*)"|\\'([^\\']*)\\')'))`;
const open = sql`arrayPushBack(acc, (t.2, ${attributes}, ''))`;

const parseXml = scalar(
  'parse_xml',
  ['string'],
  'dynamic',
  (s) => {
    const stack = sql`arrayFold((acc, t) -> multiIf(t.2 = '', ${addText}, t.1 = '/', ${close}, ${open}), ${tokens(s)}, CAST([('', [], '')], ${stackType}))`;
    return sql`arrayElement(arrayMap(f -> if(length(f) = 1 AND length(f[1].2) = 1, concat('{', toJSONString(f[1].2[1].1), ':', f[1].2[1].2, '}'), ''), [${stack}]), 1)`;
  },
  'never',
);
export const xmlFunctions: readonly ScalarFunction[] = [parseXml];
