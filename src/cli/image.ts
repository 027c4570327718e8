/** `chronovisor image`: fetches a guest image by name. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { debianCloud } from '../loader/debian/index.js';
import { UsageError } from './errors.js';
import { makeFolder } from './files.js';

/** Where images are kept unless an option says otherwise. */
export const cacheFolder = (): string =>
  process.env.CHRONOVISOR_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'chronovisor');

export function addImage(program: Command): void {
  program
    .command('image <name>')
    .description('fetch an image and print the paths of its kernel and initrd: debian-cloud')
    .option('--suite <name>', "a suite of Debian's, such as trixie-backports, instead of this system's apt sources")
    .option('--cache <folder>', 'where to keep it', cacheFolder())
    .action(async (name: string, options: { cache: string; suite?: string }) => {
      if (name !== 'debian-cloud')
        throw new UsageError(`image ${name.slice(0, 40)}: no such image; there is debian-cloud`);
      const log = (line: string): void => void process.stderr.write(`${line}\n`);
      makeFolder(options.cache);
      const { kernel, initrd } = await debianCloud({
        cacheDir: options.cache,
        log,
        ...(options.suite !== undefined && { suite: options.suite }),
      });
      process.stdout.write(`${kernel}\n${initrd}\n`);
    });
}
