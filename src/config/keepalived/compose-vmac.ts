import { warning } from '../diagnostic.ts';
import { deviceName } from '../schema/scalars.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import type { Scope } from './compose-scope.ts';
import { readWord, sayAt, schemed, show } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** `[NAME] [MAC] [netlink_notify_msg] [group N]`, also with the base interface in between, which is the instance's. */
export function readVmac(statement: Statement, scope: Scope): WrittenInstance['use_vmac'] | null {
  const vmac: { name?: string; mac?: string } = {};
  const words = statement.words.slice(1);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === undefined || word.text === 'netlink_notify_msg') continue;
    if (word.text === 'group') i++;
    else if (MAC.test(word.text)) vmac.mac = word.text;
    else if (vmac.name !== undefined) sayAt(scope, statement, word, surplus(word));
    else {
      const name = readWord(word, statement, scope, schemed(deviceName));
      if (name === null) return null;
      vmac.name = name.value;
    }
  }
  return vmac.name === undefined && vmac.mac === undefined ? true : vmac;
}

const surplus = (word: Word) => warning('surplus_value', `${show(word)} is not read here`);
