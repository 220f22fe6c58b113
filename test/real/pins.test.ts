// Trust pins, by notary and by dct over one trust_pinning: the same root certificates are trusted, and the same refused.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { passphrases, succeeds, type User } from '../support/real/clients.ts';
import { runCommand } from '../support/real/programs.ts';
import { createNotaryRepository, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';
import { useStage } from '../support/real/use-stage.ts';

const tag = { digest: `sha256:${'1'.repeat(64)}`, size: 1 };

describeReal(['notary-server', 'docker-registry', 'notary', 'openssl'], 'pins of notary and dct', () => {
  const stage = useStage();

  async function openssl(args: readonly string[]): Promise<void> {
    const environment = { env: { PATH: searchPath }, cwd: stage.directory };
    const { code, stderr } = await runCommand('openssl', args, environment);
    if (code !== 0) throw new Error(`openssl ${args[0] ?? ''} failed:\n${stderr}`);
  }

  const file = (name: string): string => join(stage.directory, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '400'];
  let certificates = 0;

  interface Certificate {
    readonly name: string;
    readonly extensions: readonly string[];
    /** Base name of its files; the certificate signs itself when left out. */
    readonly issuer?: string;
  }

  /** Answers the base name of `.crt` and `.key`. */
  async function certificate({ name, extensions, issuer }: Certificate): Promise<string> {
    const base = `pin${++certificates}`;
    await openssl([
      ...['req', '-x509', ...newKey, '-subj', `/CN=${name.replaceAll('/', '\\/')}`],
      ...(issuer === undefined ? [] : ['-CA', file(`${issuer}.crt`), '-CAkey', file(`${issuer}.key`)]),
      ...extensions.flatMap((extension) => ['-addext', extension]),
      ...['-keyout', file(`${base}.key`), '-out', file(`${base}.crt`)],
    ]);
    return base;
  }

  const authority = (name: string, issuer?: string): Promise<string> =>
    certificate({
      name,
      extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
      ...(issuer !== undefined && { issuer }),
    });

  /** A repository that notary made with this certificate as its root's, and one signed tag. */
  async function repositoryWith(
    leaf: string,
    repository: string,
    chain: readonly string[] = [],
  ): Promise<void> {
    const owner = await stage.user();
    const [key, cert] = [file(`${leaf}.root.key`), file(`${leaf}.root.crt`)];
    // Notary takes encrypted root keys only.
    const phrase = `pass:${passphrases.root}`;
    await openssl(['ec', '-in', file(`${leaf}.key`), '-aes256', '-passout', phrase, '-out', key]);
    const parts = await Promise.all([leaf, ...chain].map((base) => readFile(file(`${base}.crt`), 'utf8')));
    await writeFile(cert, parts.join(''));
    await succeeds(owner.notary(['init', repository, '--rootkey', key, '--rootcert', cert, '--publish']));
    const hash = ['--sha256', tag.digest.slice('sha256:'.length)];
    await succeeds(owner.notary(['addhash', '--publish', repository, '1.0', String(tag.size), ...hash]));
  }

  /** Somebody who has never seen the repository, with this trust_pinning where both tools look for it. */
  async function readerWith(pinning: object): Promise<User> {
    const reader = await stage.user();
    await pin(reader, pinning);
    return reader;
  }

  async function pin(reader: User, pinning: object): Promise<void> {
    await mkdir(join(reader.home, '.notary'), { recursive: true });
    await writeFile(join(reader.home, '.notary/config.json'), JSON.stringify({ trust_pinning: pinning }));
  }

  /** Both without any cache. */
  async function expectTrusted(pinning: object, repository: string): Promise<void> {
    expect(await signedTags(await readerWith(pinning), repository)).toMatchObject([{ tag: '1.0', ...tag }]);
    const { stdout } = await succeeds((await readerWith(pinning)).dct(['verify', repository]));
    expect(stdout).toContain('because it was pinned');
  }

  async function expectRefused(
    pinning: object,
    repository: string,
    why: { readonly notary: string; readonly dct: string },
  ): Promise<void> {
    const byNotary = await (await readerWith(pinning)).notary(['list', repository]);
    expect(byNotary.code).toBe(1);
    expect(byNotary.stdout).toContain(why.notary);
    const byDct = await (await readerWith(pinning)).dct(['verify', repository, '--json']);
    expect(byDct.code).toBe(3);
    expect(JSON.parse(byDct.stderr)).toMatchObject({ error: { code: why.dct } });
  }

  const unmatched = { notary: 'unable to match any certificates to trust_pinning', dct: 'PIN_MISMATCH' };

  const purposes = [
    { what: 'no extended key usage', extensions: [], trusted: true },
    { what: 'serverAuth', extensions: ['extendedKeyUsage=serverAuth'], trusted: true },
    { what: 'any purpose', extensions: ['extendedKeyUsage=anyExtendedKeyUsage'], trusted: true },
    { what: 'codeSigning only', extensions: ['extendedKeyUsage=codeSigning'], trusted: false },
  ];

  it.each(purposes)('a root certificate with $what, issued by the pinned authority', async (row) => {
    const repository = stage.newRepository();
    const [issuer, other] = [await authority('Right'), await authority('Other')];
    const extensions = ['basicConstraints=critical,CA:FALSE', ...row.extensions];
    await repositoryWith(await certificate({ name: repository, extensions, issuer }), repository);

    const right = { ca: { [repository]: file(`${issuer}.crt`) } };
    if (row.trusted) await expectTrusted(right, repository);
    else await expectRefused(right, repository, unmatched);
    await expectRefused({ ca: { [repository]: file(`${other}.crt`) } }, repository, unmatched);

    const reader = await stage.user();
    await succeeds(reader.dct(['pin', 'add', `${stage.registry.host}/*`, file(`${issuer}.crt`)]));
    expect((await reader.dct(['verify', repository])).code, 'pinned with dct').toBe(row.trusted ? 0 : 3);
  });

  it('an authority below another: pinned itself, because notary init keeps the first certificate only', async () => {
    const repository = stage.newRepository();
    const top = await authority('Top');
    const middle = await authority('Middle', top);
    const extensions = ['basicConstraints=critical,CA:FALSE'];
    const leaf = await certificate({ name: repository, extensions, issuer: middle });
    await repositoryWith(leaf, repository, [middle]);
    const prefix = `${stage.registry.host}/team`;
    await expectRefused({ ca: { [prefix]: file(`${top}.crt`) } }, repository, unmatched);
    await expectTrusted({ ca: { [prefix]: file(`${middle}.crt`) } }, repository);
  });

  it('ids of root certificates, by name and by prefix, before any authority', async () => {
    const repository = stage.newRepository();
    await createNotaryRepository(await stage.user(), repository, {
      snapshotKey: 'server',
      tags: { '1.0': tag },
    });
    const { stdout } = await succeeds((await stage.user()).dct(['verify', repository, '--json']));
    const { rootKeys } = JSON.parse(stdout) as { rootKeys: { certificateId: string }[] };
    const right = rootKeys.map(({ certificateId }) => certificateId);
    const wrong = ['0'.repeat(64)];
    const prefix = `${stage.registry.host}/team/*`;
    const ca = { [repository]: file(`${await authority('Stranger')}.crt`) };
    await expectTrusted({ certs: { [repository]: right, [prefix]: wrong }, ca }, repository);
    await expectTrusted({ certs: { [prefix]: right }, ca, disable_tofu: true }, repository);
    await expectRefused({ certs: { [repository]: wrong, [prefix]: right } }, repository, unmatched);
    await expectRefused({ certs: { [prefix]: wrong } }, repository, unmatched);
    await expectRefused({ ca }, repository, unmatched);
    await expectRefused({ disable_tofu: true }, repository, {
      notary: 'invalid trust pinning specified',
      dct: 'UNKNOWN_GUN',
    });
  });

  it('a pin that contradicts a root which is trusted already: notary passes it over, dct refuses', async () => {
    const repository = stage.newRepository();
    await createNotaryRepository(await stage.user(), repository, {
      snapshotKey: 'server',
      tags: { '1.0': tag },
    });
    const reader = await stage.user();
    await succeeds(reader.dct(['verify', repository]));
    await pin(reader, { certs: { [repository]: ['0'.repeat(64)] } });
    expect(await signedTags(reader, repository)).toMatchObject([{ tag: '1.0' }]);
    const refused = await reader.dct(['verify', repository, '--json']);
    expect(refused.code).toBe(3);
    const { error } = JSON.parse(refused.stderr) as { error: { code: string; next: string } };
    expect(error.code).toBe('PIN_MISMATCH');
    const [, way = ''] = /dct (pin add \S+ \S+ --force)/u.exec(error.next) ?? [];
    await succeeds(reader.dct(way.split(' ')));
    await succeeds(reader.dct(['verify', repository]));
  });
});
