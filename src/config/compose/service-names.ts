import { printEndpoint } from '../../base/ip.ts';
import type { ServiceConfig } from '../../model/config.ts';
import { serviceKey } from '../../model/services.ts';
import { warning } from '../diagnostic.ts';
import type { Say } from './say.ts';

/** Warns of a service whose name is what commands call another one by: its address, or its mark. */
export function sayServiceNames(services: readonly ServiceConfig[], say: Say): void {
  const names = new Set(services.map(({ name }) => name));
  const said = new Set<string>();
  for (const service of services) {
    for (const word of wordsFor(service)) {
      if (word === service.name || !names.has(word) || said.has(word)) continue;
      said.add(word);
      const text = `"${word}" is also the address of ${service.name} (${serviceKey(service.key)}), so that commands cannot tell which is meant: give this another name`;
      say(['services', word], warning('value_unusual', text));
    }
  }
}

function wordsFor({ key }: ServiceConfig): readonly string[] {
  if (key.kind === 'fwmark') return [serviceKey(key)];
  const { protocol, address, port } = key;
  return [address, printEndpoint(address, port)].flatMap((word) => [word, `${protocol} ${word}`]);
}
