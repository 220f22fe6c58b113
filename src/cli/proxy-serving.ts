// How `dct proxy` is operated, from its options: who is let in, what is shown to them, and what the operator sees.
import { resolve } from 'node:path';
import { DctError } from '../base/errors.ts';
import type { Meters } from '../base/meters.ts';
import { MeterRegistry, openDecisionFile, TlsIdentity, Users } from '../proxy/index.ts';
import type { DecisionSink, Level, ProxyServerOptions } from '../proxy/index.ts';
import type { Context } from './context.ts';
import { isLoopback, listenAddress, wholeSeconds } from './listen.ts';
import { version } from './version.ts';

export interface ServingFlags {
  readonly listen: string;
  readonly allowPlainHttp?: boolean;
  readonly adminListen?: string;
  readonly decisionLog?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly users?: string;
  readonly drain: string;
}

type ServerOptions = Pick<
  ProxyServerOptions,
  'listen' | 'admin' | 'identity' | 'users' | 'decisions' | 'bounds' | 'descriptors'
>;

export interface Serving {
  readonly options: ServerOptions & { readonly meters: MeterRegistry };
  readonly drainMs: number;
  /** Nothing but decisions goes to stdout. */
  readonly stdoutTaken: boolean;
  /** Writes what is left of the decision log. */
  close(): Promise<void>;
}

type World = Pick<Context, 'io' | 'settings' | 'console'>;

/** Opens files, and no port. @throws USAGE, CONFIG_INVALID, DISK */
export async function openServing(world: World, flags: ServingFlags): Promise<Serving> {
  const listen = listenAddress(flags.listen);
  const drainMs = wholeSeconds('--drain', flags.drain) * 1000;
  const admin = flags.adminListen === undefined ? undefined : adminAddress(flags.adminListen);
  checkTls(flags, listen.host);
  const meters = new MeterRegistry();
  const built = version();
  meters.gauge({ name: 'build_info', help: 'The version that runs.', labels: { version: [built] } }, () => 1);
  const { identity, users } = await openClients(world, flags, meters);
  const log = await openLog(world, flags.decisionLog, meters);
  return {
    options: {
      listen,
      meters,
      decisions: log.write,
      bounds: world.settings.config.proxy.limits,
      descriptors: world.io.descriptors(),
      ...(admin && { admin }),
      ...(identity && { identity }),
      ...(users && { users }),
    },
    drainMs,
    stdoutTaken: flags.decisionLog === '-',
    close: () => log.close(),
  };
}

/** `HOST:PORT`, or only a port: then nobody else can connect. @throws USAGE */
function adminAddress(text: string): { readonly host: string; readonly port: number } {
  return listenAddress(/^:?\d+$/.test(text) ? `127.0.0.1:${text.replace(':', '')}` : text, '--admin-listen');
}

/** PX-13: whoever sits between a plain proxy and its clients could answer in its place. @throws USAGE */
function checkTls({ listen, allowPlainHttp, tlsCert, tlsKey, clientCa }: ServingFlags, host: string): void {
  const usage = (problem: string, hint: string): DctError => new DctError('USAGE', { problem, hint });
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw usage('--tls-cert and --tls-key are only of use together', 'Give both, each a PEM file.');
  if (clientCa !== undefined && tlsCert === undefined)
    throw usage('--client-ca needs TLS', 'Add --tls-cert FILE and --tls-key FILE.');
  if (tlsCert === undefined && !isLoopback(host) && allowPlainHttp !== true)
    throw usage(
      `other machines could reach ${listen}, and the proxy would not speak TLS`,
      'Listen on 127.0.0.1, or add --tls-cert and --tls-key, or --allow-plain-http if something in front adds TLS.',
    );
}

async function openClients(
  { io, console }: World,
  { tlsCert, tlsKey, clientCa, users }: ServingFlags,
  meters: Meters,
): Promise<Pick<ServerOptions, 'identity' | 'users'>> {
  const reloads = meters.counter({
    name: 'reloads_total',
    help: 'Files that changed, and were used from then on or were not fit for use.',
    labels: { what: ['certificate', 'users'], outcome: ['ok', 'failed'] },
  });
  const absolute = (path: string): string => resolve(io.workingDirectory, path);
  const common = (what: string): Pick<Parameters<typeof Users.open>[0], 'read' | 'notices' | 'onReload'> => ({
    read: (path) => io.files.read(path),
    notices: console,
    onReload: (outcome) => reloads.add({ what, outcome }),
  });
  const files = tlsCert !== undefined &&
    tlsKey !== undefined && {
      cert: absolute(tlsCert),
      key: absolute(tlsKey),
      clientCa: clientCa === undefined ? undefined : absolute(clientCa),
    };
  return {
    ...(files && { identity: await TlsIdentity.open({ files, clock: io.clock, ...common('certificate') }) }),
    ...(users !== undefined && { users: await Users.open({ file: absolute(users), ...common('users') }) }),
  };
}

const ranks: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2 };

/** Pure lines of JSON, on stderr unless told otherwise; `--quiet` and `--verbose` say from which level on. */
async function openLog(
  { io, console }: World,
  target: string | undefined,
  meters: Meters,
): Promise<{ readonly write: DecisionSink; close(): Promise<void> }> {
  const { quiet, verbose } = console.mode;
  const least = ranks[verbose ? 'debug' : quiet ? 'warn' : 'info'];
  const from = (write: DecisionSink): DecisionSink => {
    return (line, level) => {
      if (ranks[level] >= least) write(line, level);
    };
  };
  if (target !== undefined && target !== '-') {
    const path = resolve(io.workingDirectory, target);
    const file = await openDecisionFile({ path, notices: console, meters });
    return { write: from((line, level) => file.write(line, level)), close: () => file.close() };
  }
  const sink = target === '-' ? io.stdout : io.stderr;
  return { write: from((line) => sink.write(`${line}\n`)), close: () => Promise.resolve() };
}
