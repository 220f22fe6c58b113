// What is read, from strangers and from files, ends at its bound: one more of it is refused, and as much as that is not.
import { mkdir, writeFile } from 'node:fs/promises';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { parseJson, type JsonProblem } from '../../src/base/json.ts';
import { limits } from '../../src/base/limits.ts';
import { loadCredentials } from '../../src/http/docker-config.ts';
import { asRoleName, type PublicKey } from '../../src/tuf-client/model/index.ts';
import { keyMaterial } from '../../src/tuf-client/crypto/key-material.ts';
import { continuedBody } from '../../src/registry/continued-body.ts';
import type { HttpResponse } from '../../src/base/ports.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { codeOfRejection } from '../support/code-of.ts';
import { form, gun, publishedOwner, TestServer, tuf } from '../sandbox/notary/support.ts';
import { importTexts, memoryKeeper } from '../keystore/keeper.ts';
import { vector } from '../keystore/vectors.ts';
import { keyRig } from '../cli/key-rig.ts';
import { errorOf } from '../cli/support.ts';

describe('ED-12: delegations below each other', () => {
  it.each([
    [limits.delegationDepth, true],
    [limits.delegationDepth + 1, false],
  ])('%i levels', (levels, isRole) => {
    expect(asRoleName(`targets${'/a'.repeat(levels)}`) !== undefined).toBe(isRole);
  });
});

describe('JS-14: the values of one document', () => {
  /** A list, an object and its member are three of them. */
  const document = (values: number): Uint8Array => Buffer.from(`[{"a":0}${',0'.repeat(values - 3)}]`);
  const parse = (bytes: Uint8Array): unknown => parseJson(bytes, { numbers: 'integers' });

  it('are so many and no more', () => {
    expect(parse(document(limits.jsonValues))).toHaveLength(limits.jsonValues - 2);
    expect(() => parse(document(limits.jsonValues + 1))).toThrow(
      expect.objectContaining({
        path: `$[${limits.jsonValues - 2}]`,
        message: `there are more than ${limits.jsonValues} values`,
      }) as JsonProblem,
    );
  });

  it('are enough for as many of Docker’s entries as a file may have bytes for', () => {
    const entry = `"1.2.3":{"hashes":{"sha256":"${'A'.repeat(43)}="},"length":1234},`;
    expect(4 * Math.floor(limits.targetsBytes / entry.length)).toBeLessThan(limits.jsonValues);
  });
});

describe('ED-13: an RSA key', () => {
  const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    format: 'jwk',
  });
  const quarter = Buffer.from(n, 'base64url');

  /** No real key, but one of that length: making one would take minutes, and nobody asks for its factors. */
  function keyOf(bits: number): PublicKey {
    const modulus = Buffer.concat(Array.from({ length: Math.ceil(bits / 2048) }, () => quarter));
    const cut = modulus.subarray(modulus.length - bits / 8);
    cut[0] = 0x80;
    const jwk = { kty: 'RSA', n: cut.toString('base64url'), e };
    const spki = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
    return { type: 'rsa', value: new Uint8Array(spki) };
  }

  it.each([
    [limits.rsaModulusBits, 'rsa'],
    [limits.rsaModulusBits + 8, undefined],
  ])('of %i bits', (bits, kind) => {
    expect(keyMaterial(keyOf(bits))?.kind).toBe(kind);
  });
});

describe('BL-07: continuations of one blob', () => {
  it('are counted anew after so many bytes, and only then', async () => {
    const piece = new Uint8Array(1024 * 1024);
    const pieces = limits.blobResumeBytes / piece.byteLength;
    const size = 2 ** 40;
    const breaks = async (piecesEach: number): Promise<number> => {
      let asked = 0;
      let sent = 0;
      const response = (): HttpResponse => {
        const headers =
          asked === 0
            ? { 'content-length': String(size) }
            : { 'content-range': `bytes ${sent}-${size - 1}/${size}` };
        const body = {
          cancel: () => undefined,
          deliver: async (onChunk: (chunk: Uint8Array) => void | Promise<void>) => {
            for (let i = 0; i < piecesEach; i++) await onChunk(piece);
            sent += piecesEach * piece.byteLength;
            throw new DctError('CUT_OFF', { origin: 'https://registry.test', problem: 'reset' });
          },
        };
        return { status: asked === 0 ? 200 : 206, headers, body };
      };
      const body = continuedBody(response(), {
        again: () => {
          // The bound is shown to be gone by twice as many.
          if (++asked > 2 * limits.blobResumes) throw new DctError('BLOB_UNKNOWN', { reference: 'x' });
          return Promise.resolve(response());
        },
        origin: 'https://registry.test',
        clock: { now: () => 0 },
        pause: () => Promise.resolve(),
        signal: undefined,
      });
      await body.deliver(() => undefined).catch(() => undefined);
      return asked;
    };
    expect(await breaks(pieces)).toBe(2 * limits.blobResumes + 1);
    expect(await breaks(1)).toBe(limits.blobResumes);
  });
});

describe('a publication', () => {
  it('has so many parts', async () => {
    const server = new TestServer();
    const [, body] = (await publishedOwner(server)).part('targets');
    const role = (n: number): string => `targets/r${n}`;
    const parts = Array.from({ length: limits.publicationParts + 1 }, (_, n) => [role(n), body] as const);
    const answer = await server.send('POST', tuf(gun), form(parts));
    expect([answer.status, answer.code]).toEqual([400, 'MALFORMED_UPLOAD']);
    expect(answer.text).toContain(String(limits.publicationParts));
  });
});

describe('files', () => {
  it('AU-14: Docker’s configuration', async () => {
    const directory = await temporaryDirectory();
    const dir = join(directory, 'docker');
    await mkdir(dir);
    const look = async (length: number): Promise<unknown> => {
      await writeFile(join(dir, 'config.json'), '{}'.padEnd(length));
      return loadCredentials({ dir, env: {} })('registry.test');
    };
    expect(await look(limits.dockerConfigBytes)).toBeUndefined();
    expect(await codeOfRejection(look(limits.dockerConfigBytes + 1))).toBe('CONFIG_INVALID');
  });

  it('a bundle of keys', async () => {
    const { keeper } = memoryKeeper();
    const padded = (length: number): string => vector('docker-alice').text.padEnd(length, '\n');
    await importTexts(keeper, [padded(0)]);
    await expect(importTexts(keeper, [padded(limits.keyBundleBytes + 1)])).rejects.toBeInstanceOf(DctError);
  });

  it('KS-09: a passphrase', async () => {
    const rig = await keyRig();
    await rig.write('alice.pem', vector('docker-alice').text);
    const load = async (length: number): Promise<string> => {
      await rig.write('secret', 'x'.repeat(length));
      const given = ['key', 'load', 'alice.pem', '--passphrase-file', 'secret', '--json'];
      return errorOf(await rig.dct(given, { env: {} })).code;
    };
    expect(await load(limits.passphraseBytes)).toBe('WRONG_PASSPHRASE');
    expect(await load(limits.passphraseBytes + 1)).toBe('PASSPHRASE_UNREADABLE');
  });
});
