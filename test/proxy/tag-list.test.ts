// tags/list: signed tags, in order, in pages.
import { describe, expect, it } from 'vitest';
import {
  entryOf,
  errorOf,
  gunOf,
  manifestBytes,
  otherHost,
  startRig,
  type Entry,
  type Rig,
} from './fakes.ts';

const entry = entryOf(manifestBytes('x'));
const named = (...names: string[]): Record<string, Entry> =>
  Object.fromEntries(names.map((name) => [name, entry]));

async function rigWith(...tags: string[]): Promise<Rig> {
  const rig = await startRig();
  rig.trust.answers.set(gunOf('team/app'), { targets: named(...tags) });
  return rig;
}

interface TagList {
  readonly name: string;
  readonly tags: readonly string[];
}

async function list(url: string): Promise<{ body: TagList; link: string | null }> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return { body: (await response.json()) as TagList, link: response.headers.get('link') };
}

describe('PX-14: the signed tags and no others', () => {
  it('come from both roles, sorted by bytes, without asking the registry', async () => {
    const { url, trust, registry } = await startRig();
    trust.answers.set(gunOf('team/app'), {
      targets: named('b', 'Z', 'v10', '_x'),
      releases: named('v9', 'b', '0'),
    });
    const { body, link } = await list(`${url}/v2/team/app/tags/list`);
    expect(body).toEqual({ name: 'team/app', tags: ['0', 'Z', '_x', 'b', 'v10', 'v9'] });
    expect(link).toBeNull();
    expect(registry.requests).toEqual([]);
  });

  it('NM-09: signed names that are no tags are left out', async () => {
    const { url } = await rigWith(
      '../x',
      'a/b',
      'sha256:abc',
      '',
      'a\nb',
      '\u202eb',
      'x'.repeat(129),
      'good',
    );
    expect((await list(`${url}/v2/team/app/tags/list`)).body.tags).toEqual(['good']);
  });

  it('no trust data is 403, not an empty list', async () => {
    const { url } = await startRig();
    const response = await fetch(`${url}/v2/team/app/tags/list`);
    expect([response.status, (await errorOf(response)).detail.reason]).toEqual([403, 'NO_TRUST_DATA']);
  });

  it('HEAD has no body', async () => {
    const { url } = await rigWith('a');
    const response = await fetch(`${url}/v2/team/app/tags/list`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('PX-18: pages', () => {
  it.each<[string, string[], string | null]>([
    ['n=2', ['a', 'b'], '</v2/team/app/tags/list?n=2&last=b>; rel="next"'],
    ['n=2&last=b', ['c', 'd'], null],
    ['n=3&last=a', ['b', 'c', 'd'], null],
    ['n=4', ['a', 'b', 'c', 'd'], null],
    ['n=0', [], null],
    ['last=b', ['c', 'd'], null],
    ['last=bb', ['c', 'd'], null],
    ['last=zz', [], null],
    ['last=', ['a', 'b', 'c', 'd'], null],
    ['n=1000000000', ['a', 'b', 'c', 'd'], null],
  ])('%s', async (query, tags, link) => {
    const { url } = await rigWith('d', 'b', 'c', 'a');
    expect(await list(`${url}/v2/team/app/tags/list?${query}`)).toEqual({
      body: { name: 'team/app', tags },
      link,
    });
  });

  it('links lead through all tags, on the same registry', async () => {
    const { url, trust } = await startRig();
    const all = Array.from({ length: 7 }, (_, i) => `v${i}`);
    trust.answers.set(gunOf('app', otherHost), { targets: named(...all) });
    const seen: string[] = [];
    let next: string | undefined = `/v2/app/tags/list?n=3&ns=${otherHost}`;
    while (next !== undefined) {
      const page = await list(`${url}${next}`);
      seen.push(...page.body.tags);
      next = /^<([^>]+)>; rel="next"$/.exec(page.link ?? '')?.[1];
    }
    expect(seen).toEqual(all);
  });

  it.each(['n=-1', 'n=1e9', 'last=../x'])('%s is 400', async (query) => {
    const { url, trust } = await rigWith('a');
    const response = await fetch(`${url}/v2/team/app/tags/list?${query}`);
    expect([response.status, (await errorOf(response)).code]).toEqual([400, 'PAGINATION_NUMBER_INVALID']);
    expect(trust.updates).toEqual([]);
  });
});
