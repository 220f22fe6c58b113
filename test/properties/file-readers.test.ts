// Whatever stands in a file or a body is read, or refused with an error of ours; nothing else happens.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asDigest, digestOf } from '../../src/base/digest.ts';
import { isDctError } from '../../src/base/errors.ts';
import { JsonProblem, parseJson } from '../../src/base/json.ts';
import { parseConfig } from '../../src/cli/config.ts';
import { readBundle as readKeyBundle } from '../../src/keystore/bundle.ts';
import { parseDer } from '../../src/keystore/der.ts';
import { KeyProblem } from '../../src/keystore/key-problem.ts';
import { readPkcs8 } from '../../src/keystore/pkcs8.ts';
import { readPolicy } from '../../src/proxy/policy/read-policy.ts';
import { Users } from '../../src/proxy/serve/users.ts';
import { readManifest } from '../../src/registry/manifest.ts';
import { ReferrerIndex } from '../../src/registry/referrer-index.ts';
import { readTagPage } from '../../src/registry/tag-pages.ts';
import { Refusal as NotaryRefusal } from '../../src/sandbox/notary/refusal.ts';
import { readUploads } from '../../src/sandbox/notary/multipart.ts';
import { readManifestDocument } from '../../src/sandbox/registry/manifest-document.ts';
import { Refusal as RegistryRefusal } from '../../src/sandbox/registry/refusal.ts';
import { readBundle } from '../../src/tuf-client/author/bundles/bundle.ts';
import { readCertificateFile, readPublicKeyFile } from '../../src/tuf-client/author/public-key-file.ts';
import { createLedger } from '../../src/tuf-client/cache/index.ts';
import { readRootCertificate } from '../../src/tuf-client/crypto/index.ts';
import { readAuthorities } from '../../src/tuf-client/index.ts';
import {
  parseDocument,
  readEnvelope,
  readRoot,
  readSnapshot,
  readTargets,
  readTimestamp,
  roleNames,
} from '../../src/tuf-client/model/index.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import {
  bundleSample,
  configSample,
  gun,
  ledgerSample,
  manifestSample,
  certificate,
  documents,
  policySample,
  referrersSample,
  upload,
  usersSample,
} from './samples.ts';
import { hostileBytes } from './hostile-input.ts';
import { fc, tries } from '../support/properties.ts';

interface Reader {
  readonly what: string;
  readonly samples: readonly string[];
  readonly words: readonly string[];
  readonly read: (bytes: Uint8Array) => unknown;
}

const vector = (name: string): string => readFileSync(join('test/vectors', name), 'latin1');
const der = (pem: string): string =>
  Buffer.from(pem.replace(/^(?:-----.*|.*: .*)$/gmu, ''), 'base64').toString('latin1');
const json = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '"signed":',
  'null',
  '-0',
  '1e5',
  '\\u',
  '\\ud800',
  '\\',
  '0',
];
const pem = [
  '-----BEGIN ',
  'PRIVATE KEY',
  'CERTIFICATE',
  'PUBLIC KEY',
  '-----',
  'END ',
  '\n',
  'role: root\n',
  'AAAA',
  '=',
];
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const keys = [
  'keys/notary-p256.pem',
  'keys/plain-pkcs8-ed25519.pem',
  'keys/legacy-des3.pem',
  'keys/plain-pkcs8-rsa.pem',
].map(vector);

const readers: readonly Reader[] = [
  {
    what: 'JSON',
    samples: Object.values(documents),
    words: json,
    read: (bytes) => parseJson(bytes, { numbers: 'any' }),
  },
  {
    what: 'metadata of every role',
    samples: Object.values(documents),
    words: json,
    read: (bytes) =>
      [
        readRoot,
        readTimestamp,
        readSnapshot,
        (e: Parameters<typeof readRoot>[0]) => readTargets(e, roleNames.targets),
      ].map((read) =>
        quietly(() => parseDocument('it', bytes, (document): unknown => read(readEnvelope(document)))),
      ),
  },
  { what: 'a bundle of metadata', samples: [bundleSample], words: json, read: (bytes) => readBundle(bytes) },
  { what: 'the ledger', samples: [ledgerSample], words: json, read: readLedger },
  { what: 'a manifest', samples: [manifestSample], words: json, read: (bytes) => readManifest(bytes, 'it') },
  {
    what: 'a list of referrers',
    samples: [referrersSample],
    words: [...json, '"subject":', '"digest":', '"artifactType":', '"annotations":', 'sha256:'],
    read: (bytes) => {
      const index = new ReferrerIndex(digestOf(new Uint8Array()), 'it');
      index.addPage(bytes);
      for (const { digest, size } of index.referrers) {
        expect(asDigest(digest)).toBe(digest);
        expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
      }
      return index.referrers;
    },
  },
  { what: 'a list of tags', samples: ['{"name":"a","tags":["1","2"]}'], words: json, read: readTagPage },
  {
    what: 'a manifest that is pushed',
    samples: [manifestSample],
    words: json,
    read: (bytes) => readManifestDocument(bytes, undefined),
  },
  {
    what: 'a policy',
    samples: [policySample],
    words: [...json, '*', '/', 'match', 'rules'],
    read: (bytes) => readPolicy(bytes, 'it'),
  },
  {
    what: 'the configuration',
    samples: [configSample],
    words: json,
    read: (bytes) => parseConfig(bytes, '/it'),
  },
  {
    what: 'the users of the proxy',
    samples: [usersSample],
    words: ['alice', ':', 'scrypt$15$8$1$', '\n', '#', ' '],
    read: readUsers,
  },
  {
    what: 'key files',
    samples: keys,
    words: pem,
    read: (bytes) => readKeyBundle({ name: 'it', bytes }, { defaultRole: 'root' }),
  },
  {
    what: 'PKCS#8',
    samples: keys.filter((key) => key.startsWith('-----BEGIN PRIVATE KEY')).map(der),
    words: ['0', '\x30\x80', '\x02\x01\x00', '\x04\x84'],
    read: readPkcs8,
  },
  {
    what: 'DER',
    samples: keys.map(der),
    words: ['\x30\x84\xff', '\x1f', '\x80', '\x00\x00', '\x05\x00'],
    read: parseDer,
  },
  {
    what: 'public keys',
    samples: [vector('keys/docker-alice.pub'), certificate],
    words: pem,
    read: (bytes) => readPublicKeyFile('it', bytes, 0),
  },
  {
    what: 'a certificate for a root key',
    samples: [certificate],
    words: pem,
    read: (bytes) => readCertificateFile('it', bytes),
  },
  {
    what: 'the certificate of a root key',
    samples: [certificate],
    words: pem,
    read: (value) => readRootCertificate({ type: 'ecdsa-x509', value }),
  },
  {
    what: 'authorities',
    samples: [certificate.repeat(2)],
    words: pem,
    read: (bytes) => readAuthorities(text(bytes)),
  },
  {
    what: 'a publication',
    samples: [upload.body],
    words: upload.words,
    read: readForm,
  },
];

test.each(readers)('any bytes as $what', async ({ samples, words, read }) => {
  await fc.assert(
    fc.asyncProperty(hostileBytes(samples, words), async (bytes) => {
      try {
        await read(bytes);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }),
    tries(150),
  );
});

test.each(readers.filter(({ what }) => what !== 'DER'))(
  'a good sample of $what is read',
  async ({ samples, read }) => {
    for (const sample of samples)
      await expect(Promise.resolve(read(Buffer.from(sample, 'latin1')))).resolves.toBeDefined();
  },
);

/** Errors of ours; a parser's own name the place or the kind, and the sandbox says no in the words of the servers that it plays. */
function isRefusal(error: unknown): boolean {
  return (
    isDctError(error) ||
    [JsonProblem, KeyProblem, RegistryRefusal, NotaryRefusal].some((type) => error instanceof type)
  );
}

function quietly(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (isDctError(error)) return error.code;
    throw error;
  }
}

async function readLedger(bytes: Uint8Array): Promise<unknown> {
  const files = new MemoryFiles();
  files.contents.set(`dct/${gun}/_ledger.json`, bytes);
  return createLedger(files).read(gun);
}

async function readUsers(bytes: Uint8Array): Promise<Users> {
  const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
  const users = await Users.open({ file: '/it', read: () => Promise.resolve(bytes), notices });
  users.close();
  return users;
}

function readForm(bytes: Uint8Array): Promise<unknown> {
  const body = (async function* () {
    yield await Promise.resolve(bytes);
  })();
  return readUploads({ method: 'POST', target: '/', headers: { 'content-type': upload.type }, body });
}
