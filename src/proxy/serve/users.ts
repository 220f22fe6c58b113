// Who may use the proxy: names and passwords of its own, asked for with Basic (RFC 7617), at a bounded cost.
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { clientOf } from './admission.ts';
import { isPassword, nobodysHash, parsePasswordHash, type PasswordHash } from './password-hash.ts';
import { isAbsoluteForm } from './request-target.ts';
import { WatchedFiles, type WatchedOptions } from './watched-files.ts';

type UserTable = ReadonlyMap<string, PasswordHash>;

export interface UsersOptions extends Pick<WatchedOptions<UserTable>, 'read' | 'notices' | 'onReload'> {
  /** Absolute path. */
  readonly file: string;
  readonly everyMs?: number;
}

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const nobody = nobodysHash();

/** True for what can be a user's name: no colon, which ends it in Basic, and nothing that a log would have to escape. */
export function isUserName(name: string): boolean {
  return nameForm.test(name);
}

export class Users {
  readonly #table: WatchedFiles<UserTable>;
  /** What was right or wrong before, under a key of this process, so that nobody pays for it twice. */
  readonly #known = new Map<string, boolean>();
  readonly #secret = randomBytes(32);
  /** By the same key: an engine asks for several layers at once, all with one password. */
  readonly #underWay = new Map<string, Promise<boolean>>();
  readonly #checking = new Map<string, number>();
  #running = 0;

  /** @throws CONFIG_INVALID, DISK */
  static async open({ file, ...options }: UsersOptions): Promise<Users> {
    const table = await WatchedFiles.open({
      everyMs: limits.filesCheckMs,
      ...options,
      what: `the list of users in ${file}`,
      paths: [file],
      parse: ([text = '']) => parseUsers(text, file),
    });
    return new Users(table);
  }

  private constructor(table: WatchedFiles<UserTable>) {
    this.#table = table;
    table.onChange(() => {
      this.#known.clear();
      this.#underWay.clear();
    });
  }

  /**
   * The name in an `Authorization` or `Proxy-Authorization` header, if the password is right.
   * @param by who asks for it: the proxy as such, or as if it were the registry
   * @throws CLIENT_UNKNOWN; PROXY_BUSY when too many passwords are being checked already
   */
  async identify(
    authorization: string | undefined,
    client: string,
    by: 'proxy' | 'registry' = 'registry',
  ): Promise<string> {
    const given = parseBasic(authorization);
    if (given === undefined)
      throw new DctError('CLIENT_UNKNOWN', { problem: 'it gave no name and password', by });
    const { name, password } = given;
    const key = createHmac('sha256', this.#secret).update(`${name}:${password}`).digest('base64');
    const check = (): Promise<boolean> => this.#check(name, password, key, client);
    const right = this.#known.get(key) ?? (await this.#once(key, check));
    if (!right) throw new DctError('CLIENT_UNKNOWN', { problem: 'the name or the password is wrong', by });
    return name;
  }

  /** Looks at the file now. */
  check(): Promise<void> {
    return this.#table.check();
  }

  close(): void {
    this.#table.close();
  }

  #once(key: string, check: () => Promise<boolean>): Promise<boolean> {
    const running = this.#underWay.get(key);
    if (running !== undefined) return running;
    const begun = check().finally(() => {
      if (this.#underWay.get(key) === begun) this.#underWay.delete(key);
    });
    this.#underWay.set(key, begun);
    return begun;
  }

  async #check(name: string, password: string, key: string, client: string): Promise<boolean> {
    const mine = this.#checking.get(client) ?? 0;
    if (this.#running >= limits.passwordChecks || mine >= limits.passwordChecksEach)
      throw new DctError('PROXY_BUSY', { bound: limits.passwordChecks });
    const table = this.#table.value;
    this.#running++;
    this.#checking.set(client, mine + 1);
    try {
      const expected = table.get(name);
      const equal = await isPassword(password, expected ?? nobody);
      const right = equal && expected !== undefined;
      // The list may have been replaced in the meantime.
      if (table === this.#table.value) this.#remember(key, right);
      return right;
    } finally {
      this.#running--;
      const left = (this.#checking.get(client) ?? 1) - 1;
      if (left > 0) this.#checking.set(client, left);
      else this.#checking.delete(client);
    }
  }

  /** Clients choose what is remembered, so only so much is. */
  #remember(key: string, right: boolean): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= limits.passwordsRemembered) this.#known.delete(oldest);
    this.#known.set(key, right);
  }
}

/**
 * Who asks: the user, where there is a list of them, otherwise the name in the client's certificate, otherwise nobody
 * in particular.
 * @throws CLIENT_UNKNOWN, PROXY_BUSY
 */
export async function userOf(
  { headers, socket, method, url = '' }: IncomingMessage,
  users: Users | undefined,
): Promise<string | undefined> {
  if (users !== undefined) {
    // Whoever uses us as its HTTP proxy shows the registry's password in the other header (RFC 9110 11.7.2).
    const isProxied = method === 'CONNECT' || isAbsoluteForm(url);
    const authorization = headers[isProxied ? 'proxy-authorization' : 'authorization'];
    return users.identify(authorization, clientOf(socket.remoteAddress), isProxied ? 'proxy' : 'registry');
  }
  if (!('authorized' in socket) || socket.authorized !== true) return undefined;
  const { CN: name } = (socket as TLSSocket).getPeerCertificate().subject as { CN?: string | string[] };
  return Array.isArray(name) ? name.join(',') : name;
}

function parseBasic(header = ''): { readonly name: string; readonly password: string } | undefined {
  const [, token = ''] = /^basic +([A-Za-z0-9+/]{2,4096}={0,2})$/i.exec(header) ?? [];
  const text = Buffer.from(token, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Lines of `NAME:HASH`; empty ones and those that begin with `#` say nothing. @throws CONFIG_INVALID */
function parseUsers(text: string, file: string): UserTable {
  const table = new Map<string, PasswordHash>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const hash = parsePasswordHash(line.slice(colon + 1));
    // The line is not repeated: whoever mixes things up may have written a password there.
    const fail = (problem: string): DctError =>
      new DctError('CONFIG_INVALID', { file, path: `line ${index + 1}`, problem });
    if (!isUserName(name) || hash === undefined)
      throw fail('it is not a line that `dct proxy user NAME` makes');
    if (table.has(name)) throw fail(`"${name}" is there already`);
    table.set(name, hash);
  }
  if (table.size === 0)
    throw new DctError('CONFIG_INVALID', { file, path: 'lines', problem: 'it has no user' });
  return table;
}
