// Our verdict on a repository, and the past of a client that has seen it before.
import { isDctError } from '../../src/base/errors.ts';
import { fileName } from '../../src/tuf-client/model/index.ts';
import { createTrustClient, listReleased, type TrustClient } from '../../src/tuf-client/index.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import type { SimulatedRepository } from '../support/notary/repository.ts';
import { gun } from './history.ts';
import { accepted, refused, type Verdict } from './verdict.ts';

/** Asks a client with these files, which it changes, about what is served now. */
export async function ourVerdict(files: MemoryFiles, repository: SimulatedRepository): Promise<Verdict> {
  try {
    const trusted = await clientOf(files, repository).update(gun);
    return accepted(
      listReleased(trusted).map(({ name, role, digest, length }) =>
        [name, role, digest.replace('sha256:', ''), length].join(' '),
      ),
    );
  } catch (error) {
    // Any other error is a defect of ours, and ends the test.
    if (isDctError(error)) return refused(error.code, error.message);
    throw error;
  }
}

/** The files of a client that has seen this state. */
export async function filesAfter(repository: SimulatedRepository): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  await clientOf(files, repository).update(gun);
  return files;
}

function clientOf(files: MemoryFiles, repository: SimulatedRepository): TrustClient {
  return createTrustClient({
    store: { download: (_, file) => Promise.resolve(repository.files.get(fileName(file))) },
    files,
    clock: { now: () => Date.now() },
    notices: { warn: () => undefined, info: () => undefined, debug: () => undefined },
    pins: [],
    firstUse: 'accept',
    exclusively: (_name, action) => action(),
  });
}
