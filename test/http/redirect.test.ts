// Redirects: where they may lead, and what goes along (AU-07 to AU-11, ED-08).
import { describe, expect, it } from 'vitest';
import { followRedirects } from '../../src/http/redirect.ts';
import type { Resolve } from '../../src/http/address.ts';
import { answer, get, scripted, type Recorded } from './support.ts';

const publicly: Resolve = () => Promise.resolve(['192.0.3.1']);
const start = 'https://registry.test/v2/a/b/blobs/x';
const personal = {
  authorization: 'secret',
  cookie: 'secret',
  'proxy-authorization': 'secret',
  accept: '*/*',
};

/** Redirects by address; everything else is found. `home` carries the user's credentials, `away` must not. */
function setup(
  locations: Record<string, string>,
  resolve = publicly,
): { home: Recorded; away: Recorded; follow: (url?: string) => Promise<number> } {
  const web = (request: { url: URL }) => {
    const location = locations[request.url.href];
    return location === undefined ? answer(200) : answer(307, { location });
  };
  const home = scripted(web);
  const away = scripted(web);
  const send = followRedirects({ home, away, resolve });
  return { home, away, follow: async (url = start) => (await send(get(url, personal))).status };
}

const addresses = ({ asked }: Recorded): string[] => asked.map(({ url }) => url.href);

describe('following', () => {
  it('AU-07 to another origin: no credentials, and no address further inwards', async () => {
    const { home, away, follow } = setup({ [start]: 'https://cdn.test/x?signature=1#part' });
    expect(await follow()).toBe(200);
    expect(addresses(home)).toEqual([start]);
    expect(addresses(away)).toEqual(['https://cdn.test/x?signature=1']);
    expect(away.asked[0]).toMatchObject({ headers: { accept: '*/*' }, reach: 'public' });
    expect(JSON.stringify(away.asked)).not.toContain('secret');
  });

  it('AU-07 another port and another scheme are other origins', async () => {
    const { away, follow } = setup({ [start]: 'https://registry.test:444/x' });
    await follow();
    expect(addresses(away)).toEqual(['https://registry.test:444/x']);
  });

  it('on the same origin it stays at home, relative or not', async () => {
    const { home, away, follow } = setup({
      [start]: '../y',
      'https://registry.test/v2/a/b/y': 'https://registry.test/z',
    });
    expect(await follow()).toBe(200);
    expect(addresses(home)).toEqual([start, 'https://registry.test/v2/a/b/y', 'https://registry.test/z']);
    expect(away.asked).toEqual([]);
  });

  it('AU-07 back to the first origin: still without credentials', async () => {
    const { home, away, follow } = setup({
      [start]: 'https://cdn.test/x',
      'https://cdn.test/x': 'https://registry.test/v2/other/y',
    });
    expect(await follow()).toBe(200);
    expect(addresses(home)).toEqual([start]);
    expect(addresses(away)).toEqual(['https://cdn.test/x', 'https://registry.test/v2/other/y']);
  });

  it('AU-10 a challenge at the other end is only an answer', async () => {
    const home = scripted(() => answer(307, { location: 'https://cdn.test/' }));
    const away = scripted(() => answer(401, { 'www-authenticate': 'Basic realm="x"' }));
    expect((await followRedirects({ home, away, resolve: publicly })(get(start))).status).toBe(401);
    expect(away.asked).toHaveLength(1);
  });

  it('five times, not six', async () => {
    const chain = (length: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length }, (_, i) => [
          i === 0 ? start : `https://cdn.test/${i}`,
          `https://cdn.test/${i + 1}`,
        ]),
      );
    expect(await setup(chain(5)).follow()).toBe(200);
    await expect(setup(chain(6)).follow()).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
  });

  it.each([
    ['a redirect without Location', 302, {}],
    ['a choice of several', 300, { location: 'https://cdn.test/' }],
    ['a status that is none of a redirect', 201, { location: 'https://cdn.test/' }],
  ])('%s is an answer', async (_name, status, headers) => {
    const home = scripted(() => answer(status, headers));
    const away = scripted(() => answer(200));
    expect((await followRedirects({ home, away, resolve: publicly })(get(start))).status).toBe(status);
  });
});

describe('refused', () => {
  it.each([
    ['ED-08 to itself', start],
    ['AU-08 to plain HTTP', 'http://registry.test/v2/a/b/blobs/x'],
    ['ED-08 to a file', 'file:///etc/passwd'],
    ['to a script', 'javascript:alert(1)'],
    ['with a user name', 'https://me@cdn.test/'],
    ['with a password', 'https://:secret@cdn.test/'],
    ['to nonsense', 'https://[bad/'],
  ])('%s', async (_name, location) => {
    const { away, follow } = setup({ [start]: location });
    await expect(follow()).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(away.asked).toEqual([]);
  });

  it('tells no signature of a storage address', async () => {
    const home = scripted(() => answer(307, { location: 'http://cdn.test/x?signature=hidden' }));
    const failure: unknown = await followRedirects({ home, away: home, resolve: publicly })(get(start)).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'REDIRECT_REFUSED', facts: { target: 'http://cdn.test' } });
  });
});

describe('AU-09 how far inwards', () => {
  it.each([
    ['a public server', ['192.0.3.1'], 'public'],
    ['a server with a public address among others', ['10.0.0.1', '192.0.3.1'], 'public'],
    ['a name that does not resolve here', [], 'public'],
    ['a private server', ['10.0.0.1'], 'private'],
    ['a server on this machine', ['127.0.0.1'], undefined],
  ])('%s', async (_name, found, reach) => {
    const { away, follow } = setup({ [start]: 'https://cdn.test/' }, () => Promise.resolve(found));
    await follow();
    expect(away.asked[0]?.reach).toBe(reach);
  });

  it('a resolver that fails counts as public', async () => {
    const { away, follow } = setup({ [start]: 'https://cdn.test/' }, () =>
      Promise.reject(new Error('no DNS')),
    );
    await follow();
    expect(away.asked[0]?.reach).toBe('public');
  });

  it('a server in plain HTTP may lead to either scheme', async () => {
    const plain = 'http://127.0.0.1:5000/x';
    const { away, follow } = setup({
      [plain]: 'http://127.0.0.1:9000/y',
      'http://127.0.0.1:9000/y': 'https://cdn.test/',
    });
    expect(await follow(plain)).toBe(200);
    expect(addresses(away)).toEqual(['http://127.0.0.1:9000/y', 'https://cdn.test/']);
  });
});
