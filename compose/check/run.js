// The tutorial from beginning to end, in containers: builds the images, starts compose.yaml, checks every step, takes all of
// it down again, and looks whether anything is left. `npm run compose:check`; needs an engine, or root, dockerd, debootstrap.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findEngine } from './engine.js';
import { Project } from './project.js';
import { say, seconds } from './say.js';
import { tutorial } from './tutorial.js';

const top = new URL('../..', import.meta.url).pathname;
const kept = join(top, '.tmp');

mkdirSync(kept, { recursive: true });
const directory = mkdtempSync(join(kept, 'compose-check-'));
try {
  say('An engine');
  const engine = await findEngine(directory, kept);
  try {
    await inSandbox(new Project(top, engine.environment));
  } finally {
    await engine.stop();
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
say(`Every step did what it should, and nothing of it is left (${seconds()} s).`);

async function inSandbox(project) {
  try {
    say('docker compose build');
    project.compose(['build']);
    say('docker compose up -d');
    project.compose(['up', '-d']);
    await tutorial(project);
  } catch (error) {
    project.showLogs();
    throw error;
  } finally {
    say('docker compose down -v');
    project.compose(['down', '-v']);
  }
  project.expectNothingLeft();
}
