// A thread that reads configurations: what that takes is gone with it.
import { parentPort } from 'node:worker_threads';
import { regularFiles } from '../ipc/config-files.ts';
import { replayFiles } from '../ipc/file-bundle.ts';
import { loadConfig } from './main-config.ts';
import type { NumberedAnswer, NumberedRequest } from './reader.ts';

parentPort?.on('message', ({ id, file, configId, bundle }: NumberedRequest) => {
  const files = bundle === null ? regularFiles : replayFiles(bundle);
  const answer: NumberedAnswer = { id, read: loadConfig(bundle?.main ?? file, configId, files) };
  parentPort?.postMessage(answer);
});
