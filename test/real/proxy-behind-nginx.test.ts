// The proxy behind a real nginx: what both could read differently, and whether a cut body still looks cut on the other side.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Digest } from '../../src/base/digest.ts';
import { gunOf, otherHost, startRig, type Rig } from '../proxy/fakes.ts';
import { sendRaw } from '../proxy/raw.ts';
import { content, digestOfAll, ScriptedBlob } from '../proxy/scripted-blob.ts';
import { startNginxFront, type NginxFront } from '../support/real/nginx-front.ts';
import { describeReal } from '../support/real/requirement.ts';

const ways = {
  'buffered, HTTP/1.1': 'proxy_http_version 1.1; proxy_set_header Connection "";',
  'unbuffered, HTTP/1.1': 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;',
  'buffered, HTTP/1.0': '',
  'unbuffered bodies of requests':
    'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off;',
} as const;
type Way = keyof typeof ways;
const names = Object.keys(ways) as readonly Way[];

describeReal(['nginx'], 'the proxy behind nginx', () => {
  let rig: Rig;
  let nginx: NginxFront;
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-nginx-'));
    rig = await startRig();
    nginx = await startNginxFront(directory, `127.0.0.1:${rig.port}`, Object.values(ways));
  });
  afterEach(async () => {
    await nginx.stop();
    await rm(directory, { recursive: true });
  });

  const portOf = (way: Way): number => nginx.ports[names.indexOf(way)] ?? 0;
  const get = (path: string, version = '1.1'): string =>
    `GET ${path} HTTP/${version}\r\nHost: proxy\r\nConnection: close\r\n\r\n`;

  /** A blob whose registry sends something else at its end, or nothing more. */
  function store(size: 'announced' | 'unknown', end: 'wrong' | 'missing' | 'right'): Digest {
    // More than nginx holds back for itself, so that a part has gone when the end comes.
    const pieces = content(8, 64 * 1024);
    const digest = digestOfAll(pieces);
    const last = { wrong: [Buffer.alloc(64 * 1024)], missing: [new Error('reset')], right: pieces.slice(-1) };
    const script = { digest, size: size === 'announced' ? 8 * 64 * 1024 : undefined };
    const sent = [...pieces.slice(0, -1), ...last[end]];
    rig.registry.blobs.set(digest, () => new ScriptedBlob({ ...script, pieces: sent }));
    return digest;
  }

  const cuts = names.flatMap((way) =>
    (['announced', 'unknown'] as const).flatMap((size) =>
      (['wrong', 'missing'] as const).map((end) => ({ way, size, end })),
    ),
  );

  it.each(cuts)('BL-05: $way, size $size: a blob with a $end end is never whole', async (cut) => {
    const digest = store(cut.size, cut.end);
    const answer = await sendRaw(portOf(cut.way), get(`/v2/app/blobs/${digest}`));
    expect(answer.status === 200 && answer.complete).toBe(false);
    expect(rig.decisions.map(({ verdict }) => verdict)).not.toContain('served');
  });

  it.each(names)('BL-05: %s: the same blob is whole when it is right', async (way) => {
    const digest = store('announced', 'right');
    const answer = await sendRaw(portOf(way), get(`/v2/app/blobs/${digest}`));
    expect([answer.status, answer.complete]).toEqual([200, true]);
  });

  const smuggled = 'GET /v2/smuggled/tags/list HTTP/1.1\r\nHost: proxy\r\n\r\n';
  const attacks: readonly (readonly [string, string])[] = [
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n`],
    ['a list of lengths', `Content-Length: 0, ${smuggled.length}\r\n\r\n`],
    ['a length with a sign', `Content-Length: +${smuggled.length}\r\n\r\n`],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['two codings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n'],
    ['a coding behind a tab', 'Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a folded field', `X: a\r\n Content-Length: ${smuggled.length}\r\n\r\n`],
    ['a bare line feed', 'X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a body that holds a request', `Content-Length: ${smuggled.length}\r\n\r\n`],
    ['a chunked body', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
    ['a chunk size that overflows', 'Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n'],
  ];

  it.each(attacks)(
    'PX-01: %s: both see the same requests, and the next client its own answer',
    async (...of) => {
      const [, rest] = of;
      for (const way of names) {
        // By then the answer to what was smuggled would lie in a connection that nginx keeps.
        await sendRaw(portOf(way), `GET /v2/ HTTP/1.1\r\nHost: proxy\r\n${rest}${smuggled}${get('/v2/')}`);
        const victim = await sendRaw(portOf(way), get('/v2/victim/tags/list'));
        expect([way, victim.text]).toEqual([way, expect.stringContaining('victim')]);
      }
      const seen = rig.decisions.filter(({ reason }) => reason !== 'REQUEST_MALFORMED').length;
      const passed = await nginx.passedOn();
      expect(seen).toBeLessThanOrEqual(passed.length);
      const asked = passed.some((line) => line.includes('smuggled'));
      expect(rig.trust.updates.includes(gunOf('smuggled'))).toBe(asked);
    },
  );

  it.each([
    ['an absolute target', `GET http://${otherHost}/v2/app/tags/list HTTP/1.1\r\nHost: proxy\r\n`],
    ['another Host', `GET /v2/app/tags/list HTTP/1.1\r\nHost: ${otherHost}\r\n`],
    ['X-Forwarded-Host', `GET /v2/app/tags/list HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: ${otherHost}\r\n`],
    ['Forwarded', `GET /v2/app/tags/list HTTP/1.1\r\nHost: a\r\nForwarded: host=${otherHost}\r\n`],
  ])('PX-02: %s chooses no other registry', async (_what, head) => {
    for (const way of names) await sendRaw(portOf(way), `${head}Connection: close\r\n\r\n`);
    expect(new Set(rig.trust.updates)).toEqual(new Set([gunOf('app')]));
  });
});
