// Sends packets through a program that others send through at the same time: see races.test.ts.
import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
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
const { runProgram } = addon.value;

function goesTo(n: number, flags: number): number | undefined {
  const inside = ipv4({ source: clientOf(vip, n), destination: vip, protocol: 6 }, tcp(4000, 80, flags));
  // One run at a time: the kernel does several one caller after the other (RCU, for its dispatcher).
  const ran = runProgram(program, ethernet({ destination: OUR_MAC, source: CLIENT_MAC }, inside), 1);
  assert.ok(typeof ran !== 'number');
  return ran.packet[5];
}

// A SYN is answered by the ring and stored by nobody.
const servers = Array.from({ length: count }, (_, i) => goesTo(from + i, SYN));
let misled = 0;
for (let round = 0; round < rounds; round++)
  for (const [i, server] of servers.entries())
    for (const flags of [ACK, ACK, ACK | FIN]) if (goesTo(from + i, flags) !== server) misled++;
parentPort?.postMessage(misled);
