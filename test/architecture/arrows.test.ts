// Arrows between folders only go down, and between doors: the table of floors, held as data.
import { describe, expect, it } from 'vitest';
import { sourceFiles } from './sources.ts';

/** Folder → folders it may import. `tuf-client` alone is the verify door with its composition. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  base: [],
  http: ['base'],
  hashing: ['base'],
  disk: ['base'],
  'tuf-client/model': ['base'],
  x509: ['base'],
  'tuf-client/crypto': ['base', 'x509', 'tuf-client/model'],
  'tuf-client/trust': ['base', 'tuf-client/model', 'tuf-client/crypto', 'tuf-client'],
  'tuf-client/notary': ['base', 'http', 'tuf-client/model'],
  'tuf-client/cache': ['base', 'tuf-client/model', 'tuf-client/trust', 'tuf-client'],
  'tuf-client': [
    'base',
    'tuf-client/model',
    'tuf-client/crypto',
    'tuf-client/trust',
    'tuf-client/notary',
    'tuf-client/cache',
  ],
  'tuf-client/author': [
    'base',
    'tuf-client/model',
    'tuf-client/crypto',
    'tuf-client/trust',
    'tuf-client/notary',
    'tuf-client',
  ],
  registry: ['base', 'http', 'hashing'],
  keystore: ['base', 'tuf-client/model', 'tuf-client/crypto'],
  'blob-cache': ['base', 'disk'],
  proxy: ['base', 'http', 'registry', 'blob-cache', 'tuf-client'],
  sandbox: [
    'base',
    'http',
    'disk',
    'registry',
    'x509',
    'tuf-client/model',
    'tuf-client/crypto',
    'tuf-client/trust',
    'tuf-client/author',
  ],
  cli: [
    'base',
    'http',
    'disk',
    'hashing',
    'registry',
    'x509',
    'keystore',
    'blob-cache',
    'proxy',
    'sandbox',
    'tuf-client',
    'tuf-client/author',
  ],
};

/** Ground that everybody stands on: imported file by file instead of through a door. */
const withoutDoor = new Set(['base', 'http', 'disk']);

/** Below the verify door its own types are shared, and nothing else of it. */
const sharedTypes = 'src/tuf-client/types.ts';

function folderOf(path: string): string {
  const parts = path
    .replace(/^src\//, '')
    .split('/')
    .slice(0, -1);
  const [top = '', second] = parts;
  return top === 'tuf-client' && second !== undefined ? `${top}/${second}` : top;
}

const files = sourceFiles();

const crossings = files.flatMap(({ path, imports }) =>
  imports.flatMap(({ target }) =>
    target === undefined || folderOf(target) === folderOf(path) ? [] : [{ from: path, to: target }],
  ),
);

describe('the arrows between folders', () => {
  it('know every folder', () => {
    expect(
      [...new Set(files.map(({ path }) => folderOf(path)))].filter((folder) => !(folder in arrows)),
    ).toEqual([]);
  });

  it('only go down', () => {
    const wrong = crossings.filter(({ from, to }) => !arrows[folderOf(from)]?.includes(folderOf(to)));
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('go through doors', () => {
    const wrong = crossings.filter(
      ({ to }) => !withoutDoor.has(folderOf(to)) && !to.endsWith('/index.ts') && to !== sharedTypes,
    );
    expect(wrong.map(({ from, to }) => `${from} reaches into ${to}`)).toEqual([]);
  });

  it('below the verify door only share its types', () => {
    const wrong = crossings.filter(
      ({ from, to }) =>
        ['tuf-client/trust', 'tuf-client/cache', 'tuf-client/author'].includes(folderOf(from)) &&
        folderOf(to) === 'tuf-client' &&
        to !== sharedTypes,
    );
    expect(wrong).toEqual([]);
  });

  it('never close a circle', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      state.set(path, 'open');
      for (const { target } of byPath.get(path)?.imports ?? []) if (target) visit(target, [...trail, path]);
      state.set(path, 'done');
    };
    for (const { path } of files) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('the proxy', () => {
  it('cannot reach private keys or the author door, by whatever way', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const follow = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const { target } of byPath.get(path)?.imports ?? []) if (target) follow(target);
    };
    for (const { path } of files) if (path.startsWith('src/proxy/')) follow(path);
    const forbidden = [...reached].filter((path) => /^src\/(keystore|tuf-client\/author|cli)\//.test(path));
    expect(forbidden).toEqual([]);
  });
});

describe('the pure floors', () => {
  const pure = ['base', 'x509', 'tuf-client/model', 'tuf-client/crypto', 'tuf-client/trust'];
  const forbidden: readonly [string, RegExp][] = [
    ['files', /from 'node:fs/],
    ['sockets', /from 'node:(http|https|net|tls|dgram)'/],
    ['processes', /\bprocess\.|from 'node:(process|child_process)'/],
    ['the clock', /\bDate\.now\(|new Date\(\)|performance\.now/],
    ['timers', /\bset(Timeout|Interval|Immediate)\(/],
    ['chance', /Math\.random|randomBytes|getRandomValues/],
  ];

  it.each(forbidden)('do not touch %s', (_, pattern) => {
    const guilty = files.filter(({ path, text }) => pure.includes(folderOf(path)) && pattern.test(text));
    expect(guilty.map(({ path }) => path)).toEqual([]);
  });
});

describe('files', () => {
  it('stay small', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 260).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('begin with one sentence that says what they are for', () => {
    const silent = files
      .filter(({ text }) => !/^\/\/ (?:[A-Z`]|[a-z]+\.json)[^\n]{15,}[.:]\n/.test(text))
      .map(({ path }) => path);
    expect(silent).toEqual([]);
  });
});
