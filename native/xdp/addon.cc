// Loads the XDP program and reaches its maps. Apart from lbd.node, so that only who balances by XDP needs libbpf.
#include <napi.h>

void InitLink(Napi::Env env, Napi::Object exports);
void InitMap(Napi::Env env, Napi::Object exports);
void InitMemory(Napi::Env env, Napi::Object exports);
void InitProgram(Napi::Env env, Napi::Object exports);
void InitSweep(Napi::Env env, Napi::Object exports);
void InitSync(Napi::Env env, Napi::Object exports);

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  InitLink(env, exports);
  InitMap(env, exports);
  InitMemory(env, exports);
  InitProgram(env, exports);
  InitSweep(env, exports);
  InitSync(env, exports);
  return exports;
}

NODE_API_MODULE(lbd_xdp, Init)
