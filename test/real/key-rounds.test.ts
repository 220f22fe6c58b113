// P-67: keys that many rounds of PBKDF2 guard are opened by docker trust and notary as well.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { readEncryptedKey } from '../../src/keystore/pbes2.ts';
import { readPem } from '../../src/keystore/pem.ts';
import { succeeds } from '../support/real/clients.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(['notary-server', 'docker-registry', 'notary', 'docker'], 'more rounds of PBKDF2', () => {
  const stage = useStage();

  it('P-67: key passwd --rounds guards a key better, and docker and notary open it', async () => {
    const user = await stage.user();
    await succeeds(user.dct(['key', 'generate', 'alice', '--dir', user.home]));
    const listed = await succeeds(user.dct(['key', 'list', '--json']));
    const [{ keyId, file } = { keyId: '', file: '' }] = (
      JSON.parse(listed.stdout) as { keys: readonly { keyId: string; file: string }[] }
    ).keys;
    const rounds = async (): Promise<number> => {
      const [block] = readPem(utf8(await readFile(file, 'utf8')));
      return readEncryptedKey(block.content).iterations;
    };
    expect(await rounds()).toBe(2048);
    await writeFile(join(user.home, 'new'), 'another passphrase', { mode: 0o600 });
    const next = ['--new-passphrase-file', 'new', '--rounds', '650000'];
    await succeeds(user.dct(['key', 'passwd', keyId, ...next]));
    expect(await rounds()).toBe(650_000);

    const env = {
      NOTARY_DELEGATION_PASSPHRASE: 'another passphrase',
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'another passphrase',
    };
    await succeeds(user.dockerTrust(['key', 'load', file], { env }));
    expect((await user.dockerTrust(['key', 'load', file])).code).not.toBe(0);
    // Notary opens it, and writes it anew as it writes all keys.
    await succeeds(user.notary(['key', 'passwd', keyId], { env }));
    expect(await rounds()).toBe(2048);
  });
});
