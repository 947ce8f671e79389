// Sends packets through a program that others send through at the same time: see races.test.ts.
import assert from 'node:assert/strict';
import { workerData } from 'node:worker_threads';
import type { Ip } from '../../../src/base/ip.ts';
import { loadXdpAddon } from '../../../src/kernel/xdp-native.ts';
import { ACK, ethernet, FIN, ipv4, SYN, tcp } from '../frames.ts';
import { CLIENT_MAC, clientOf, OUR_MAC } from '../plane.ts';

export interface RaceArguments {
  readonly program: number;
  readonly vip: Ip;
  /** Clients from this one on. */
  readonly from: number;
  readonly count: number;
  readonly rounds: number;
}

const { program, vip, from, count, rounds } = workerData as RaceArguments;
const addon = loadXdpAddon();
assert.ok(addon.ok);
// One run at a time: more of them change the dispatcher of the kernel, for which all wait 10 ms.
for (let round = 0; round < rounds; round++)
  for (let n = from; n < from + count; n++)
    for (const flags of [SYN, ACK, ACK | FIN]) {
      const inside = ipv4(
        { source: clientOf(vip, n), destination: vip, protocol: 6 },
        tcp(4000 + round, 80, flags),
      );
      addon.value.runProgram(program, ethernet({ destination: OUR_MAC, source: CLIENT_MAC }, inside), 1);
    }
