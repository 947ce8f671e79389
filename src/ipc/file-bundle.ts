import type { Result } from '../base/result.ts';
import type { ConfigFiles } from '../model/files.ts';

/**
 * A configuration with every file that it includes, as its sender read them: the daemon may see other files under
 * these names, or none (another directory, a private /tmp).
 */
export interface FileBundle {
  readonly main: string;
  readonly read: Readonly<Record<string, Result<string, string>>>;
  readonly matched: Readonly<Record<string, readonly string[]>>;
}

/** Files that remember what was asked of them. */
export function recordFiles(files: ConfigFiles): { files: ConfigFiles; bundle(main: string): FileBundle } {
  const read: Record<string, Result<string, string>> = {};
  const matched: Record<string, readonly string[]> = {};
  return {
    files: {
      read(path) {
        read[path] ??= files.read(path);
        return read[path];
      },
      match(pattern) {
        matched[pattern] ??= files.match(pattern);
        return matched[pattern];
      },
    },
    bundle: (main) => ({ main, read, matched }),
  };
}

/** The files of a bundle; what is not in it cannot be read. */
export function replayFiles(bundle: FileBundle): ConfigFiles {
  return {
    read: (path) =>
      Object.hasOwn(bundle.read, path) && bundle.read[path] !== undefined
        ? bundle.read[path]
        : { ok: false, error: 'it was not sent' },
    match: (pattern) => (Object.hasOwn(bundle.matched, pattern) ? (bundle.matched[pattern] ?? []) : []),
  };
}

/** Reads a bundle from the body of a request; null when it is none. */
export function parseBundle(body: string): FileBundle | null {
  try {
    const value: unknown = JSON.parse(body);
    return isBundle(value) ? value : null;
  } catch {
    // Not JSON: the caller says so.
    return null;
  }
}

function isBundle(value: unknown): value is FileBundle {
  if (!isRecord(value)) return false;
  const { main, read, matched } = value;
  return (
    typeof main === 'string' &&
    isRecord(read) &&
    Object.values(read).every(isText) &&
    isRecord(matched) &&
    Object.values(matched).every(
      (names) => Array.isArray(names) && names.every((name) => typeof name === 'string'),
    )
  );
}

const isText = (value: unknown): boolean =>
  isRecord(value) && typeof (value['ok'] === true ? value['value'] : value['error']) === 'string';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
