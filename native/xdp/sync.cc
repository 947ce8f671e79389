// Flows that other directors are told of, and those that they tell.
#include <napi.h>

#include <algorithm>

#include "flow_word.h"

namespace {

// What was last told of an entry, at the place of the entry. All zero where nothing was.
struct Told {
  uint64_t tag;
  uint32_t server_and_state;
  uint32_t at;  // ticks
};

// A flow on its way between the table and JavaScript.
struct Entry {
  uint64_t tag;
  uint32_t server_and_state;  // as in the low half of a word
  uint32_t left;              // ticks
};

// Which flows of a service are told.
enum Scope : uint8_t { kNone = 0, kAll = 1, kOffTheRing = 2 };

template <typename T>
struct Records {
  T* at;
  size_t length;
};

template <typename T>
Records<T> ArrayOf(const Napi::Value& value) {
  Napi::ArrayBuffer buffer = value.As<Napi::ArrayBuffer>();
  return {static_cast<T*>(buffer.Data()), buffer.ByteLength() / sizeof(T)};
}

uint64_t* WordOf(struct flow& flow) { return reinterpret_cast<uint64_t*>(&flow.word); }
uint64_t TagOf(const struct flow& flow) {
  return __atomic_load_n(reinterpret_cast<const uint64_t*>(&flow.tag), __ATOMIC_ACQUIRE);
}

struct Tables {
  const struct config* config;
  Records<struct server> servers;
  Records<struct service> services;
  Records<uint32_t> rings;
};

// Whether the ring gives the server anyway (choose_by_hash of choose.h).
bool IsOnRing(const Tables& tables, const struct service& service, uint64_t tag, uint32_t server) {
  uint64_t ring = __atomic_load_n(reinterpret_cast<const uint64_t*>(&service.ring), __ATOMIC_ACQUIRE);
  uint64_t size = static_cast<uint32_t>(ring);
  size_t place = (ring >> 32) + (((tag >> 32) * size) >> 32);
  return size != 0 && place < tables.rings.length && tables.rings.at[place] == server;
}

enum Due { kNotDue, kAgain, kNow };

// Whether an entry is to be told: at once, or again because that was long ago; `told` is what was.
Due IsDue(const Tables& tables, const uint8_t* scopes, const Told& told, uint64_t tag, uint64_t word, uint32_t now,
           uint32_t since) {
  uint32_t state = State(word);
  bool is_known = told.tag == tag && told.server_and_state != 0;
  // What ends before it was told need not be: it has seconds to live.
  if (state < FLOW_ESTABLISHED || state > FLOW_PERSIST || (state == FLOW_FIN && !is_known)) return kNotDue;
  if (Expires(word) <= now || Server(word) >= tables.servers.length) return kNotDue;
  const struct server& server = tables.servers.at[Server(word)];
  if (!(server.flags & SERVER_USED) || server.service >= tables.services.length) return kNotDue;
  const struct service& service = tables.services.at[server.service];
  uint8_t scope = scopes[server.service];
  if (scope == kNone) return kNotDue;
  if (scope == kOffTheRing && IsOnRing(tables, service, tag, Server(word))) return kNotDue;
  if (!is_known || told.server_and_state != static_cast<uint32_t>(word)) return kNow;
  if (told.at < since) return kAgain;
  uint32_t timeout = state == FLOW_PERSIST ? service.persist_timeout : tables.config->timeouts[state];
  return now - told.at >= std::max(1u, timeout / 3) ? kAgain : kNotDue;
}

// collectFlows(flows, told, config, servers, services, rings, scopes, from, buckets, since, out): writes entries that
// are new, are others than was told, or were told before the tick `since` or a third of their timeout ago, into `out`.
// The last are half of it at most, so that the others are not late for them, and do not wait: they come up the next time.
// Gives { count, next, waiting }: how many, the bucket to go on with, and how many there was no room for.
Napi::Value Collect(const Napi::CallbackInfo& info) {
  struct flow_bucket* flows = ArrayOf<struct flow_bucket>(info[0]).at;
  Told* told = ArrayOf<Told>(info[1]).at;
  Tables tables = {ArrayOf<struct config>(info[2]).at, ArrayOf<struct server>(info[3]),
                   ArrayOf<struct service>(info[4]), ArrayOf<uint32_t>(info[5])};
  const uint8_t* scopes = info[6].As<Napi::Uint8Array>().Data();
  uint32_t from = info[7].As<Napi::Number>().Uint32Value();
  uint32_t end = from + info[8].As<Napi::Number>().Uint32Value();
  uint32_t since = info[9].As<Napi::Number>().Uint32Value();
  Records<Entry> out = ArrayOf<Entry>(info[10]);
  uint32_t now = Tick();
  uint32_t count = 0, repeated = 0, waiting = 0, next = end;
  for (uint32_t i = from; i < end; i++) {
    for (int way = 0; way < FLOW_WAYS; way++) {
      struct flow& flow = flows[i].way[way];
      uint64_t word = __atomic_load_n(WordOf(flow), __ATOMIC_ACQUIRE);
      if (State(word) == FLOW_NONE) continue;
      uint64_t tag = TagOf(flow);
      // Who writes an entry of another flow empties it first.
      if (__atomic_load_n(WordOf(flow), __ATOMIC_ACQUIRE) != word) continue;
      Told& last = told[i * FLOW_WAYS + way];
      Due due = IsDue(tables, scopes, last, tag, word, now, since);
      if (due == kNotDue) continue;
      bool is_again = due == kAgain;
      if (count == out.length || (is_again && repeated == out.length / 2)) {
        if (!is_again) next = std::min(next, i);
        waiting++;
        continue;
      }
      repeated += is_again;
      last = {tag, static_cast<uint32_t>(word), now};
      out.at[count++] = {tag, static_cast<uint32_t>(word), Expires(word) - now};
    }
  }
  Napi::Object collected = Napi::Object::New(info.Env());
  collected.Set("count", count);
  collected.Set("next", next);
  collected.Set("waiting", waiting);
  return collected;
}

uint64_t Word(const Entry& entry, uint32_t now) {
  return entry.server_and_state | static_cast<uint64_t>(now + entry.left) << 32;
}

enum Outcome { kStored, kKept, kFull };

// `mark` is that of the first entry of the bucket.
Outcome Insert(struct flow_bucket& bucket, uint8_t* mark, Records<struct conns> conns, const Entry& entry,
               bool may_replace, uint32_t now) {
  uint64_t next = Word(entry, now);
  auto count = [&](uint64_t word, int change) {
    if (Server(word) < conns.length) Count(&conns.at[Server(word)], word, change);
  };
  for (struct flow& flow : bucket.way) {
    uint64_t word = __atomic_load_n(WordOf(flow), __ATOMIC_ACQUIRE);
    if (State(word) == FLOW_NONE || Expires(word) <= now || TagOf(flow) != entry.tag) continue;
    if (!may_replace) return kKept;
    // As flow_change of flow.h: who was first, a packet, knows better.
    if (!__atomic_compare_exchange_n(WordOf(flow), &word, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
      return kKept;
    count(word, -1);
    count(next, 1);
    return kStored;
  }
  for (int way = 0; way < FLOW_WAYS; way++) {
    struct flow& flow = bucket.way[way];
    uint64_t word = __atomic_load_n(WordOf(flow), __ATOMIC_ACQUIRE);
    if (Expires(word) > now) continue;
    // As flow_store of flow.h. Nothing stands still between the four writes for as long as TAKEN.
    uint64_t taken = static_cast<uint64_t>(now + 60) << 32;
    if (!__atomic_compare_exchange_n(WordOf(flow), &word, taken, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) continue;
    count(word, -1);
    __atomic_store_n(reinterpret_cast<uint64_t*>(&flow.tag), entry.tag, __ATOMIC_RELAXED);
    __atomic_store_n(&mark[way], entry.tag >> 56, __ATOMIC_RELAXED);
    __atomic_store_n(WordOf(flow), next, __ATOMIC_SEQ_CST);
    count(next, 1);
    return kStored;
  }
  return kFull;
}

// insertFlows(flows, marks, conns, entries, count, mayReplace): puts entries where they belong, those of live flows only
// if they may be replaced. Gives { stored, kept, full }: how many were, were there already, and found no room.
Napi::Value InsertAll(const Napi::CallbackInfo& info) {
  Records<struct flow_bucket> flows = ArrayOf<struct flow_bucket>(info[0]);
  uint8_t* marks = ArrayOf<uint8_t>(info[1]).at;
  Records<struct conns> conns = ArrayOf<struct conns>(info[2]);
  const Entry* entries = ArrayOf<Entry>(info[3]).at;
  uint32_t count = info[4].As<Napi::Number>().Uint32Value();
  bool may_replace = info[5].As<Napi::Boolean>().Value();
  uint32_t now = Tick();
  uint32_t outcomes[3] = {};
  for (uint32_t i = 0; i < count; i++) {
    // A power of two, as flow_mask of the program says.
    size_t at = entries[i].tag & (flows.length - 1);
    outcomes[Insert(flows.at[at], marks + at * FLOW_WAYS, conns, entries[i], may_replace, now)]++;
  }
  Napi::Object inserted = Napi::Object::New(info.Env());
  inserted.Set("stored", outcomes[kStored]);
  inserted.Set("kept", outcomes[kKept]);
  inserted.Set("full", outcomes[kFull]);
  return inserted;
}

}  // namespace

void InitSync(Napi::Env env, Napi::Object exports) {
  exports.Set("collectFlows", Napi::Function::New(env, Collect));
  exports.Set("insertFlows", Napi::Function::New(env, InsertAll));
}
