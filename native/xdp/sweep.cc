// What the program leaves: flows that have expired, and those of servers that are gone.
#include <napi.h>

#include "flow_word.h"

namespace {

// sweepFlows(flows, conns, from, buckets, gone): empties entries that have expired, or whose server is marked in `gone`
// (a byte for each server, or null), and takes them from the counts. Gives how many live ones it has seen.
Napi::Value Sweep(const Napi::CallbackInfo& info) {
  struct flow_bucket* flows = static_cast<struct flow_bucket*>(info[0].As<Napi::ArrayBuffer>().Data());
  struct conns* counts = static_cast<struct conns*>(info[1].As<Napi::ArrayBuffer>().Data());
  size_t servers = info[1].As<Napi::ArrayBuffer>().ByteLength() / sizeof(struct conns);
  size_t from = info[2].As<Napi::Number>().Uint32Value();
  size_t end = from + info[3].As<Napi::Number>().Uint32Value();
  const uint8_t* gone = info[4].IsNull() ? nullptr : info[4].As<Napi::Uint8Array>().Data();
  uint32_t now = Tick();
  uint32_t live = 0;
  for (size_t i = from; i < end; i++) {
    for (struct flow& flow : flows[i].way) {
      uint64_t* at = reinterpret_cast<uint64_t*>(&flow.word);
      uint64_t word = __atomic_load_n(at, __ATOMIC_RELAXED);
      if (State(word) == FLOW_NONE) continue;
      bool is_gone = gone != nullptr && Server(word) < servers && gone[Server(word)] != 0;
      if (!is_gone && Expires(word) > now) {
        live++;
        continue;
      }
      // The program may have written it since: then it is alive, and the next sweep sees it.
      if (!__atomic_compare_exchange_n(at, &word, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) continue;
      if (Server(word) < servers) Count(&counts[Server(word)], word, -1);
    }
  }
  return Napi::Number::New(info.Env(), live);
}

// flowTick(): the clock of flows.
Napi::Value FlowTick(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), Tick()); }

}  // namespace

void InitSweep(Napi::Env env, Napi::Object exports) {
  exports.Set("sweepFlows", Napi::Function::New(env, Sweep));
  exports.Set("flowTick", Napi::Function::New(env, FlowTick));
}
