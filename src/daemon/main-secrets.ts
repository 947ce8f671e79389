import { err, ok, type Result } from '../base/result.ts';
import { readKeyFile } from '../ipc/key-file.ts';
import type { HmacConfig, HmacKey, InstanceConfig } from '../model/config.ts';
import type { Loaded, Rejection } from './core.ts';

/** The configuration with the keys that stand in files of their own: vrrp opens none. */
export function readSecrets(loaded: Loaded): Result<Loaded, Rejection> {
  const mistakes: string[] = [];
  const warnings: string[] = [];
  const instances = loaded.config.instances.map((instance): InstanceConfig => {
    if (instance.hmac === null) return instance;
    const keys = instance.hmac.keys.map(({ id, secret }): HmacKey => {
      const what = `${instance.name}: key ${id} of auth_hmac`;
      return { id, secret: readKey(what, secret, mistakes, warnings) };
    });
    const hmac: HmacConfig = { ...instance.hmac, keys };
    return { ...instance, hmac };
  });
  const { heartbeat: paths } = loaded.config;
  const heartbeat =
    paths === null ? null : { ...paths, key: readKey('heartbeat_key', paths.key, mistakes, warnings) };
  const { dataplane: plane } = loaded.config;
  const dataplane =
    plane.key === null ? plane : { ...plane, key: readKey('the key of xdp', plane.key, mistakes, warnings) };
  const [first, ...others] = mistakes;
  if (first !== undefined) return err([first, ...others]);
  return ok({
    config: { ...loaded.config, instances, heartbeat, dataplane },
    warnings: [...loaded.warnings, ...warnings],
  });
}

function readKey(
  what: string,
  key: HmacKey['secret'],
  mistakes: string[],
  warnings: string[],
): HmacKey['secret'] {
  if (key.kind === 'bytes') return key;
  const file = readKeyFile(key.path);
  const where = `${what} in ${key.path}`;
  if (!file.ok) {
    mistakes.push(`${where} ${file.error.message}`);
    return key;
  }
  if (file.value.isExposed) warnings.push(`${where} can be read by others than its owner`);
  return { kind: 'bytes', bytes: file.value.bytes };
}
