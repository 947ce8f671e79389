import { execFile } from 'node:child_process';

/** Runs lines of sh, stopping at the first that fails; throws with what it said. */
export function shell(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('sh', ['-e'], (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${stderr.trim() || error.message}\nin: ${script}`));
    });
    child.stdin?.end(script);
  });
}
