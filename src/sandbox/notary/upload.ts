// One uploaded file: parsed strictly, and refused unless it is in Go form to the byte (dialect 2.2).
import { decodeUtf8, equalBytes } from '../../base/bytes.ts';
import { JsonProblem, member, parseJson } from '../../base/json.ts';
import { readEnvelope, serialise, type Envelope, type RoleName } from '../../tuf-client/model/index.ts';
import { checkGoShape } from './go-shape.ts';
import { explained } from './refusal.ts';

export interface Upload {
  readonly role: RoleName;
  readonly bytes: Uint8Array;
  readonly envelope: Envelope;
  readonly version: number;
}

/**
 * The real server takes any JSON and hashes its own rendering of it, so a file that is not in Go form breaks the repository.
 * This one hashes what was sent; it refuses other forms because every other server would be broken by them.
 * @throws Refusal MALFORMED_JSON
 */
export function readUpload(role: RoleName, bytes: Uint8Array): Upload {
  try {
    const envelope = readEnvelope(parseJson(bytes, { numbers: 'integers' }));
    checkGoShape(role, envelope.signed);
    checkBytes(bytes, serialise(envelope.signed, envelope.signatures));
    return { role, bytes, envelope, version: Number(member(envelope.signed, 'version')) };
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw explained('MALFORMED_JSON', `${role} is not JSON in Go form: ${error.path}: ${error.message}`);
  }
}

function checkBytes(sent: Uint8Array, rendered: Uint8Array): void {
  if (equalBytes(sent, rendered)) return;
  const at = rendered.findIndex((byte, i) => byte !== sent[i]);
  const where = at === -1 ? rendered.byteLength : at;
  throw new JsonProblem(
    '$',
    `at byte ${where} Go writes ${excerpt(rendered, where)}, the file has ${excerpt(sent, where)}`,
  );
}

const excerptBytes = 24;

function excerpt(bytes: Uint8Array, at: number): string {
  if (at >= bytes.byteLength) return 'nothing more';
  const piece = bytes.subarray(at, at + excerptBytes);
  return JSON.stringify(decodeUtf8(piece) ?? Buffer.from(piece).toString('latin1'));
}
