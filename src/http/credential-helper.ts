// Asks one of Docker's credential helpers: a program that gets a server's name on stdin and answers in JSON (AU-13).
import { spawn } from 'node:child_process';
import { DctError } from '../base/errors.ts';
import { isJsonObject, member, parseJson } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import type { Credentials } from './credentials.ts';
import type { Environment } from './proxy-choice.ts';

export interface HelperQuestion {
  /** As in config.json; the program is `docker-credential-NAME`. */
  readonly name: string;
  /** What the credentials were stored under. */
  readonly server: string;
  readonly env: Environment;
  readonly deadlineMs?: number;
}

/**
 * The credentials that the helper knows, or undefined when it knows none. What the program prints is never repeated.
 * @throws CREDENTIAL_HELPER when it is missing, fails, hangs, or answers something else
 */
export async function askHelper(question: HelperQuestion): Promise<Credentials | undefined> {
  const helper = `docker-credential-${question.name}`;
  const fail = (problem: string, cause?: unknown): DctError =>
    new DctError('CREDENTIAL_HELPER', { helper, problem }, cause);
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(question.name)) throw fail('its name is not a program name');

  const { status, output } = await run(helper, question, fail);
  if (status !== 0) {
    // The helpers' library defines this sentence as the answer for an unknown server.
    if (output.includes('credentials not found')) return undefined;
    throw fail(`it ended with status ${status ?? 'unknown'}`);
  }
  try {
    const answer = parseJson(output, { numbers: 'any' });
    const username = isJsonObject(answer) ? member(answer, 'Username') : undefined;
    const secret = isJsonObject(answer) ? member(answer, 'Secret') : undefined;
    if (typeof username === 'string' && typeof secret === 'string' && secret !== '') {
      return username === '<token>'
        ? { kind: 'identity', token: secret }
        : { kind: 'password', username, password: secret };
    }
  } catch {
    // The parser's problem could quote a secret, so it is not kept as a cause.
  }
  throw fail('its answer is not in the form of credentials');
}

interface Outcome {
  readonly status: number | null;
  readonly output: Buffer;
}

function run(
  helper: string,
  question: HelperQuestion,
  fail: (problem: string, cause?: unknown) => DctError,
): Promise<Outcome> {
  const deadlineMs = question.deadlineMs ?? limits.credentialHelperMs;
  return new Promise((resolve, reject) => {
    const child = spawn(helper, ['get'], { env: { ...question.env }, stdio: ['pipe', 'pipe', 'ignore'] });
    // A process that has no file descriptor left gets no pipes either, and is told so by an event (EMFILE).
    const { stdin, stdout } = child as Partial<Pick<typeof child, 'stdin' | 'stdout'>>;
    const parts: Buffer[] = [];
    let size = 0;
    const giveUp = (error: DctError): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      stdout?.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => giveUp(fail(`it did not answer within ${deadlineMs / 1000} s`)),
      deadlineMs,
    );
    child.on('error', (error) => giveUp(fail('it cannot be started; is it installed?', error)));
    stdout?.on('data', (part: Buffer) => {
      size += part.byteLength;
      if (size > limits.credentialHelperBytes) giveUp(fail('its answer is too large'));
      else parts.push(part);
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output: Buffer.concat(parts) });
    });
    // A helper that ends without reading is judged by its answer.
    stdin?.on('error', () => undefined);
    stdin?.end(question.server);
  });
}
