// The addon holds only what no package offers. One Init function per file, one file per kernel interface.
#include <napi.h>

void InitConnect(Napi::Env env, Napi::Object exports);
void InitDatagramSocket(Napi::Env env, Napi::Object exports);
void InitFrameSocket(Napi::Env env, Napi::Object exports);
void InitIpSocket(Napi::Env env, Napi::Object exports);
void InitNamespace(Napi::Env env, Napi::Object exports);
void InitNetlinkSocket(Napi::Env env, Napi::Object exports);
void InitPacketSocket(Napi::Env env, Napi::Object exports);
void InitRawSocket(Napi::Env env, Napi::Object exports);
void InitRealtime(Napi::Env env, Napi::Object exports);
void InitTcpProber(Napi::Env env, Napi::Object exports);

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  InitConnect(env, exports);
  InitDatagramSocket(env, exports);
  InitFrameSocket(env, exports);
  InitIpSocket(env, exports);
  InitNamespace(env, exports);
  InitNetlinkSocket(env, exports);
  InitPacketSocket(env, exports);
  InitRawSocket(env, exports);
  InitRealtime(env, exports);
  InitTcpProber(env, exports);
  return exports;
}

NODE_API_MODULE(lbd, Init)
