// Whatever stands in a header, an address or an argument is read, or refused with an error of ours; nothing else happens.
import { expect, test } from 'vitest';
import { isDctError } from '../../src/base/errors.ts';
import { parseDigest } from '../../src/base/digest.ts';
import { parseInstant } from '../../src/base/instant.ts';
import { makeGun, parseReference } from '../../src/base/reference.ts';
import { parseChallenges } from '../../src/http/challenge.ts';
import { requestedRange, spanOf } from '../../src/proxy/content/range.ts';
import { parsePasswordHash } from '../../src/proxy/serve/password-hash.ts';
import { parsePullRequest } from '../../src/proxy/serve/route.ts';
import { TunnelTargets } from '../../src/proxy/serve/tunnel-target.ts';
import { judgeContinuation } from '../../src/registry/content-range.ts';
import { nextPage } from '../../src/registry/next-page.ts';
import { sentRange, wantedRange } from '../../src/sandbox/registry/range.ts';
import { Refusal as RegistryRefusal } from '../../src/sandbox/registry/refusal.ts';
import { parseTarget } from '../../src/sandbox/registry/route.ts';
import { Refusal as NotaryRefusal } from '../../src/sandbox/notary/refusal.ts';
import { routeOf } from '../../src/sandbox/notary/routes.ts';
import { parseServerUrl } from '../../src/tuf-client/index.ts';
import { hostileText } from './hostile-input.ts';
import { fc, tries } from '../support/properties.ts';

interface Reader {
  readonly what: string;
  readonly samples: readonly string[];
  readonly words: readonly string[];
  readonly read: (text: string) => unknown;
}

const hex = 'a'.repeat(64);
const tunnels = new TunnelTargets(['registry.test', '[::1]:5000'], {
  hosts: ['auth.test:443'],
  others: true,
});
const here = new URL('https://registry.test/v2/a/tags/list');

const readers: readonly Reader[] = [
  {
    what: 'image references',
    samples: ['registry.test:5000/team/app:1.0', `docker.io/a/b@sha256:${hex}`, '[::1]:5000/a'],
    words: ['a', '/', ':', '@', '.', '-', '_', '__', 'sha256:', hex, 'localhost', '[', ']', 'A', '5000'],
    read: parseReference,
  },
  {
    what: 'repository names',
    samples: ['team/app'],
    words: ['a', '/', '.', '-', '_', '__', 'A'],
    read: (text) => makeGun('h', text),
  },
  {
    what: 'digests',
    samples: [`sha256:${hex}`],
    words: ['sha256', 'sha512', ':', hex, 'A'],
    read: parseDigest,
  },
  {
    what: 'times',
    samples: ['2030-01-01T00:00:00.123456789+02:00'],
    words: ['2030', '-', ':', 'T', '00', 'Z', '+', '.', '60'],
    read: parseInstant,
  },
  {
    what: 'WWW-Authenticate',
    samples: ['Bearer realm="https://auth.test/t",service="r",scope="a:b:c", Basic realm="x\\"y"'],
    words: ['Bearer', 'Basic', ' ', ',', '=', '"', '\\', 'realm', 'a', '==', ';'],
    read: parseChallenges,
  },
  {
    what: 'Range',
    samples: ['bytes=0-9', 'bytes=-5', 'bytes=5-', 'bytes=0-0,2-3'],
    words: ['bytes', '=', '-', ',', '0', '9', ' ', '999999999999999'],
    read: (range) => {
      const asked = requestedRange({ range }, '"x"');
      const span = asked && spanOf(asked, 10);
      if (span !== undefined) expect(0 <= span.start && span.start < span.end && span.end <= 10).toBe(true);
      const wanted = wantedRange(range, 10);
      if (wanted !== undefined) expect(0 <= wanted.start && wanted.end <= 10).toBe(true);
    },
  },
  {
    what: 'Content-Range',
    samples: ['bytes 5-9/10', 'bytes 5-9/*', '0-9'],
    words: ['bytes', ' ', '-', '/', '*', '5', '9', '10', '999999999999999'],
    read: (field) => {
      const headers = { 'content-range': field, 'content-length': '5' };
      const judged = judgeContinuation({ status: 206, headers }, 5, 10);
      if ('known' in judged) expect(field.toLowerCase()).toMatch(/^bytes 0*5-0*9\/(?:0*10|\*)$/u);
      sentRange(headers);
    },
  },
  {
    what: 'Link',
    samples: ['</v2/a/tags/list?last=b&n=2>; rel="next"', '<https://elsewhere.test/>; rel=next'],
    words: ['<', '>', ';', ' rel=', '"', 'next', ',', '/v2/a/tags/list', 'https://', '//', '?', '\\'],
    read: (link) => {
      const next = nextPage(link, here);
      if (next instanceof URL) expect([next.origin, next.pathname]).toEqual([here.origin, here.pathname]);
    },
  },
  {
    what: 'request targets',
    samples: [
      '/v2/team/app/manifests/1.0?ns=registry.test',
      `/v2/a/blobs/sha256:${hex}`,
      'http://h/v2/',
      '/v2/a/tags/list?n=5&last=x',
    ],
    words: [
      '/',
      'v2',
      '/manifests/',
      '/blobs/',
      'tags/list',
      '?',
      'ns=',
      '&',
      'n=',
      '%2e',
      '%00',
      '..',
      '//',
      'http://',
      '@',
      '#',
      '\\',
      hex,
    ],
    read: (target) => parsePullRequest('GET', target, 'h'),
  },
  {
    what: 'request targets of the sandbox registry',
    samples: ['/v2/a/blobs/uploads/?digest=x&from=b', '/v2/a/referrers/x?artifactType=y'],
    words: ['/', 'v2', '/blobs/uploads/', '/manifests/', '?', 'mount=', '&', '%2f', '%', '+', 'sha256:', hex],
    read: parseTarget,
  },
  {
    what: 'request targets of the sandbox trust server',
    samples: [`/v2/h/a/_trust/tuf/targets/releases.${hex}.json`, '/v2/_trust/changefeed?change_id=1'],
    words: ['/v2/', '_trust/tuf/', 'root.json', '1.', 'timestamp.key', '%2f', '?', '..', hex, '/'],
    read: routeOf,
  },
  {
    what: 'tunnel targets',
    samples: ['registry.test:443', '[::1]:5000', 'auth.test:443'],
    words: ['registry.test', ':', '443', '[', ']', '::', '%', '@', '/', '127.0.0.1', '0'],
    read: (target) => tunnels.find(target, target),
  },
  {
    what: 'addresses of trust servers',
    samples: ['https://notary.test:4443/x'],
    words: ['https://', 'http:', '//', ':', '@', 'u', '/', '?', '#', '[', ']', '%'],
    read: parseServerUrl,
  },
  {
    what: 'password hashes',
    samples: [`scrypt$15$8$1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`],
    words: ['scrypt', '$', '1', '15', '=', 'A'.repeat(22), 'A'.repeat(43), '-1'],
    read: parsePasswordHash,
  },
];

test.each(readers)('any text as $what', ({ samples, words, read }) => {
  fc.assert(
    fc.property(hostileText(samples, words), (text) => {
      try {
        read(text);
      } catch (error) {
        // The sandbox says no in the words of the servers that it plays.
        if (!isDctError(error) && !(error instanceof RegistryRefusal) && !(error instanceof NotaryRefusal))
          throw error;
      }
    }),
    tries(300),
  );
});
