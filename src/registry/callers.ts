// A registry asked with its callers' own accounts: who may read what is the registry's decision, asked for before anything else.
import { createHmac, randomBytes } from 'node:crypto';
import { isDctError, type DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import { discard } from '../http/body.ts';
import type { Login } from '../http/credentials.ts';
import type { Ask } from './ask.ts';
import { acceptManifests } from './media-types.ts';
import type { CallersRegistry, Registry } from './types.ts';

/**
 * What registries said about callers a moment ago, so that not every layer costs a question. Holds no password, only codes that
 * mean nothing outside of this process.
 */
export class Admissions {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(caller: Login, repository: string): boolean {
    return (this.#until.get(this.#name(caller, repository)) ?? 0) > this.#clock.now();
  }

  add(caller: Login, repository: string): void {
    const name = this.#name(caller, repository);
    this.#until.delete(name);
    this.#until.set(name, this.#clock.now() + limits.admissionMs);
    const [oldest] = this.#until.keys();
    if (this.#until.size > limits.admissions && oldest !== undefined) this.#until.delete(oldest);
  }

  #name({ username, password }: Login, repository: string): string {
    const text = JSON.stringify([username, password, repository]);
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}

/** The registry as one caller sees it. The caller's password lives as long as this object, which is one request. */
export function callersRegistry(
  registry: Registry,
  ask: Ask,
  caller: Login,
  admissions: Admissions,
): CallersRegistry {
  return {
    ...registry,

    async login(signal) {
      const asked = { kind: 'repository', repository: registry.host } as const;
      const { response } = await ask({ method: 'GET', path: '/v2/', scope: '', signal, asked });
      await discard(response);
    },

    async admit(repository, wanted, signal) {
      if (admissions.has(caller, repository)) return;
      const succeed = async (method: 'GET' | 'HEAD', path: string): Promise<void> => {
        const asked = { kind: 'repository', repository } as const;
        const headers = { accept: acceptManifests };
        const { response } = await ask({ method, path: `/v2/${repository}/${path}`, headers, signal, asked });
        await discard(response);
      };
      try {
        // The shortest answer that takes the right to pull, whatever there is in the repository.
        await succeed('GET', 'tags/list?n=1');
      } catch (error) {
        if (wanted === undefined || !isAboutLists(error)) throw error;
        // Not found may be another word for not allowed, so the first answer stands (CA-08).
        await succeed('HEAD', wanted).catch((second: unknown) => {
          throw isRefusal(second) ? error : second;
        });
      }
      admissions.add(caller, repository);
    },
  };
}

/** Registries may have no lists (OCI distribution 1.1, conformance: only pulling is required), or give them to few. */
function isAboutLists(error: unknown): boolean {
  return isRefusal(error) && error.facts['status'] !== 401;
}

function isRefusal(error: unknown): error is DctError {
  return isDctError(error, 'REGISTRY_DENIED', 'REGISTRY_REFUSED', 'NAME_UNKNOWN');
}
