// A thread that reads one configuration: what that takes is gone with it.
import { parentPort } from 'node:worker_threads';
import { regularFiles } from '../ipc/config-files.ts';
import { replayFiles } from '../ipc/file-bundle.ts';
import { loadConfig } from './main-config.ts';
import type { ReadRequest } from './reader.ts';

parentPort?.once('message', ({ file, configId, bundle }: ReadRequest) => {
  const files = bundle === null ? regularFiles : replayFiles(bundle);
  parentPort?.postMessage(loadConfig(bundle?.main ?? file, configId, files));
});
