// `dct proxy config`: the settings with which a runtime pulls through the proxy, and from nowhere else.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { utf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { parseUrl } from '../../base/url.ts';
import { systemCalls, withMode } from '../../disk/atomic.ts';
import { openDirectory } from '../../disk/files.ts';
import type { Context } from '../context.ts';
import { openInterception } from '../interception.ts';
import { registryHosts } from '../registry-hosts.ts';
import { settingsFor, type RuntimeName } from '../runtime-settings/settings-for.ts';
import type { SettingsFile } from '../runtime-settings/request.ts';

export interface ProxyConfigOptions {
  readonly proxy: string;
  readonly registry?: readonly string[];
  readonly refuseOthers?: boolean;
  /** Directory below which the files are written, as if it were the root. */
  readonly write?: string;
}

/** @throws USAGE, AUTHORITY_UNFIT, SETTINGS_EXIST, DISK */
export async function proxyConfig(
  context: Context,
  runtime: RuntimeName,
  options: ProxyConfigOptions,
): Promise<void> {
  const { console, io } = context;
  const registries = registryHosts(options.registry ?? []);
  const files = settingsFor[runtime]({
    proxy: originOf(options.proxy),
    registries,
    // Only Docker's settings have it; for others none is made.
    ca: runtime === 'docker' ? await caOf(context, registries) : '',
    refuseOthers: options.refuseOthers === true,
  });
  if (options.write === undefined) {
    console.emit({ lines: files.flatMap(linesOf), data: { runtime, files } });
    return;
  }
  const directory = resolve(io.workingDirectory, options.write);
  const written = await write(context, directory, files);
  const steps = [...new Set(files.map(({ then }) => then))];
  console.emit({
    lines: [...written.map((path) => `wrote ${path}`), ...steps.map((step) => `then: ${step}`)],
    data: { runtime, written, then: steps },
  });
}

async function caOf(context: Context, registries: readonly string[]): Promise<string> {
  const { caFile } = await openInterception(context, registries);
  return readFile(caFile, 'utf8');
}

function linesOf({ path, text, then }: SettingsFile): readonly string[] {
  return [`# ${path}`, ...text.trimEnd().split('\n'), `# then: ${then}`, ''];
}

/** Nothing is replaced: what stands there may have been written by hand. */
async function write(
  { io, interruption }: Context,
  directory: string,
  files: readonly SettingsFile[],
): Promise<readonly string[]> {
  const changed: SettingsFile[] = [];
  for (const file of files) {
    const path = join(directory, file.path);
    const existing = await io.files.read(path);
    if (existing === undefined) changed.push(file);
    else if (Buffer.from(existing).toString('utf8') !== file.text)
      throw new DctError('SETTINGS_EXIST', { file: path });
  }
  // Settings are no secrets: Podman and Skopeo read them as whoever runs them, and so do all who need the authority.
  const root = openDirectory(directory, withMode(systemCalls, 0o644), 0o755);
  await interruption.undisturbed(async () => {
    for (const { path, text } of changed) await root.write(path.slice(1), utf8(text));
  });
  return changed.map(({ path }) => join(directory, path));
}

/** @throws USAGE */
function originOf(text: string): string {
  const address = /^https?:\/\//.test(text) ? text : `http://${text}`;
  const url = parseUrl(address);
  if (url !== undefined) {
    const { origin, pathname, search, username } = url;
    if (pathname === '/' && search === '' && username === '') return origin;
  }
  throw new DctError('USAGE', {
    problem: `--proxy "${text}" is not the address of a proxy`,
    hint: 'For example: --proxy http://127.0.0.1:5001',
  });
}
