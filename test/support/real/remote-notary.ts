// A sandbox's trust server in another process, asked by hand.
import { request } from 'node:https';
import type { Gun } from '../../../src/base/reference.ts';
import { TestClock } from '../notary-simulator.ts';
import {
  answerOf,
  form,
  tuf,
  type Answer,
  type OwnersServer,
  type Parts,
  type SentRequest,
} from '../../sandbox/notary/support.ts';

export class RemoteNotary implements OwnersServer {
  readonly clock = new TestClock();
  readonly #url: string;
  readonly #ca: () => Promise<Buffer>;

  /** @param ca in PEM, looked up for each request, because there is none before the server was up for the first time */
  constructor(url: string, ca: () => Promise<Buffer>) {
    this.#url = url;
    this.#ca = ca;
    this.clock.time = Date.now();
  }

  /** Each over a connection of its own, so that none is left over from a server that died. */
  async send(method: string, target: string, { headers = {}, body }: SentRequest = {}): Promise<Answer> {
    const ca = await this.#ca();
    return new Promise((resolve, reject) => {
      request(`${this.#url}${target}`, { method, headers, ca, agent: false }, (response) => {
        const pieces: Buffer[] = [];
        response
          .on('data', (piece: Buffer) => pieces.push(piece))
          .once('error', reject)
          .once('end', () => {
            const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
            const answer = Object.fromEntries(named) as Record<string, string>;
            resolve(answerOf(response.statusCode ?? 0, answer, Buffer.concat(pieces)));
          });
      })
        .once('error', reject)
        .end(body);
    });
  }

  publish(parts: Parts, repository: Gun): Promise<Answer> {
    return this.send('POST', tuf(repository), form(parts));
  }

  /** A file of the repository; undefined when there is none. @throws when the answer is another one */
  async file(repository: Gun, name: string): Promise<Uint8Array | undefined> {
    const { status, bytes, text } = await this.send('GET', `${tuf(repository)}${name}`);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`${name} of ${repository}: HTTP ${status} ${text}`);
    return bytes;
  }
}
