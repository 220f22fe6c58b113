// The head of an answer: headers in one plain form, and encodings that nobody asked for.

/** As undici reports them: a field that came more than once is a list. */
export type RawHeaders = Record<string, string | string[] | undefined>;

/** Lower-case names, one value each. */
export function plainHeaders(raw: RawHeaders): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** Only `identity` was asked for; a decoder would be one more parser, and bombs fit into it (BL-06, ED-09). */
export function encodingProblem(
  status: number,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') return `Transfer-Encoding ${transfer}`;
  const content = headers['content-encoding'];
  const encoded = content !== undefined && content !== '' && content.toLowerCase() !== 'identity';
  return encoded && status < 300 ? `Content-Encoding ${content} was not asked for` : undefined;
}
