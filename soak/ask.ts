// Sends one request and takes the answer: quickly, slowly, or not to its end.
import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Manner, Observation, Question } from './observation.ts';

/** A client with an address of its own, by which the decision log tells it from others. */
export interface Client {
  readonly address: string;
  readonly agent: Agent;
}

export function createClient(address: string): Client {
  return { address, agent: new Agent({ keepAlive: true, maxSockets: 1 }) };
}

/** Never rejects: whatever happens is what was observed. */
export async function ask(
  { address, agent }: Client,
  proxy: { readonly host: string; readonly port: number },
  question: Question,
  { leavesAfter, dawdles, fresh = false }: Manner,
): Promise<Observation> {
  const begun = Date.now();
  const pieces: Buffer[] = [];
  let left = false;
  let status: number | undefined;
  let complete = false;
  try {
    const response = await send({
      ...proxy,
      localAddress: address,
      agent: fresh ? false : agent,
      method: question.method,
      path: question.path,
      headers: question.headers ?? {},
    });
    status = response.statusCode;
    let taken = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      taken += piece.length;
      if (leavesAfter !== undefined && taken > leavesAfter) {
        left = true;
        response.destroy();
        break;
      }
      if (dawdles !== undefined) await pause(dawdles);
    }
    complete = response.complete && !left;
  } catch (error) {
    // A connection that broke; anything else would be a defect of the soak.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
  const body = Buffer.concat(pieces);
  return { question, client: address, begun, ended: Date.now(), left, status, complete, body };
}

function send(options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(options, resolve).on('error', reject).end();
  });
}
