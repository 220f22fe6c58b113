// Scripts for child processes: the lower floors, compiled for plain Node.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { temporaryDirectory } from './support.ts';

const project = join(import.meta.dirname, '../..');

/** Writes an ES module beside compiled folders, by default `./src/disk` and `./src/base`, and answers with its path. */
export async function compiledScript(
  source: string,
  floors: readonly string[] = ['src/base', 'src/disk'],
): Promise<string> {
  const directory = await temporaryDirectory();
  for (const floor of floors)
    for (const name of await readdir(join(project, floor), { recursive: true }))
      if (name.endsWith('.ts')) await compile(join(floor, name), directory);
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  const script = join(directory, 'script.js');
  await writeFile(script, source);
  return script;
}

async function compile(file: string, directory: string): Promise<void> {
  const { outputText } = ts.transpileModule(await readFile(join(project, file), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  });
  const target = join(directory, file.replace(/\.ts$/, '.js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, outputText);
}
