// Lists of tags: pages are followed on the same path only, and counted.
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { nextPage } from '../../src/registry/next-page.ts';
import { answer, clientOf, json, scripted } from './support.ts';

const page = (tags: unknown, link?: string) =>
  answer(200, link === undefined ? {} : { link }, json({ name: 'a/b', tags }));

describe('listing tags', () => {
  it('goes from page to page in the order of the registry', async () => {
    const transport = scripted(({ url }) =>
      url.search === '' ? page(['2', '1'], '</v2/a/b/tags/list?n=2&last=1>; rel="next"') : page(['0']),
    );
    expect(await clientOf(transport).tags('a/b')).toEqual(['2', '1', '0']);
    expect(transport.asked.map(({ url }) => url.pathname + url.search)).toEqual([
      '/v2/a/b/tags/list',
      '/v2/a/b/tags/list?n=2&last=1',
    ]);
  });

  it('an empty repository has none', async () => {
    expect(await clientOf(scripted(() => page(null))).tags('a/b')).toEqual([]);
  });

  it('names that cannot be tags are left out', async () => {
    expect(await clientOf(scripted(() => page(['ok', '../x', '', '\u001b[2J']))).tags('a/b')).toEqual(['ok']);
  });

  it.each([
    ['not JSON', answer(200, {}, Buffer.from('<html>')), 'REGISTRY_REFUSED'],
    ['tags is an object', page({}), 'REGISTRY_REFUSED'],
    ['a tag is a number', page([1]), 'REGISTRY_REFUSED'],
    ['404', answer(404), 'NAME_UNKNOWN'],
    ['a page beyond the bound', answer(200, { 'content-length': String(limits.tagPageBytes + 1) }), 'LIMIT'],
    [
      'the next page lies elsewhere',
      page(['1'], '<https://evil.test/v2/a/b/tags/list>; rel=next'),
      'REGISTRY_REFUSED',
    ],
  ])('%s', async (_name, response, code) => {
    await expect(clientOf(scripted(() => response)).tags('a/b')).rejects.toMatchObject({ code });
  });

  it('endless pages are bounded', async () => {
    const transport = scripted(() => page(['1'], '<?last=1>; rel="next"'));
    await expect(clientOf(transport).tags('a/b')).rejects.toMatchObject({
      code: 'LIMIT',
      facts: { limit: 'tagPages' },
    });
    expect(transport.asked).toHaveLength(limits.tagPages);
  });
});

describe('the Link field', () => {
  const here = new URL('https://registry.test/v2/a/b/tags/list?n=1');
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['</v2/a/b/tags/list?last=x>; rel="next"', 'https://registry.test/v2/a/b/tags/list?last=x'],
    ['<?last=x>; rel=next', 'https://registry.test/v2/a/b/tags/list?last=x'],
    [
      '</first>; rel="first", <?last=x>; title="t"; rel="next"',
      'https://registry.test/v2/a/b/tags/list?last=x',
    ],
    ['</v2/a/b/tags/list?last=x>; rel="prev"', undefined],
    ['</v2/other/tags/list>; rel="next"', 'elsewhere'],
    ['<http://registry.test/v2/a/b/tags/list>; rel="next"', 'elsewhere'],
    ['<//evil.test/v2/a/b/tags/list>; rel="next"', 'elsewhere'],
    ['<https://[bad>; rel="next"', 'elsewhere'],
    ['<file:///v2/a/b/tags/list>; rel="next"', 'elsewhere'],
  ])('%s', (field, expected) => {
    const next = nextPage(field, here);
    expect(next instanceof URL ? next.href : next).toBe(expected);
  });
});
