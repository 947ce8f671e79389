import assert from 'node:assert/strict';

/** What the kernel gives a program of classic BPF to look at. */
export interface BpfInput {
  readonly data: Uint8Array;
  /** From the network header, at SKF_NET_OFF. */
  readonly network?: Uint8Array;
  /** At SKF_AD_OFF, by offset. */
  readonly ancillary?: Readonly<Record<number, number>>;
}

const SKF_AD_OFF = -0x1000;
const SKF_NET_OFF = -0x100000;

/** What linux/filter.h and filter.txt say of the instructions; true for what gets through. A load beyond the data rejects. */
export function runBpf(program: Uint8Array, { data, network = data, ancillary = {} }: BpfInput): boolean {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let [loaded, index] = [0, 0];
  const read = (k: number, size: number): number | null => {
    const at = k | 0;
    if (at < SKF_NET_OFF / 2 && at >= SKF_NET_OFF) return field(network, at - SKF_NET_OFF, size);
    if (at < 0) return ancillary[at - SKF_AD_OFF] ?? assert.fail(`ancillary ${at - SKF_AD_OFF}`);
    return field(data, at, size);
  };
  for (let pc = 0; ; pc++) {
    assert.ok(pc * 8 < program.length, 'it ends with a return');
    const operation = code.getUint16(pc * 8, true);
    const [jt, jf, k] = [
      code.getUint8(pc * 8 + 2),
      code.getUint8(pc * 8 + 3),
      code.getUint32(pc * 8 + 4, true),
    ];
    if (operation === 0x06) return k !== 0;
    if (operation === 0x05) pc += k;
    else if (operation === 0x15) pc += loaded === k ? jt : jf;
    else if (operation === 0x25) pc += loaded > k ? jt : jf;
    else if (operation === 0x01) index = k;
    else if (operation === 0x80) loaded = data.length;
    else if (operation === 0x64) loaded = (loaded << k) >>> 0;
    else if (operation === 0x04) loaded = (loaded + k) >>> 0;
    else if (operation === 0x0c) loaded = (loaded + index) >>> 0;
    else if (operation === 0x1c) loaded = (loaded - index) >>> 0;
    else if (operation === 0x07) index = loaded;
    else {
      const size = { 32: 4, 40: 2, 48: 1, 80: 1, 177: 1 }[operation];
      assert.ok(size !== undefined, `instruction ${operation}`);
      const value = read(operation === 0x50 ? k + index : k, size);
      if (value === null) return false;
      if (operation === 0xb1) index = (value & 0x0f) * 4;
      else loaded = value;
    }
  }
}

function field(bytes: Uint8Array, at: number, size: number): number | null {
  if (at + size > bytes.length) return null;
  return bytes.subarray(at, at + size).reduce((value, byte) => value * 256 + byte, 0);
}
