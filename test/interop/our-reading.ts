import { readKeepalived } from '../../src/config/read-keepalived.ts';
import type { Reading } from '../../src/config/reading.ts';
import { machineFiles } from '../../src/ipc/config-files.ts';
import type { CorpusEntry } from './corpus/entry.ts';

/** What lbd makes of an entry whose files were written to where `file` is. */
export const readEntry = ({ environment }: CorpusEntry, file: string): Reading =>
  readKeepalived(file, {
    files: machineFiles,
    hostname: 'lb',
    configId: 'me',
    env: (name) => environment[name],
    random: () => 0,
  });

/** The codes of its errors, or null. */
export const refusalOf = ({ config, diagnostics }: Reading): readonly string[] | null =>
  config === null ? diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code) : null;
