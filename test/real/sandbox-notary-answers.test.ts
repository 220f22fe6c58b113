// The same requests to notary-server and to the sandbox's server: status, code and headers agree, or the difference is listed here.
import { beforeAll, expect, it } from 'vitest';
import { form, type Parts, type SentRequest } from '../sandbox/notary/support.ts';
import { useSideBySide, type Side, type WireAnswer } from '../sandbox/notary/side-by-side.ts';
import { succeeds } from '../support/real/clients.ts';
import { describeReal } from '../support/real/requirement.ts';

const gun = 'registry.example:5000/team/app';
const tuf = `/v2/${gun}/_trust/tuf/`;
const contentType = { 'content-type': 'multipart/form-data; boundary=boundary' };
const head = 'Content-Disposition: form-data; name="files"; filename="targets"';

/** Files that a repository of notary has on this server, by name. */
type Served = Readonly<Record<'root' | 'root1' | 'targets' | 'timestamp', string>>;

interface Case {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly request?: SentRequest | ((served: Served) => SentRequest);
  /** What this server answers where notary-server answers otherwise. */
  readonly instead?: { readonly real: string; readonly ours: string; readonly because: string };
}

const get = (path: string, instead?: Case['instead']): Case => ({
  ...{ what: `GET ${path}`, method: 'GET', path },
  ...(instead && { instead }),
});
const publish = (
  what: string,
  parts: Parts | ((served: Served) => Parts),
  instead?: Case['instead'],
): Case => ({
  ...{ what, method: 'POST', path: tuf },
  request: (served) => form(typeof parts === 'function' ? parts(served) : parts),
  ...(instead && { instead }),
});
const post = (what: string, request: SentRequest, instead?: Case['instead']): Case => ({
  ...{ what, method: 'POST', path: tuf, request },
  ...(instead && { instead }),
});

const crash = '0';
const malformedUpload = '400 MALFORMED_UPLOAD';
const malformedJson = '400 MALFORMED_JSON';
const notGoForm = 'it is not in Go form, and that is looked at first';

const cases: readonly Case[] = [
  ...['/v2/', '/v2', '/', '/_notary_server/health', '/v2/a//b/_trust/tuf/root.json'].map((path) => get(path)),
  ...['HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].flatMap((method) =>
    ['/v2/', `${tuf}root.json`, '/_notary_server/health'].map((path): Case => {
      return { what: `${method} ${path}`, method, path };
    }),
  ),
  get('/metrics', { real: '200', ours: '404 METADATA_NOT_FOUND', because: 'nobody measures a sandbox' }),
  ...['root', 'targets', 'snapshot', 'timestamp'].flatMap((role) => [
    get(`${tuf}${role}.json`),
    get(`${tuf}1.${role}.json`),
    get(`${tuf}99.${role}.json`),
  ]),
  get(`${tuf}01.root.json`),
  get(`${tuf}root.${'ab'.repeat(32)}.json`),
  get(`${tuf}root.${'AB'.repeat(32)}.json`),
  get(`${tuf}root.${'ab'.repeat(64)}.json`),
  get(`${tuf}targets/nobody.json`),
  get(`${tuf}targets/Upper.json`),
  get(`${tuf}targets.key`),
  get(`${tuf}timestamp.key`),
  get(`${tuf}snapshot.key`),
  get('/v2/other/_trust/tuf/root.json'),
  get('/v2/other/_trust/tuf/timestamp.key'),
  get('/v2/registry.example%3A5000/team/app/_trust/tuf/root.json'),
  ...[
    'records=1',
    'records=0',
    'records=-1&change_id=-1',
    'records=1&change_id=-1',
    'records=1&change_id=99',
  ].map((query) => get(`/v2/${gun}/_trust/changefeed?${query}`)),
  ...['', 'records=x', 'records=', 'records=1.5', 'records=1&change_id=x'].map((query) =>
    get(`/v2/_trust/changefeed?${query}`),
  ),
  get(`/v2/${gun}/_trust/changefeed?records=-1`, {
    ...{
      real: crash,
      ours: '200',
      because: 'nothing comes before the first entry, which is no reason to crash',
    },
  }),

  post('no multipart body', { body: 'x' }),
  post('no boundary', { headers: { 'content-type': 'multipart/form-data' }, body: 'x' }),
  post(
    'an empty body',
    { headers: contentType, body: '' },
    {
      ...{ real: crash, ours: malformedUpload, because: 'a crash is no answer' },
    },
  ),
  post(
    'a part head cut short',
    { headers: contentType, body: '--boundary\r\nContent-Dispo' },
    {
      ...{ real: crash, ours: malformedUpload, because: 'a crash is no answer' },
    },
  ),
  post(
    'a part cut short',
    { headers: contentType, body: `--boundary\r\n${head}\r\n\r\n{}` },
    {
      ...{ real: crash, ours: malformedUpload, because: 'a crash is no answer' },
    },
  ),
  post('a part without a file name', {
    headers: contentType,
    body: '--boundary\r\nContent-Disposition: form-data; name="root"\r\n\r\n{}\r\n--boundary--\r\n',
  }),
  publish('an empty file name', [['', '{}']]),
  publish('a name that is no role', [['alice', '{}']]),
  publish('a role in capitals', [['targets/Alice', '{}']]),
  publish('no JSON', [['targets', 'x']]),
  publish('no signed part', [['targets', '{}']], {
    ...{ real: '400 INVALID_UPDATE ErrBadTargets', ours: malformedJson, because: notGoForm },
  }),
  publish('a version in quotes', [['targets', '{"signed":{"version":"1"},"signatures":[]}']]),
  publish('fields missing', [['targets', '{"signed":{"_type":"Targets","version":9},"signatures":[]}']], {
    ...{ real: '400 INVALID_UPDATE ErrBadTargets', ours: malformedJson, because: notGoForm },
  }),
  publish('the current root', ({ root }) => [['root', root]]),
  publish('an older root', ({ root1 }) => [['root', root1]]),
  publish('the current targets', ({ targets }) => [['targets', targets]]),
  publish('two parts for one role', ({ targets }) => [...[0, 1].map(() => ['targets', targets] as const)], {
    real: '400 VERSION',
    ours: malformedUpload,
    because: 'the real server takes the last one; who sends two does not know what is signed',
  }),
  publish('altered targets', ({ targets }) => [
    ['targets', targets.replace(/"version":\d+/, '"version":50')],
  ]),
  publish('altered targets of a delegation', ({ targets }) => [['targets/nobody', targets]]),
  publish('a line feed after the document', ({ targets }) => [['targets', `${targets}\n`]], {
    ...{ real: '400 VERSION', ours: malformedJson, because: notGoForm },
  }),
  publish('an old timestamp', ({ timestamp }) => [['timestamp', timestamp]]),
  publish('nothing', []),
  {
    ...{ what: 'a root of another repository', method: 'POST', path: '/v2/other/_trust/tuf/' },
    request: ({ root1, targets }) =>
      form([
        ['root', root1],
        ['targets', targets],
      ]),
  },
  { what: 'deletion', method: 'DELETE', path: tuf },
  { what: 'deletion again', method: 'DELETE', path: tuf },
  get(`${tuf}root.json`),
  get(`/v2/${gun}/_trust/changefeed?records=1&change_id=-1`),
  publish('the first root alone', ({ root1 }) => [['root', root1]]),
];

describeReal(['notary', 'notary-server', 'openssl'], 'answers of the sandbox’s server', () => {
  const servers = useSideBySide();
  const served = new Map<Side, Served>();

  /** `400 INVALID_UPDATE ErrBadRoot`, or just the status. */
  function summary({ status, text }: WireAnswer): string {
    const [error] = text.startsWith('{"errors"')
      ? (JSON.parse(text) as { errors: { code: string; detail?: { Name?: string } }[] }).errors
      : [];
    return [status, error?.code, error?.detail?.Name].filter((part) => part !== undefined).join(' ');
  }

  /** Headers that a client could act on. How long a body is and how it is framed is the listener's business. */
  function told({ headers }: WireAnswer): object {
    const names = ['content-type', 'cache-control', 'pragma', 'location'];
    const zone = headers['last-modified']?.slice(-3);
    return { zone, ...Object.fromEntries(names.map((name) => [name, headers[name]])) };
  }

  beforeAll(async () => {
    for (const side of [servers.real, servers.ours]) {
      const owner = await side.user();
      await succeeds(owner.notary(['init', '--publish', gun]));
      await succeeds(owner.notary(['key', 'rotate', gun, 'snapshot', '--server-managed']));
      const file = async (name: string): Promise<string> =>
        (await side.send('GET', `${tuf}${name}.json`)).text;
      served.set(side, {
        ...{ root: await file('root'), root1: await file('1.root') },
        ...{ targets: await file('targets'), timestamp: await file('1.timestamp') },
      });
    }
  });

  // In this order: the last ones delete the repository.
  it.each(cases)('$what', async ({ method, path, request = {}, instead }) => {
    const [real, ours] = await Promise.all(
      [servers.real, servers.ours].map((side) =>
        side.send(
          method,
          path,
          typeof request === 'function' ? request(served.get(side) as Served) : request,
        ),
      ),
    );
    if (real === undefined || ours === undefined) throw new Error('a server did not answer');
    if (instead === undefined) {
      expect({ answer: summary(ours), headers: told(ours) }).toEqual({
        answer: summary(real),
        headers: told(real),
      });
    } else {
      expect({ real: summary(real), ours: summary(ours) }).toEqual({
        real: instead.real,
        ours: instead.ours,
      });
    }
  });
});
