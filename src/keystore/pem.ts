// PEM with headers, as Go's encoding/pem writes it and OpenSSL refuses it (dialect 5.1); strict, so that damage is seen.
import { decodeUtf8, fromBase64, toBase64, utf8 } from '../base/bytes.ts';
import { KeyProblem } from './key-problem.ts';

export interface PemBlock {
  /** Such as `ENCRYPTED PRIVATE KEY`. */
  readonly label: string;
  /** `role`, `gun`, `path`, `Proc-Type`, `DEK-Info`: names as they are written, values trimmed. */
  readonly headers: ReadonlyMap<string, string>;
  readonly content: Uint8Array;
}

const beginning = /^-----BEGIN ([A-Z0-9]+(?: [A-Z0-9]+)*)-----$/;

/** More than the longest label needs: the pattern takes a place on the stack for every word (KS-02). */
const beginningCharacters = 128;

/**
 * All blocks of a file; at least one. Lines may end in CRLF. Nothing but blank lines may stand around the blocks, no header
 * may come twice, and every block must be complete (KS-02).
 * @throws KeyProblem
 */
export function readPem(bytes: Uint8Array): readonly [PemBlock, ...PemBlock[]] {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new KeyProblem('it is not text');
  const lines = new Lines(text);
  const blocks: PemBlock[] = [];
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line.trim() === '') continue;
    const label = line.length > beginningCharacters ? undefined : beginning.exec(line)?.[1];
    if (label === undefined) throw new KeyProblem('there is text that is not PEM');
    blocks.push(readBlock(label, lines));
  }
  const [first, ...others] = blocks;
  if (first === undefined) throw new KeyProblem('it is empty');
  return [first, ...others];
}

function readBlock(label: string, lines: Lines): PemBlock {
  const headers = new Map<string, string>();
  let line = lines.inside();
  for (let colon = line.indexOf(':'); colon > 0; colon = line.indexOf(':')) {
    const name = line.slice(0, colon).trim();
    if (headers.has(name)) throw new KeyProblem('a PEM header comes twice');
    headers.set(name, line.slice(colon + 1).trim());
    line = lines.inside();
  }
  if (headers.size > 0) {
    if (line !== '') throw new KeyProblem('there is no blank line after its PEM headers');
    line = lines.inside();
  }

  const base64: string[] = [];
  while (!line.startsWith('-----')) {
    base64.push(line);
    line = lines.inside();
  }
  if (line !== `-----END ${label}-----`) throw new KeyProblem('its PEM block does not end as it begins');
  const content = fromBase64(base64.join(''));
  if (content === undefined) throw new KeyProblem('its content is not base64');
  if (content.byteLength === 0) throw new KeyProblem('its PEM block is empty');
  return { label, headers, content };
}

/** The lines of a text, without their ends. */
class Lines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split(/\r?\n/);
  }

  next(): string | undefined {
    return this.#lines[this.#at++];
  }

  /** The next line of a block that has not ended yet. */
  inside(): string {
    const line = this.next();
    if (line === undefined) throw new KeyProblem('it is cut off');
    return line;
  }
}

/** Go's text: `Proc-Type` first, the other headers sorted by name, a blank line behind them, 64 columns, LF. */
export function writePem({ label, headers, content }: PemBlock): Uint8Array {
  const rank = (name: string): string => (name === 'Proc-Type' ? '' : name);
  const sorted = [...headers]
    .sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}\n`);
  const head = sorted.length === 0 ? '' : `${sorted.join('')}\n`;
  const lines = toBase64(content).match(/.{1,64}/g) ?? [];
  return utf8(`-----BEGIN ${label}-----\n${head}${lines.join('\n')}\n-----END ${label}-----\n`);
}
