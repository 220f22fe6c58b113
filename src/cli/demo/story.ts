// The story of content trust in scenes: what is done, why, and what must come of it.
import { digestOf, type Digest } from '../../base/digest.ts';
import { pull, push, type PullOutcome } from './engine.ts';
import { buildImage, type Image } from './image.ts';
import type { Stage } from './stage.ts';

export interface Scene {
  readonly title: string;
  /** A sentence or two for whoever has never seen this. */
  readonly why: string;
  play(stage: Stage, props: Props): Promise<void>;
}

/** What one scene leaves for the next. */
export interface Props {
  readonly image: Image;
  readonly other: Image;
  /** `HOST:PORT` of the proxy, once it runs. */
  proxy: string;
}

export function props(): Props {
  return { image: buildImage('signed, sealed, delivered'), other: buildImage('another image'), proxy: '' };
}

const repository = 'test/trusttest';
const otherRepository = 'test/other';

export const scenes: readonly Scene[] = [
  {
    title: 'Push an image',
    why: 'A registry takes what it is given. Whoever can push can replace what a tag stands for.',
    play: async ({ sandbox: { registry }, transport, command, output }, { image, other }) => {
      const wanted = [
        { name: repository, tag: 'latest', content: image },
        { name: repository, tag: 'unsigned', content: other },
        { name: otherRepository, tag: 'latest', content: other },
      ];
      for (const { name, tag, content } of wanted) {
        command(`docker push ${registry}/${name}:${tag}`);
        await push(transport, registry, name, tag, content);
        output(`${tag}: digest: ${manifestDigest(content)} size: ${content.manifest.byteLength}`);
      }
    },
  },
  {
    title: 'Sign it',
    why: 'The first signature makes two keys on this machine: the root key, which vouches for all others, and the key that signs tags. The trust server gets signed documents, never a private key.',
    play: async (stage) => {
      const name = nameIn(stage);
      const signed = await stage.dct('sign', `${name}:latest`);
      stage.expect(
        signed.code === 0 && signed.text.includes('new root key'),
        'signed, with keys made for it',
      );
      const keys = await stage.dct('key', 'list');
      stage.expect(
        /root/.test(keys.text) && /targets/.test(keys.text),
        'both private keys are here, encrypted',
      );
    },
  },
  {
    title: 'Look at it',
    why: 'Anybody can read and check the trust data; no key is needed for that.',
    play: async (stage, { image }) => {
      const name = nameIn(stage);
      const inspected = await stage.dct('inspect', '--pretty', name);
      stage.expect(
        inspected.code === 0 && inspected.text.includes('latest') && inspected.text.includes('Repo Admin'),
        'latest is signed by the administrator of the repository',
      );
      const resolved = await stage.dct('resolve', `${name}:latest`);
      stage.expect(
        resolved.text.trim() === `${name}@${manifestDigest(image)}`,
        'the signed digest is the one that was pushed',
      );
    },
  },
  {
    title: 'Pull it through the proxy',
    why: 'No container engine checks any of this by itself. The proxy does it for all of them: a tag is looked up in the trust data, and every byte is hashed on its way.',
    play: async (stage, given) => {
      given.proxy = await stage.startProxy();
      const outcome = await pullThrough(stage, given, repository, 'latest');
      stage.expect(outcome.kind === 'complete', 'the signed image arrives');
    },
  },
  {
    title: 'A tag that nobody signed',
    why: 'The registry would serve it without a word.',
    play: async (stage, given) => {
      const outcome = await pullThrough(stage, given, repository, 'unsigned');
      stage.expect(
        outcome.kind === 'refused' && outcome.status === 403,
        'the proxy refuses it, and says why',
      );
    },
  },
  {
    title: 'The attack: a corrupted layer',
    why: 'Somebody got into the registry and changed one bit of a layer. The tag, the manifest and all digests still look right.',
    play: async (stage, given) => {
      const name = nameIn(stage);
      const corrupted = await stage.dct('sandbox', 'corrupt', `${name}:latest`, '--flip-bit');
      stage.expect(corrupted.code === 0, 'the registry serves the altered layer');
      const outcome = await pullThrough(stage, given, repository, 'latest');
      stage.expect(outcome.kind === 'cut', 'the proxy hung up before the layer was complete');
      const verified = await stage.dct('verify', '--deep', `${name}:latest`);
      stage.expect(verified.code === 3, 'dct verify --deep finds it too: exit code 3, trust says no');
    },
  },
  {
    title: 'A digest says what it means',
    why: 'Somebody who pulls by digest has named the content itself. That needs no signature, and is checked all the same.',
    play: async (stage, given) => {
      const outcome = await pullThrough(stage, given, otherRepository, manifestDigest(given.other));
      stage.expect(outcome.kind === 'complete', 'the other image arrives, although nobody signed it');
      const restored = await stage.dct('sandbox', 'restore', nameIn(stage));
      stage.expect(restored.code === 0, 'the corrupted layer is itself again');
    },
  },
  {
    title: 'A second signer, and her farewell',
    why: 'Alice gets a key of her own, so that nobody shares one, and what she signed can be told apart. When she leaves, her key stops counting.',
    play: async (stage) => {
      const name = nameIn(stage);
      const steps = [
        ['key', 'generate', 'alice'],
        ['signer', 'add', '--key', 'alice.pub', 'alice', name],
        ['sign', '--signer', 'alice', `${name}:latest`],
      ];
      for (const step of steps)
        stage.expect((await stage.dct(...step)).code === 0, `${step.slice(0, 2).join(' ')}: done`);
      const inspected = await stage.dct('inspect', '--pretty', name);
      stage.expect(/latest\s+\S+\s+alice/.test(inspected.text), 'latest is signed by alice');
      const removed = await stage.dct('signer', 'remove', 'alice', name, '--yes');
      const listed = await stage.dct('signer', 'list', name);
      stage.expect(removed.code === 0 && !listed.text.includes('alice'), 'alice is a signer no more');
    },
  },
  {
    title: "Yesterday's truth",
    why: 'Every signature in old trust data is valid, so a thief of the trust server would show it again, to bring back a version with a known hole, or a signer who was removed.',
    play: async (stage) => {
      const name = nameIn(stage);
      const rolledBack = await stage.dct('sandbox', 'rollback', name, '--publications', '2');
      stage.expect(rolledBack.code === 0, 'the trust server shows what it showed two publications ago');
      const verified = await stage.dct('verify', `${name}:latest`);
      stage.expect(verified.code === 3, 'dct remembers having seen newer data: refused');
      stage.expect(
        (await stage.dct('sandbox', 'restore', name)).code === 0,
        'the trust server is honest again',
      );
    },
  },
  {
    title: 'Rotate the root key',
    why: 'A new root key is signed by the old one, so everybody who trusted the old follows, and nobody else is believed.',
    play: async (stage, given) => {
      const name = nameIn(stage);
      const rotated = await stage.dct('key', 'rotate', name, 'root', '--yes');
      stage.expect(rotated.code === 0, 'the repository has a new root key');
      const verified = await stage.dct('verify', `${name}:latest`);
      stage.expect(verified.code === 0, 'who trusted the old key trusts the new one');
      const outcome = await pullThrough(stage, given, repository, 'latest');
      stage.expect(outcome.kind === 'complete', 'pulls through the proxy go on');
    },
  },
];

function nameIn({ sandbox }: Stage): string {
  return `${sandbox.registry}/${repository}`;
}

function manifestDigest({ manifest }: Image): Digest {
  return digestOf(manifest);
}

async function pullThrough(
  { transport, command, output }: Stage,
  { proxy }: Props,
  name: string,
  reference: string,
): Promise<PullOutcome> {
  command(`docker pull ${proxy}/${name}${reference.includes(':') ? '@' : ':'}${reference}`);
  const outcome = await pull(transport, proxy, name, reference);
  output(describe(outcome));
  return outcome;
}

function describe(outcome: PullOutcome): string {
  switch (outcome.kind) {
    case 'complete':
      return `complete: ${outcome.bytes} bytes`;
    case 'refused':
      return `HTTP ${outcome.status}: ${outcome.message}`;
    case 'cut':
      return `connection closed after ${outcome.received} of ${outcome.size} bytes`;
  }
}
