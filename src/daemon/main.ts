#!/usr/bin/env node
// Starting a Node and loading a program takes longer than all the rest until the first advert: vrrp, and what reads the
// configuration, do so beside core.
import { firstChild } from './first-child.ts';
import { forkVrrp } from './fork.ts';
import { programFile } from './program-file.ts';
import { openReader } from './reader.ts';

/** With these it is not known yet whether vrrp is to run, or how. */
const LATER = /^--(?:help|version|record)/;

process.umask(0o077);
const words = process.argv.slice(2);
const first = firstChild(words.some((word) => LATER.test(word)) ? null : forkVrrp());
const reader = openReader();
const { runCore }: typeof import('./core-main.ts') = await import(programFile('core-main').href);
await runCore(words, first, reader);
