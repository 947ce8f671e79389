import type { Interfaces } from '../kernel/interfaces.ts';
import type { Xdp } from '../kernel/xdp.ts';
import {
  attachedInterfaces,
  attachXdp,
  detachXdp,
  writeInterface,
  type XdpMode,
} from '../kernel/xdp-links.ts';
import type { XdpInterfaceStatus } from '../model/dataplane.ts';
import type { Tell } from './check-tell.ts';
import type { XdpSetup } from './dataplane.ts';

interface Attached {
  readonly ifindex: number;
  readonly mode: XdpMode;
}

/** The interfaces that the program is on. */
export class XdpInterfaces {
  readonly #xdp: Xdp;
  readonly #directory: string;
  readonly #machine: Pick<Interfaces, 'ifindex' | 'mac' | 'nameOf'>;
  readonly #tell: Tell;
  /** By name. */
  readonly #attached = new Map<string, Attached>();
  #problems: readonly string[] = [];

  constructor(
    xdp: Xdp,
    directory: string,
    machine: Pick<Interfaces, 'ifindex' | 'mac' | 'nameOf'>,
    tell: Tell,
  ) {
    this.#xdp = xdp;
    this.#directory = directory;
    this.#machine = machine;
    this.#tell = tell;
  }

  /** Why packets that arrive at some are not balanced. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  show(): readonly XdpInterfaceStatus[] {
    return [...this.#attached].map(([name, { mode }]) => ({ name, mode }));
  }

  /** Puts the program on these, where they are there, and then takes it from all others. May be called at any time. */
  apply({ interfaces, takesVirtualMacs }: Pick<XdpSetup, 'interfaces' | 'takesVirtualMacs'>): void {
    const before = attachedInterfaces(this.#directory);
    this.#problems = interfaces.flatMap((name) => this.#attach(name, takesVirtualMacs) ?? []);
    const wanted = new Set(interfaces.map((name) => this.#machine.ifindex(name)));
    for (const ifindex of before) {
      if (wanted.has(ifindex)) continue;
      detachXdp(this.#directory, ifindex);
      const name = this.#machine.nameOf(ifindex) ?? `interface ${ifindex}`;
      this.#attached.delete(name);
      this.#tell('info', 'xdp_detached', `XDP takes no packets from ${name} any more`, { interface: name });
    }
  }

  /** Why it could not be done; null for success. */
  #attach(name: string, takesVirtualMacs: boolean): string | null {
    const ifindex = this.#machine.ifindex(name);
    const mac = this.#machine.mac(name);
    if (ifindex === null) return `there is no interface ${name}: XDP takes no packets from it`;
    if (mac === null) return `${name} is no Ethernet: XDP takes no packets from it`;
    writeInterface(this.#xdp, { ifindex, mac, takesVirtualMacs });
    const attached = attachXdp(this.#xdp, this.#directory, ifindex);
    if (!attached.ok) return `XDP cannot be put on ${name}: ${attached.error.message}`;
    if (this.#attached.get(name)?.ifindex === ifindex) return null;
    const { mode } = attached.value;
    this.#attached.set(name, { ifindex, mode });
    const how =
      mode === 'generic'
        ? ', as a copy that the kernel makes: its driver has no XDP, and this is slower'
        : mode === 'kept'
          ? ', as it did before'
          : '';
    this.#tell('info', 'xdp_attached', `XDP takes packets from ${name}${how}`, { interface: name, mode });
    return null;
  }
}
