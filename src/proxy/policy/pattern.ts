// Patterns of a policy: anchored at the registry, compared component by component, never across a slash (PO-01).
import { JsonProblem } from '../../base/json.ts';
import { isRegistryHost, isRepository, type Gun } from '../../base/reference.ts';

/** The registry, then the components of the repository; `*` is any one of them, a last `**` any that follow. */
export type Pattern = readonly string[];

const hubNames = new Set(['docker.io', 'index.docker.io']);

/**
 * Reads `HOST[:PORT]`, `HOST[:PORT]/PATH` with `*` and `**` in it, a name of Docker Hub as it stands in references, or `**`.
 * @param place names the pattern in errors
 * @throws JsonProblem
 */
export function parsePattern(text: string, place: string): Pattern {
  const refuse = (problem: string): JsonProblem => new JsonProblem(place, `"${text}": ${problem}`);
  if (text === '**') return [text];
  const parts = text.split('/');
  const [first = ''] = parts;
  if (first.includes('*'))
    throw refuse('the registry is named in full; alone, ** stands for every repository of every registry');
  const [host, ...path] = namesHost(first) ? parts : ['docker.io', ...parts];
  if (host === undefined || !isRegistryHost(host)) throw refuse(`"${host ?? ''}" is not HOST[:PORT]`);
  path.forEach((component, i) => {
    if (component === '**' && i < path.length - 1) throw refuse('** can only be the last component');
    if (component === '*' || component === '**') return;
    if (component.includes('*')) throw refuse('* stands for a whole component');
    if (component !== component.toLowerCase()) throw refuse('repository names are lower case');
    if (!isRepository(component)) throw refuse(`"${component}" is not a component of a repository name`);
  });
  return normalised(host, path.length === 0 ? ['**'] : path);
}

/** The components of a GUN in the form that patterns have. */
export function componentsOf(gun: Gun): Pattern {
  const [host = '', ...path] = gun.split('/');
  return normalised(host, path);
}

export function showPattern(pattern: Pattern): string {
  return pattern.join('/');
}

/** As Docker tells a registry from a name on its Hub; alone, a registry is never mistaken for one. */
function namesHost(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
}

/** Names of hosts have no case, Docker Hub has two names, and its one-component names lie in `library`. */
function normalised(host: string, path: Pattern): Pattern {
  const name = host.toLowerCase();
  if (!hubNames.has(name)) return [name, ...path];
  return path.length === 1 && path[0] !== '**' ? ['docker.io', 'library', ...path] : ['docker.io', ...path];
}
