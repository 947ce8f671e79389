// TCP checks by the thousand: a socket of node:net costs several times what the kernel takes for a connection.
#include <errno.h>
#include <napi.h>

#include "handshakes.h"
#include "readable_socket.h"

namespace {

class TcpProber : public ReadableSocket<TcpProber> {
 public:
  static void Define(Napi::Env env, Napi::Object exports) {
    exports.Set("TcpProber", DefineClass(env, "TcpProber",
                                         {InstanceAccessor("error", &TcpProber::Error, nullptr), InstanceMethod<&TcpProber::Connect>("connect"),
                                          InstanceMethod<&TcpProber::Take>("take"), InstanceMethod<&TcpProber::End>("close")}));
  }

  // TcpProber(onReadable). `error`: 0, or a negative errno.
  explicit TcpProber(const Napi::CallbackInfo& info) : ReadableSocket<TcpProber>(info) {
    Napi::Env env = info.Env();
    if (info.Length() != 1 || !info[0].IsFunction()) {
      Napi::TypeError::New(env, "new TcpProber(onReadable)").ThrowAsJavaScriptException();
      return;
    }
    int opened = handshakes_.Open();
    if (opened >= 0) fd_ = opened;
    Begin(env, opened < 0 ? opened : 0, info[0].As<Napi::Function>());
  }

 private:
  // connect(address, port, source | null, sourcePort (0 for any), device | null, mark (0 for none), timeout in ms): the
  // number of the attempt, which is its own until the take after that which has its result; or a negative errno.
  Napi::Value Connect(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (fd_ < 0 || info.Length() != 7 || !info[0].IsTypedArray()) return Napi::Number::New(env, -EINVAL);
    Napi::Uint8Array address = info[0].As<Napi::Uint8Array>();
    size_t length = address.ByteLength();
    if (length != 4 && length != 16) return Napi::Number::New(env, -EAFNOSUPPORT);
    Endpoint target = {address.Data(), PortOf(info[1])};
    Source source = {{nullptr, PortOf(info[3])}, info[4].IsString() ? info[4].As<Napi::String>().Utf8Value() : std::string(), info[5].As<Napi::Number>().Uint32Value()};
    if (info[2].IsTypedArray()) {
      Napi::Uint8Array from = info[2].As<Napi::Uint8Array>();
      if (from.ByteLength() != length) return Napi::Number::New(env, -EAFNOSUPPORT);
      source.endpoint.address = from.Data();
    }
    int64_t timeout = info[6].As<Napi::Number>().Int64Value() * 1000;
    return Napi::Number::New(env, handshakes_.Begin(length == 16, source, target, timeout));
  }

  static uint16_t PortOf(const Napi::Value& value) { return static_cast<uint16_t>(value.As<Napi::Number>().Uint32Value()); }

  // take(into: Int32Array): how many results are in it now, each the number of the attempt, an errno (0 where it is
  // connected, ETIMEDOUT where its time is up) and the microseconds that it took. While some are left, it calls back again.
  Napi::Value Take(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (fd_ < 0 || info.Length() != 1 || !info[0].IsTypedArray()) return Napi::Number::New(env, 0);
    Napi::Int32Array into = info[0].As<Napi::Int32Array>();
    size_t count = handshakes_.Take(into.Data(), into.ElementLength() / Handshakes::kFields);
    return Napi::Number::New(env, static_cast<double>(count));
  }

  // close(): ends all attempts, of which nothing is heard any more.
  Napi::Value End(const Napi::CallbackInfo& info) {
    handshakes_.Close();
    return Close(info);
  }

  Handshakes handshakes_;
};

}  // namespace

void InitTcpProber(Napi::Env env, Napi::Object exports) { TcpProber::Define(env, exports); }
