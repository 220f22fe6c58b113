// What each rule of a policy serves and refuses, asked over HTTP.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { DctError } from '../../../src/base/errors.ts';
import type { Tag } from '../../../src/base/reference.ts';
import { entryOf, gunOf, manifestBytes, otherHost, startRig, type Entry, type Rig } from '../fakes.ts';
import { ask, policyWith, startUnder, type RuleText } from './rig.ts';

const [released, other] = [manifestBytes('released'), manifestBytes('other')];
const hash = digestOf(released).slice('sha256:'.length);

/** `app:v1` is signed; `app:unsigned`, `app:sha256-H` and cosign's `app:sha256-H.sig` are in the registry only. */
async function startApp(rule: RuleText, audit = false): Promise<Rig> {
  const rig = await startUnder(rule, audit);
  fill(rig);
  return rig;
}

function fill({ registry, trust }: Rig): void {
  const entry = entryOf(released);
  trust.answers.set(gunOf('app'), {
    releases: { v1: entry, v2: entry, v3: entry },
    signers: { ci: { v1: entry, v2: entry }, qa: { v1: entry, v2: entryOf(other) } },
  });
  registry.store(released);
  registry.store(other);
  const unsigned = registry.manifests.get(digestOf(other)) as never;
  for (const tag of ['unsigned', `sha256-${hash}`, `sha256-${hash}.sig`, `sha512-${hash}`, `sha1-${hash}`])
    registry.manifests.set(tag, unsigned);
}

const refused = '403 NOT_SIGNED';

describe('MF-14: what a rule serves by tag', () => {
  it.each<{ rule: RuleText; tag: string; answer: string }>([
    { rule: { require: 'signed' }, tag: 'v1', answer: '200' },
    { rule: { require: 'signed' }, tag: 'unsigned', answer: refused },
    { rule: { require: 'signed' }, tag: `sha256-${hash}.sig`, answer: refused },
    { rule: { require: 'signed', referrers: 'pass' }, tag: `sha256-${hash}.sig`, answer: '200' },
    { rule: { require: 'signed', referrers: 'pass' }, tag: `sha256-${hash}`, answer: '200' },
    { rule: { require: 'signed', referrers: 'pass' }, tag: `sha256-${hash}.s.sig`, answer: refused },
    { rule: { require: 'signed', referrers: 'pass' }, tag: 'sha256-0.sig', answer: refused },
    { rule: { require: 'signed', referrers: 'pass' }, tag: 'unsigned', answer: refused },
    { rule: { require: 'signed-by', signers: ['ci', 'qa'] }, tag: 'v1', answer: '200' },
    { rule: { require: 'digest-only' }, tag: 'v1', answer: '403 TAGS_REFUSED' },
    { rule: { require: 'digest-only', referrers: 'pass' }, tag: `sha256-${hash}.sig`, answer: '200' },
    { rule: { require: 'pass' }, tag: 'unsigned', answer: '200' },
    { rule: { require: 'pass' }, tag: 'absent', answer: '404 MANIFEST_UNKNOWN' },
    { rule: { require: 'pass' }, tag: `sha256-${hash}.sig`, answer: '403 REFERRERS_BLOCKED' },
    { rule: { require: 'pass', referrers: 'pass' }, tag: `sha256-${hash}.sig`, answer: '200' },
    { rule: { require: 'pass' }, tag: `sha512-${hash}`, answer: '403 REFERRERS_BLOCKED' },
    { rule: { require: 'signed', referrers: 'pass' }, tag: `sha512-${hash}`, answer: '200' },
    { rule: { require: 'signed', referrers: 'pass' }, tag: `sha1-${hash}`, answer: refused },
  ])('$rule: $tag', async ({ rule, tag, answer }) => {
    expect(await ask(await startApp(rule), `app/manifests/${tag}`)).toBe(answer);
  });

  it('what refers to an image passes where it is not signed, and not where trust data is refused', async () => {
    const rig = await startApp({ require: 'signed', referrers: 'pass' });
    const rolledBack = new DctError('ROLLBACK', { gun: 'app', role: 'targets', trusted: 2, offered: 1 });
    rig.trust.answers.set(gunOf('app'), rolledBack);
    expect(await ask(rig, `app/manifests/sha256-${hash}.sig`)).toBe('403 ROLLBACK');
  });

  it('a passing rule makes the digest of a tag from its bytes, and asks no trust server', async () => {
    const rig = await startApp({ require: 'pass' });
    const response = await fetch(`${rig.url}/v2/app/manifests/unsigned`);
    expect(response.headers.get('docker-content-digest')).toBe(digestOf(other));
    expect(rig.trust.updates).toEqual([]);
  });
});

describe('PX-15: the list of referrers', () => {
  const path = `app/referrers/${digestOf(released)}`;
  const [signedBy, digestOnly] = [{ require: 'signed-by', signers: ['ci'] }, { require: 'digest-only' }];

  it.each<RuleText>([
    { require: 'signed' },
    { require: 'signed', strict: true },
    { require: 'pass' },
    signedBy,
    digestOnly,
  ])('$require: blocked, and the registry is not asked', async (rule) => {
    const rig = await startApp(rule);
    expect(await ask(rig, path)).toBe('403 REFERRERS_BLOCKED');
    expect(rig.registry.requests).toEqual([]);
  });

  it.each<RuleText>([{ require: 'signed' }, { require: 'pass' }, signedBy, digestOnly])(
    '$require, referrers pass: the list that the registry has, without a word of the trust server',
    async (rule) => {
      const rig = await startApp({ ...rule, referrers: 'pass' });
      expect(await ask(rig, path)).toBe('200');
      expect(rig.registry.requests).toEqual([`referrers app ${digestOf(released)}`]);
      expect(rig.trust.updates).toEqual([]);
    },
  );

  it('an audit lets it pass, and writes it down', async () => {
    const rig = await startApp({ require: 'signed', audit: true });
    expect(await ask(rig, path)).toBe('200');
    const written = { route: 'referrers', verdict: 'served', audit: 'REFERRERS_BLOCKED' };
    await expect.poll(() => rig.decisions.at(-1)).toMatchObject(written);
  });
});

describe('DG-06: required signers', () => {
  const [ci, qa, nobody] = ['ci', 'qa', 'nobody'];
  it.each<{ signers: readonly string[]; threshold?: number; tag: string; missing?: string }>([
    { signers: [ci], tag: 'v2' },
    { signers: [ci, qa], tag: 'v2', missing: 'qa (has signed other content)' },
    { signers: [ci, qa], tag: 'v3', missing: 'ci (has not signed this tag), qa (has not signed this tag)' },
    { signers: [ci, qa], threshold: 1, tag: 'v2' },
    { signers: [ci, nobody], tag: 'v1', missing: 'nobody (is no signer there)' },
    { signers: [ci, qa, nobody], threshold: 2, tag: 'v1' },
    { signers: [ci, qa, nobody], threshold: 2, tag: 'v2', missing: 'qa (has signed other content), nobody' },
  ])('$signers, $threshold of them, for $tag: missing $missing', async ({ tag, missing, ...rule }) => {
    const rig = await startApp({ require: 'signed-by', ...rule });
    expect(await ask(rig, `app/manifests/${tag}`)).toBe(
      missing === undefined ? '200' : '403 SIGNERS_TOO_FEW',
    );
    if (missing !== undefined) expect(rig.decisions.at(-1)?.message).toContain(missing);
  });

  it('a signer whose role is unusable does not count, and the refusal says why', async () => {
    const rig = await startApp({ require: 'signed-by', signers: ['ci'] });
    const update = rig.trust.update.bind(rig.trust);
    const expired = new DctError('EXPIRED', { gun: 'app', role: 'targets/ci', expires: 'then', now: 'now' });
    rig.trust.update = async (gun) => {
      const repository = await update(gun);
      return { ...repository, unusable: new Map([['targets/ci' as never, expired]]) };
    };
    expect(await ask(rig, 'app/manifests/v1')).toBe('403 SIGNERS_TOO_FEW');
    expect(rig.decisions.at(-1)?.message).toContain(expired.message);
  });

  describe('a signer counts who has signed the same content', () => {
    const entry = entryOf(released);
    const both = entryOf(released, ['sha256', 'sha512']);
    const forged = new Map([...entry.hashes, ...entryOf(other, ['sha512']).hashes]);
    const [ok, few] = ['200', '403 SIGNERS_TOO_FEW'];
    it.each<{ name: string; release: Entry; own: Entry; answer: string }>([
      { name: 'by one digest, as it is released', release: entry, own: entry, answer: ok },
      { name: 'by both digests', release: both, own: both, answer: ok },
      { name: 'by one digest, while it is released by two', release: both, own: entry, answer: ok },
      { name: 'by two digests, while it is released by one', release: entry, own: both, answer: ok },
      { name: 'of another length', release: entry, own: { ...entry, length: entry.length + 1 }, answer: few },
      { name: 'of another sha512', release: both, own: { ...both, hashes: forged }, answer: few },
      {
        name: 'of another sha256',
        release: entry,
        own: { ...entry, hashes: entryOf(other).hashes },
        answer: few,
      },
    ])('$name: $answer', async ({ release, own, answer }) => {
      const rig = await startApp({ require: 'signed-by', signers: ['ci'] });
      rig.trust.answers.set(gunOf('app'), { releases: { v1: release }, signers: { ci: { v1: own } } });
      expect(await ask(rig, 'app/manifests/v1')).toBe(answer);
    });
  });

  it('a signature that comes later counts soon', async () => {
    const rig = await startApp({ require: 'signed-by', signers: ['qa'] });
    expect(await ask(rig, 'app/manifests/v3')).toBe('403 SIGNERS_TOO_FEW');
    const entry = entryOf(released);
    rig.trust.answers.set(gunOf('app'), { releases: { v3: entry }, signers: { qa: { v3: entry } } });
    rig.clock.time += 1000;
    expect(await ask(rig, 'app/manifests/v3')).toBe('200');
  });
});

describe('PX-14: the list of tags has what the rule serves', () => {
  it.each<{ rule: RuleText; list: readonly string[] | string; audit?: boolean }>([
    { rule: { require: 'signed' }, list: ['v1', 'v2', 'v3'] },
    { rule: { require: 'signed-by', signers: ['ci', 'qa'] }, list: ['v1'] },
    { rule: { require: 'pass' }, list: ['unsigned'] },
    { rule: { require: 'signed', audit: true }, list: ['unsigned'] },
    { rule: { require: 'digest-only' }, list: 'TAGS_REFUSED' },
  ])('$rule', async ({ rule, list }) => {
    const { url } = await startApp(rule);
    const body = (await (await fetch(`${url}/v2/app/tags/list`)).json()) as {
      tags?: readonly Tag[];
      errors?: readonly { detail: { reason: string } }[];
    };
    expect(body.tags ?? body.errors?.[0]?.detail.reason).toEqual(list);
  });
});

describe('PO-01: what no rule is about is refused, digests included', () => {
  const digest = digestOf(released);
  it.each(['manifests/v1', `manifests/${digest}`, `blobs/${digest}`, 'tags/list', `referrers/${digest}`])(
    'app/%s',
    async (path) => {
      const rig = await startRig({ policy: policyWith({ match: otherHost, require: 'pass' }) });
      fill(rig);
      expect(await ask(rig, `app/${path}`)).toBe('403 POLICY_UNMATCHED');
      expect([rig.registry.requests, rig.trust.updates]).toEqual([[], []]);
    },
  );

  it('PX-11, PX-12: the registry that the request means decides, and not one that it mentions', async () => {
    const rig = await startRig({ policy: policyWith({ match: otherHost, require: 'pass' }) });
    rig.other.manifests.set('v1', rig.registry.manifests.get(rig.registry.store(other)) as never);
    expect(await ask(rig, `app/manifests/v1?ns=${otherHost}`)).toBe('200');
    expect(await ask(rig, `${otherHost}/app/manifests/v1`)).toBe('403 POLICY_UNMATCHED');
    expect(await ask(rig, 'app/manifests/v1?ns=evil.test')).toBe('403 NAMESPACE_UNKNOWN');
    expect(rig.registry.requests).toEqual([]);
  });
});

describe('the log', () => {
  it('names rule, role and keys', async () => {
    const rig = await startApp({ require: 'signed' });
    await ask(rig, 'app/manifests/v1');
    await expect
      .poll(() => rig.decisions.at(-1))
      .toMatchObject({ rule: '**', role: 'targets/releases', keys: ['key'] });
  });
});

describe('FZ-04: while the trust server is away', () => {
  it.each([
    { outage: 'cached', answer: '200' },
    { outage: 'fail', answer: '503 TRUST_NOT_CONFIRMED' },
  ])('outage $outage: $answer', async ({ outage, answer }) => {
    const rig = await startApp({ require: 'signed', outage });
    rig.trust.answers.set(gunOf('app'), { releases: { v1: entryOf(released) }, origin: 'cache' });
    expect(await ask(rig, 'app/manifests/v1')).toBe(answer);
  });
});
