// An audit serves what trust refuses and writes it down; it never serves wrong bytes.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { DctError } from '../../../src/base/errors.ts';
import { MeterRegistry } from '../../../src/proxy/index.ts';
import { entryOf, gunOf, manifestBytes, startRig, type Rig } from '../fakes.ts';
import { ScriptedBlob } from '../scripted-blob.ts';
import { ask, policyWith, startUnder, type RuleText } from './rig.ts';

const [signed, other] = [manifestBytes('signed'), manifestBytes('other')];
const layer = Buffer.from('a layer');

function fill(rig: Rig): Rig {
  rig.registry.store(signed);
  rig.registry.store(other);
  const unsigned = rig.registry.manifests.get(digestOf(other)) as never;
  rig.registry.manifests.set('unsigned', unsigned);
  rig.registry.manifests.set('v1', unsigned);
  rig.registry.blobs.set(
    digestOf(layer),
    () => new ScriptedBlob({ digest: digestOf(layer), size: layer.byteLength, pieces: [layer] }),
  );
  rig.trust.answers.set(gunOf('app'), { releases: { v1: entryOf(signed) } });
  return rig;
}

/** The registry does not give out what `v1` is signed as. */
function withhold(rig: Rig): Rig {
  const denied = { url: 'https://registry.test/v2/app', status: 403, user: 'robot' };
  rig.registry.manifests.set(digestOf(signed), new DctError('REGISTRY_DENIED', denied));
  return rig;
}

const startAudit = async (rule: RuleText): Promise<Rig> => fill(await startUnder({ audit: true, ...rule }));

const layerPath = `app/blobs/${digestOf(layer)}`;
const expired = new DctError('EXPIRED', { gun: 'app', role: 'timestamp', expires: '', now: '' });
const rolledBack = new DctError('ROLLBACK', { gun: 'app', role: 'targets', trusted: 2, offered: 1 });
const unreachable = new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });

it('MF-15: an audit serves what a registry that gives out no signed manifest leaves undecided', async () => {
  const rig = withhold(await startAudit({ require: 'signed', strict: true }));
  expect(await ask(rig, layerPath)).toBe('200');
  await expect.poll(() => rig.decisions).toMatchObject([{ verdict: 'served', audit: 'REGISTRY_DENIED' }]);
  const strict = withhold(fill(await startUnder({ require: 'signed', strict: true })));
  expect(await ask(strict, layerPath)).toBe('403 REGISTRY_DENIED');
});

describe('an audit serves, and writes down the reason,', () => {
  it.each<{ name: string; rule: RuleText; path: string; audit: string; trust?: Error }>([
    {
      name: 'an unsigned tag',
      rule: { require: 'signed' },
      path: 'app/manifests/unsigned',
      audit: 'NOT_SIGNED',
    },
    {
      name: 'a tag whose signer is missing',
      rule: { require: 'signed-by', signers: ['ci'] },
      path: 'app/manifests/v1',
      audit: 'SIGNERS_TOO_FEW',
    },
    {
      name: 'a tag by digest only',
      rule: { require: 'digest-only' },
      path: 'app/manifests/v1',
      audit: 'TAGS_REFUSED',
    },
    {
      name: 'a blob that belongs to nothing signed',
      rule: { require: 'signed', strict: true },
      path: layerPath,
      audit: 'NOT_REACHABLE',
    },
    {
      name: 'a tag under expired trust data',
      rule: { require: 'signed' },
      path: 'app/manifests/v1',
      audit: 'EXPIRED',
      trust: expired,
    },
    {
      name: 'a tag under trust data that was rolled back',
      rule: { require: 'signed' },
      path: 'app/manifests/v1',
      audit: 'ROLLBACK',
      trust: rolledBack,
    },
    {
      name: 'a tag while the trust server is away',
      rule: { require: 'signed' },
      path: 'app/manifests/v1',
      audit: 'UNREACHABLE',
      trust: unreachable,
    },
  ])('$name', async ({ rule, path, audit, trust }) => {
    const rig = await startAudit(rule);
    if (trust !== undefined) rig.trust.answers.set(gunOf('app'), trust);
    expect(await ask(rig, path)).toBe('200');
    await expect.poll(() => rig.decisions).toMatchObject([{ verdict: 'served', audit }]);
    expect(rig.lines.join('\n')).toContain(`"audit":"${audit}"`);
  });

  it('also where only the switch for everything says so, and for what no rule is about', async () => {
    const policy = policyWith({ match: gunOf('other'), require: 'signed' });
    const rig = fill(await startRig({ policy, audit: true }));
    expect(await ask(rig, 'app/manifests/unsigned')).toBe('200');
    expect(await ask(rig, 'other/manifests/unsigned')).toBe('200');
    await expect
      .poll(() => rig.decisions)
      .toMatchObject([{ audit: 'POLICY_UNMATCHED' }, { audit: 'NO_TRUST_DATA' }]);
  });

  it('and counts it', async () => {
    const meters = new MeterRegistry();
    const rig = fill(await startRig({ meters, audit: true }));
    await ask(rig, 'app/manifests/unsigned');
    await ask(rig, 'app/manifests/v1');
    expect(meters.render()).toContain('audited_total{reason="NOT_SIGNED"} 1');
  });

  it('but not what is signed', async () => {
    const rig = await startAudit({ require: 'signed' });
    expect(await ask(rig, 'app/manifests/v1')).toBe('200');
    await expect.poll(() => rig.decisions.at(-1)).toMatchObject({ digest: digestOf(signed) });
    expect(rig.decisions.at(-1)).not.toHaveProperty('audit');
  });
});

describe('an audit never serves', () => {
  const mismatch = '403 CONTENT_MISMATCH';
  it.each<{ name: string; path: string; spoil: (rig: Rig) => void; answer: string }>([
    {
      name: 'other bytes than were signed',
      path: 'app/manifests/v1',
      spoil: ({ registry }) => registry.store(other, undefined, digestOf(signed)),
      answer: mismatch,
    },
    {
      name: 'more bytes than were signed',
      path: 'app/manifests/v1',
      spoil: ({ trust }) =>
        trust.answers.set(gunOf('app'), { releases: { v1: { ...entryOf(signed), length: 1 } } }),
      answer: mismatch,
    },
    {
      name: 'other bytes under an unsigned tag than their digest says',
      path: 'app/manifests/unsigned',
      spoil: ({ registry }) =>
        registry.manifests.set('unsigned', {
          ...(registry.manifests.get('unsigned') as object),
          bytes: signed,
        } as never),
      answer: mismatch,
    },
    {
      name: 'other bytes than the digest that was asked for',
      path: `app/manifests/${digestOf(signed)}`,
      spoil: ({ registry }) => registry.store(other, undefined, digestOf(signed)),
      answer: mismatch,
    },
    {
      name: 'a registry that was not configured',
      path: 'app/manifests/v1?ns=evil.test',
      spoil: () => undefined,
      answer: '403 NAMESPACE_UNKNOWN',
    },
    {
      name: 'what the disk or the proxy itself failed to decide',
      path: 'app/manifests/v1',
      spoil: ({ trust }) =>
        trust.answers.set(
          gunOf('app'),
          new DctError('DISK', { file: '/trust', operation: 'read', problem: 'input/output error' }),
        ),
      answer: '500 DISK',
    },
    {
      name: 'a tag that the registry does not have',
      path: 'app/manifests/absent',
      spoil: () => undefined,
      answer: '404 MANIFEST_UNKNOWN',
    },
  ])('$name', async ({ path, spoil, answer }) => {
    const rig = await startAudit({ require: 'signed' });
    spoil(rig);
    expect(await ask(rig, path)).toBe(answer);
  });

  it('a blob with other bytes: the connection is cut', async () => {
    const rig = await startAudit({ require: 'signed', strict: true });
    const digest = digestOf(layer);
    rig.registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: undefined, pieces: [signed] }));
    await expect(ask(rig, layerPath)).rejects.toThrow();
    await expect
      .poll(() => rig.decisions.at(-1))
      .toMatchObject({ verdict: 'cut', reason: 'CONTENT_MISMATCH' });
  });
});
