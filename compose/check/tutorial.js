// The steps of the tutorial, as one would type them, each with what one should see.
import assert from 'node:assert/strict';
import { say } from './say.js';

const image = 'sandboxregistry:5000/test/trusttest';
const digest = /sha256:[0-9a-f]{64}/;
const passphrases =
  'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE=root-passphrase DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE=repository-passphrase';

export async function tutorial(sandbox) {
  const here = 'trustsandbox';
  const run = (line) => sandbox.run(here, line);
  const pull = (name) => run(`docker pull ${name}`);
  const refused = (name, reason) => sandbox.refused(here, `docker pull ${name}`, reason);

  say('Make two images, and push them');
  run('timeout 60 sh -c "until docker version >/dev/null 2>&1; do sleep 0.2; done"');
  make(run, `${image}:latest`, 'hello');
  make(run, `${image}:unsigned`, 'nobody vouched for this');
  refused(`${image}:latest`, /no trust data/);

  say('Sign one of them');
  run(`${passphrases} dct sign ${image}:latest`);
  const signed = digest.exec(run(`dct resolve ${image}:latest`))[0];
  assert.match(run(`dct inspect --pretty ${image}`), /Repo Admin/);
  assert.match(run(`docker trust inspect ${image}:latest`), new RegExp(signed.slice('sha256:'.length)));

  say('Pull what was signed, and run it');
  assert.match(pull(`${image}:latest`), new RegExp(`Digest: ${signed}`));
  assert.equal(run(`docker run --rm ${image}:latest`), 'hello');

  say('Nothing else comes in by a tag');
  refused(`${image}:unsigned`, /not signed/);
  refused('sandboxregistry:5000/test/other:latest', /no trust data/);
  refused('notaryserver:4443/test/trusttest:latest', /CONNECT is refused/);
  sandbox.refused(here, `docker push ${image}:latest`, /only serves pulls/);

  say('A signer of her own');
  const delegated = 'sandboxregistry:5000/test/delegated';
  make(run, `${delegated}:1.0`, 'hello from alice');
  run(`${passphrases} dct key generate alice --dir /tmp`);
  run(`${passphrases} dct sign --signer alice ${delegated}:1.0`);
  assert.match(run(`docker trust inspect --pretty ${delegated}`), /1\.0 .*alice/);
  pull(`${delegated}:1.0`);

  say('The attack: overwrite the signed layer in the storage of the registry');
  const layer = digest
    .exec(run(`skopeo inspect --format '{{index .Layers 0}}' docker://${image}@${signed}`))[0]
    .slice('sha256:'.length);
  const file = `/var/lib/registry/docker/registry/v2/blobs/sha256/${layer.slice(0, 2)}/${layer}/data`;
  sandbox.run('sandboxregistry', `echo 'Malicious data' > ${file}`);
  run(`docker rmi ${image}:latest`);
  refused(`${image}:latest`, /connection reset|unexpected EOF/);
  assert.doesNotMatch(run('docker images'), /latest/);
  const verdict = new RegExp(`"digest":"sha256:${layer}"[^\\n]*"verdict":"cut","reason":"CONTENT_MISMATCH"`);
  assert.match(sandbox.logs('dct'), verdict, 'the log of dct does not say why');

  say('By digest another image passes: its content cannot be anything else');
  const other = run(`skopeo inspect --format '{{.Digest}}' docker://${image}:unsigned`);
  pull(`${image}@${other}`);

  say('From this machine the proxy says the same');
  const port = process.env.SANDBOX_PROXY_PORT || '5001';
  const answer = await fetch(`http://127.0.0.1:${port}/v2/test/trusttest/tags/list`);
  assert.deepEqual((await answer.json()).tags, ['latest']);
}

/** An image without any other below it: one program with the libraries that it needs, and the words that it prints. */
function make(run, name, words) {
  run(`echo '${words}' >/words`);
  const files = "words usr/bin/cat $(ldd /usr/bin/cat | grep --only-matching '/[^ ]*')";
  const command = `'CMD ["/usr/bin/cat", "/words"]'`;
  run(`tar -C / -ch ${files} | docker import --change ${command} - ${name}`);
  run(`skopeo copy docker-daemon:${name} docker://${name}`);
  run(`docker rmi ${name}`);
}
