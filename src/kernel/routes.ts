import { err, ok, type Result } from '../base/result.ts';
import type { RouteConfig, RuleConfig } from '../model/routes.ts';
import { NLM_F } from '../wire/netlink.ts';
import { encodeRoute, RTM_ROUTE } from '../wire/rtnl-route.ts';
import { encodeRule, RTM_RULE } from '../wire/rtnl-rule.ts';
import type { KernelError, KernelErrorCode } from './error.ts';
import { openNetlink } from './netlink.ts';
import type { NetlinkRequest } from './netlink-socket.ts';
import { type Held, watchLosses } from './route-losses.ts';

/** Puts objects of one kind into the kernel and takes them out (rtnetlink). Needs CAP_NET_ADMIN. */
export interface RouteWriter<T> {
  /** Each object's outcome, in order: whether it was added (`true`) or was there before. */
  add(objects: readonly T[]): Promise<readonly Result<boolean, string>[]>;
  /** An object, or its interface, that is not there is a success. */
  remove(objects: readonly T[]): Promise<readonly Result<void, string>[]>;
}

export interface RouteWriters {
  readonly routes: RouteWriter<RouteConfig>;
  readonly rules: RouteWriter<RuleConfig>;
  close(): void;
}

const GONE: readonly KernelErrorCode[] = ['ESRCH', 'ENOENT', 'ENODEV'];

/**
 * `ifindexOf` answers from the last dump of the links. `onLost` is called, once for a burst, when something that these
 * writers added and did not remove may be gone: whoever wants it adds it again, which is harmless if it is there.
 */
export function openRouteWriters(
  ifindexOf: (dev: string) => number | null,
  onLost: () => void,
): Result<RouteWriters, KernelError> {
  const opened = openNetlink('route');
  if (!opened.ok) return opened;
  const socket = opened.value;
  const watch = watchLosses(socket.port, ifindexOf, onLost);
  if (!watch.ok) {
    socket.close();
    return watch;
  }

  function writer<T>(
    held: Held<T>,
    types: { readonly NEW: number; readonly DEL: number },
    create: number,
    encode: (object: T) => Result<Uint8Array, KernelError>,
  ): RouteWriter<T> {
    async function perform<Outcome>(
      objects: readonly T[],
      type: number,
      flags: number,
      judge: (outcome: Result<void, KernelError>, object: T) => Result<Outcome, string>,
    ): Promise<readonly Result<Outcome, string>[]> {
      const requests = objects.map((object): NetlinkRequest | KernelError => {
        const payload = encode(object);
        return payload.ok ? { type, flags, payload: payload.value } : payload.error;
      });
      const outcomes = (await socket.perform(requests.filter((each) => 'payload' in each))).values();
      return objects.map((object, i) => {
        const request = requests[i];
        if (request !== undefined && 'code' in request) return judge(err(request), object);
        const outcome = outcomes.next();
        if (outcome.done === true) throw new Error('fewer outcomes than requests');
        return judge(outcome.value, object);
      });
    }
    return {
      add(objects) {
        // Before it is there, so that no loss of it can be missed.
        held.hold(objects);
        return perform<boolean>(objects, types.NEW, create, (outcome, object) => {
          if (outcome.ok || outcome.error.code === 'EEXIST') return ok(outcome.ok);
          held.drop([object]);
          return err(outcome.error.message);
        });
      },
      remove(objects) {
        held.drop(objects);
        return perform<void>(objects, types.DEL, 0, (outcome) =>
          outcome.ok || GONE.includes(outcome.error.code) ? ok(undefined) : err(outcome.error.message),
        );
      },
    };
  }

  const encodeWithIndexes = (route: RouteConfig): Result<Uint8Array, KernelError> => {
    const missing = route.nexthops.find(({ dev }) => dev !== null && ifindexOf(dev) === null);
    if (missing !== undefined)
      return err({ code: 'ENODEV', errno: 19, message: `there is no interface ${missing.dev}` });
    return ok(
      encodeRoute(
        route,
        route.nexthops.map(({ dev }) => (dev === null ? null : ifindexOf(dev))),
      ),
    );
  };
  return ok({
    // Not NLM_F_EXCL: it would refuse a route beside one to the same destination over another gateway. As with
    // keepalived ours then stands before it.
    routes: writer(watch.value.routes, RTM_ROUTE, NLM_F.CREATE, encodeWithIndexes),
    rules: writer(watch.value.rules, RTM_RULE, NLM_F.CREATE | NLM_F.EXCL, (rule) => ok(encodeRule(rule))),
    close() {
      socket.close();
      watch.value.close();
    },
  });
}
