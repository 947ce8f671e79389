#!/usr/bin/env node
import { EXIT } from './command.ts';
import { runLbctl } from './lbctl.ts';

// A reader that has seen enough (`lbctl status | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`lbctl: cannot write: ${error.message}\n`);
  process.exit(EXIT.refused);
});

process.exitCode = await runLbctl(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
