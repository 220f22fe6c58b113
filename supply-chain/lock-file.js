// The packages that an installed dct consists of, read from package-lock.json: the same on every machine and with every npm.
import { readFileSync } from 'node:fs';

const top = new URL('../', import.meta.url);
const json = (name) => JSON.parse(readFileSync(new URL(name, top), 'utf8'));

/** What package.json says of dct itself. */
export const manifest = json('package.json');

const { packages } = json('package-lock.json');

/**
 * Everything that `npm install --omit dev` may bring, on whatever platform, sorted by place:
 * `{ place, name, version, license, integrity, optional, needs }`, where `needs` are places.
 */
export function installedPackages() {
  const reached = new Set(needsOf(''));
  for (const place of reached) for (const needed of needsOf(place)) reached.add(needed);
  return [...reached].sort().map((place) => {
    const { name = place.split('node_modules/').at(-1), version, license, integrity } = packages[place];
    const optional = packages[place].optional === true;
    return { place, name, version, license, integrity, optional, needs: needsOf(place) };
  });
}

/** The places of what dct itself needs. */
export function directNeeds() {
  return needsOf('');
}

function needsOf(place) {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packages[place];
  const { peerDependenciesMeta = {} } = packages[place];
  const required = Object.keys({ ...dependencies, ...peerDependencies });
  const found = required
    .filter((name) => peerDependenciesMeta[name]?.optional !== true)
    .map((name) => resolve(place, name));
  const extra = Object.keys(optionalDependencies).map((name) => resolve(place, name));
  return [...new Set([...found, ...extra])].sort();
}

/** As Node.js finds a package: in the folder of whoever asks, or in one further up. */
function resolve(place, name) {
  for (let from = place; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    const candidate = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (from === '') throw new Error(`package-lock.json has no ${name}, which ${place || 'dct'} needs`);
  }
}
