import type { Clock } from '../base/clock.ts';
import { micros } from '../base/units.ts';
import type { HeartbeatPath } from '../model/config.ts';
import type { HeartbeatStatus } from '../model/status.ts';
import type { HeartbeatLink } from '../vrrp/heartbeat.ts';
import { heardGrants, NO_WISHES, type Wishes, type WitnessWord, wished } from '../vrrp/quorum.ts';
import { holders, newWitness, stepWitness, type Witness } from '../vrrp/witness.ts';
import { type Grant, type Heartbeat, newsKey, type RouterNews } from '../wire/heartbeat.ts';

/** What is known at one end of a path. */
interface PathGrants {
  /** As a director: what the witness there was asked for and said. */
  wishes: Wishes;
  /** As a witness: what the last message from there is answered. */
  given: readonly Grant[];
}

/** The grants that go along with heartbeats: those that this process gives as a witness, and those that it is given. */
export class VrrpGrants {
  private readonly clock: Clock;
  private witness: Witness;
  private paths = new Map<string, PathGrants>();

  constructor(clock: Clock) {
    this.clock = clock;
    this.witness = newWitness(clock.now());
  }

  /** Forgets paths that are no more. */
  follow(paths: readonly HeartbeatPath[]): void {
    this.paths = new Map(paths.map((path) => [endsOf(path), this.at(path)]));
  }

  /** What the message with number `sequence` says that goes out now. Only a witness is asked for something. */
  outgoing(
    ends: HeartbeatPath,
    { believed, echo }: HeartbeatLink,
    news: readonly RouterNews[],
    sequence: bigint,
  ): Pick<Heartbeat, 'routers' | 'answers' | 'grants'> {
    const now = this.clock.now();
    const { witness } = ends;
    const path = this.at(ends);
    const routers = news.map((one): RouterNews => {
      const until = path.wishes.words.get(newsKey(one))?.until ?? null;
      return witness ? { ...one, hasGrant: until !== null && until > now } : { ...one, wants: micros(0) };
    });
    if (witness) path.wishes = wished(path.wishes, sequence, routers, now);
    // The numbers of an earlier life of the peer mean something else to it.
    const isOfItsEpoch = believed !== null && believed.epoch === echo;
    return isOfItsEpoch
      ? { routers, answers: believed.sequence, grants: path.given }
      : { routers, answers: 0n, grants: [] };
  }

  /** A message has been believed. Whether it is to be answered at once: its sender has been told something else before. */
  heard(
    ends: HeartbeatPath,
    { routers, answers, grants }: HeartbeatLink,
    own: readonly RouterNews[],
  ): boolean {
    const path = this.at(ends);
    if (ends.witness && answers !== null) path.wishes = heardGrants(path.wishes, answers, grants);
    // Who may have it itself is no witness.
    const ours = new Set(own.map(newsKey));
    const others = routers.filter((one) => !ours.has(newsKey(one)));
    const step = stepWitness(this.witness, endsOf(ends), others, this.clock.now());
    const before = new Map(path.given.map((grant) => [newsKey(grant), grant.verdict]));
    this.witness = step.witness;
    path.given = step.grants;
    return step.grants.some((grant) => before.get(newsKey(grant)) !== grant.verdict);
  }

  /** What the witness at the other end says of a virtual router; null where nothing was asked or answered. */
  word(ends: HeartbeatPath, key: string): WitnessWord | null {
    return this.at(ends).wishes.words.get(key) ?? null;
  }

  /** What the peer has of us, and what it says of our own. */
  show(ends: HeartbeatPath, own: readonly RouterNews[]): Pick<HeartbeatStatus, 'granted' | 'says'> {
    const has = holders(this.witness, this.clock.now()).filter(({ holder }) => holder === endsOf(ends));
    return {
      granted: has.map(({ vrid, address }) => ({ vrid, address })),
      says: own.flatMap((news) => {
        const { vrid, address } = news;
        const word = this.word(ends, newsKey(news));
        return word === null ? [] : [{ vrid, address, verdict: word.verdict }];
      }),
    };
  }

  private at(ends: HeartbeatPath): PathGrants {
    return this.paths.get(endsOf(ends)) ?? { wishes: NO_WISHES, given: [] };
  }
}

/** What tells a path from all others. */
export const endsOf = ({ local, peer, port }: HeartbeatPath): string => `${local} ${peer} ${port}`;
