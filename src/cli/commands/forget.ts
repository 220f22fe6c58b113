// `dct forget`: removes what is cached of a repository, and on request also whom this machine trusts for it.
import { join } from 'node:path';
import { DctError } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import type { Gun } from '../../base/reference.ts';
import { openDirectory } from '../../disk/files.ts';
import { withLock } from '../../disk/lock.ts';
import { forgetTrust, knownTrust, pinFor, type KnownTrust } from '../../tuf-client/index.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { repository } from '../images.ts';
import { pinsInForce } from '../pins.ts';

export interface ForgetOptions {
  /** The trusted root too, and the versions that were seen. */
  readonly root?: boolean;
  readonly yes?: boolean;
}

/** @throws USAGE for what is not known here, and under a pin; DECLINED, LOCKED, DISK, DISK_UNSAFE */
export async function forget(context: Context, text: string, options: ForgetOptions): Promise<void> {
  const { io, settings, console, interruption } = context;
  const { gun } = repository(text, 'forget');
  const root = options.root === true;
  const trustDirectory = join(settings.dockerDirectory, 'trust');
  const files = openDirectory(trustDirectory);
  const known = await knownTrust(files, gun);
  if (known.cached.length === 0 && known.trusted === undefined)
    // A typing error must not look like success.
    throw new DctError('USAGE', {
      problem: `nothing is known here about ${gun}`,
      hint: 'Compare the name with those of: dct key list --all',
    });
  if (root) {
    await checkNotPinned(context, gun);
    for (const line of costs(gun, known)) console.info(line);
    await confirm(io, `Shall the trusted root of ${gun} be forgotten?`, options);
  }
  const forgotten = await interruption.undisturbed(() =>
    withLock(join(trustDirectory, 'dct', gun, '_lock'), () => forgetTrust(files, gun, { root })),
  );
  console.emit({
    lines: [
      root
        ? `forgot ${gun} and its root; the next contact is a first contact`
        : `forgot the cached trust data of ${gun} (${forgotten.join(', ') || 'there was none'}); its root stays trusted`,
    ],
    data: { gun, forgotten, root },
  });
}

/** A pin vouches by itself, so that forgetting the root would take nothing away but the protection against old data. */
async function checkNotPinned({ io, settings }: Context, gun: Gun): Promise<void> {
  const pin = pinFor(gun, (await pinsInForce(io, settings)).pins);
  if (pin === undefined) return;
  throw new DctError('USAGE', {
    problem: `${gun} is trusted because ${pin.pattern} is pinned, and not because of what is remembered here`,
    hint: `If its root key changed and the owner confirms the new one, change the pin: dct pin show ${gun}`,
  });
}

function costs(gun: Gun, { trusted }: KnownTrust): readonly string[] {
  return [
    beginning(gun, trusted),
    'Once that is forgotten, the Notary server may name any root key at the next contact, and old trust data cannot be told from new.',
    'docker trust and notary in this directory forget it too. Private keys stay.',
    'Do this only if the owner has told you the new root key, and compare it with the one that the next contact shows.',
  ];
}

function beginning(gun: Gun, trusted: KnownTrust['trusted']): string {
  if (trusted === undefined) return `${gun}: trusted because Docker or notary did`;
  if (trusted === 'damaged') return `${gun}: what is remembered of it is damaged`;
  return `${gun}: trusted since ${showInstant(trusted.at)} with root key ${trusted.rootKeys.join(', ')}`;
}
