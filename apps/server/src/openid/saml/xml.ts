import { SallyportError } from '@sallyport/contracts';
import { DOMParser } from '@xmldom/xmldom';

/** Names of SAML 2.0, XML Signature and XML Encryption. */
export const ns = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

export const malformed = (message: string): SallyportError => new SallyportError('BadRequest', message);

/**
 * The root of an XML text. Throws BadRequest for what is not well-formed, and for document types: no message of SAML has one, and entities are how a small
 * text becomes a large one or reads a file.
 */
export function parseXml(text: string): Element {
  if (/<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) throw malformed('a document type is not taken');
  const refuse = (message: string): never => {
    throw malformed(`not well-formed XML: ${message.slice(0, 200)}`);
  };
  const parser = new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } });
  const { documentElement: root } = parser.parseFromString(text, 'text/xml');
  if (!root) throw malformed('not XML');
  return root;
}

const isElement = (node: Node): node is Element => node.nodeType === 1;
export const childrenOf = (parent: Element, namespace: string, name: string): Element[] =>
  Array.from({ length: parent.childNodes.length }, (_, at) => parent.childNodes[at])
    .filter((node) => node !== undefined)
    .filter(isElement)
    .filter((node) => node.namespaceURI === namespace && node.localName === name);
export const childOf = (parent: Element, namespace: string, name: string): Element | undefined =>
  childrenOf(parent, namespace, name)[0];
export const textIn = (parent: Element, namespace: string, name: string): string | undefined => {
  const text = childOf(parent, namespace, name)?.textContent?.trim();
  return text === '' ? undefined : text;
};
export const attributeOf = (element: Element, name: string): string | undefined =>
  element.hasAttribute(name) ? (element.getAttribute(name) ?? undefined) : undefined;

/** XML that has been written here; its texts are escaped. */
export interface Xml {
  readonly xml: string;
}
// What XML 1.0 can't say at all is left out (2.2).
// oxlint-disable-next-line no-control-regex
const unsayable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;', '\n': '&#10;', '\t': '&#9;' }; // prettier-ignore
const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(unsayable, '')
    .replaceAll(/[&<>"\r\n\t]/g, (sign) => signs[sign] ?? '');

/** An element: what is text of anybody becomes text of XML, in attributes and content. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...content: readonly (Xml | string | undefined)[]
): Xml {
  const said = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(value ?? '')}"`)
    .join('');
  const inside = content
    .map((one) => (one === undefined ? '' : typeof one === 'string' ? escapeXml(one) : one.xml))
    .join('');
  return { xml: inside === '' ? `<${name}${said}/>` : `<${name}${said}>${inside}</${name}>` };
}
