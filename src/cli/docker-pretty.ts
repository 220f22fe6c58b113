// The tables of `docker trust inspect --pretty`, blank line for blank line.
import { repositoryAdmin, type DockerInspection, type KeyHolder } from './docker-inspection.ts';
import { compareText, naturalOrder } from './natural-order.ts';
import { table } from './table.ts';

/** Docker's column rules. */
const shape = { minimum: 10, padding: 3 };
const shortId = 12;

/** The lines that Docker prints for one argument, the leading empty line included. */
export function prettyLines(inspection: DockerInspection): readonly string[] {
  const { Name: name } = inspection;
  return [
    ...signatures(inspection),
    ...signerBlock(inspection),
    '',
    `Administrative keys for ${name}`,
    '',
    ...administrativeKeys(inspection),
  ];
}

function signatures({ Name: name, SignedTags: tags }: DockerInspection): readonly string[] {
  if (tags.length === 0) return ['', `No signatures for ${name}`, ''];
  const rows = tags.map((tag) => [tag.SignedTag, tag.Digest, signerCell(tag.Signers)]);
  return ['', `Signatures for ${name}`, '', ...table([['SIGNED TAG', 'DIGEST', 'SIGNERS'], ...rows], shape)];
}

function signerCell(signers: readonly string[]): string {
  const [only] = signers;
  if (only === repositoryAdmin) return `(${repositoryAdmin})`;
  return [...signers].sort(compareText).join(', ');
}

function signerBlock({ Name: name, Signers: signers }: DockerInspection): readonly string[] {
  if (signers.length === 0) return [];
  const rows = [...signers]
    .sort((a, b) => naturalOrder(a.Name, b.Name))
    .map((signer) => [
      signer.Name,
      sortedIds(signer)
        .map((id) => id.slice(0, shortId))
        .join(', '),
    ]);
  return [
    '',
    `List of signers and their keys for ${name}`,
    '',
    ...table([['SIGNER', 'KEYS'], ...rows], shape),
  ];
}

/** The repository key first: Docker sorts by the roles' own names here, `targets` before `root`. */
function administrativeKeys({ AdministrativeKeys: holders }: DockerInspection): readonly string[] {
  return [...holders]
    .sort((a, b) => compareText(roleOf(b), roleOf(a)))
    .map((holder) => `  ${holder.Name} Key:\t${sortedIds(holder).join(', ')}`);
}

function roleOf({ Name: name }: KeyHolder): string {
  return name === 'Repository' ? 'targets' : 'root';
}

function sortedIds({ Keys: keys }: KeyHolder): readonly string[] {
  return keys.map(({ ID: id }) => id).sort(compareText);
}
