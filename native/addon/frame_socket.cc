// Receiving Ethernet frames of one protocol from every interface (packet(7)), for ARP and neighbour advertisements. What
// this machine sends itself does not come: the kernel hands that only to sockets of all protocols.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <napi.h>
#include <string.h>
#include <sys/socket.h>

#include "readable_socket.h"

namespace {

// An Ethernet frame; of a longer one this much.
constexpr size_t kFrame = 2048;

class FrameSocket : public ReadableSocket<FrameSocket> {
 public:
  static void Define(Napi::Env env, Napi::Object exports) {
    exports.Set("FrameSocket",
                DefineClass(env, "FrameSocket",
                            {InstanceAccessor("error", &FrameSocket::Error, nullptr), InstanceMethod<&FrameSocket::Filter>("filter"),
                             InstanceMethod<&FrameSocket::Receive>("receive"), InstanceMethod("close", &FrameSocket::Close)}));
  }

  // FrameSocket(ethertype, program: Uint8Array of struct sock_filter, onReadable). `error`: 0, or a negative errno.
  explicit FrameSocket(const Napi::CallbackInfo& info) : ReadableSocket<FrameSocket>(info) {
    Napi::Env env = info.Env();
    if (info.Length() != 3 || !info[0].IsNumber() || !info[1].IsTypedArray() || !info[2].IsFunction()) {
      Napi::TypeError::New(env, "new FrameSocket(ethertype, program, onReadable)").ThrowAsJavaScriptException();
      return;
    }
    int opened = Open(static_cast<uint16_t>(info[0].As<Napi::Number>().Uint32Value()), info[1].As<Napi::Uint8Array>());
    Begin(env, opened, info[2].As<Napi::Function>());
  }

 private:
  // Bound after the filter is there, so that nothing else is ever queued.
  int Open(uint16_t ethertype, Napi::Uint8Array program) {
    fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return -errno;
    int failed = Attach(program);
    if (failed != 0) return failed;
    struct sockaddr_ll any = {};
    any.sll_family = AF_PACKET;
    any.sll_protocol = htons(ethertype);
    return bind(fd_, reinterpret_cast<struct sockaddr*>(&any), sizeof(any)) != 0 ? -errno : 0;
  }

  int Attach(Napi::Uint8Array program) {
    struct sock_fprog filter = {};
    filter.len = static_cast<unsigned short>(program.ByteLength() / sizeof(struct sock_filter));
    filter.filter = reinterpret_cast<struct sock_filter*>(program.Data());
    return setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0 ? -errno : 0;
  }

  // filter(program): puts another program in the place of the last one; 0, or a negative errno.
  Napi::Value Filter(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (fd_ < 0 || info.Length() != 1 || !info[0].IsTypedArray()) return Napi::Number::New(env, -EINVAL);
    return Napi::Number::New(env, Attach(info[0].As<Napi::Uint8Array>()));
  }

  // receive(): { ifindex, bytes } of a frame, null when none waits, or a negative errno.
  Napi::Value Receive(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (fd_ < 0) return env.Null();
    uint8_t data[kFrame];
    struct sockaddr_ll from = {};
    socklen_t length = sizeof(from);
    ssize_t received = recvfrom(fd_, data, sizeof(data), MSG_DONTWAIT, reinterpret_cast<struct sockaddr*>(&from), &length);
    if (received < 0) {
      // ENETDOWN tells of an interface that went; the others are heard on.
      if (errno == EAGAIN || errno == EINTR || errno == ENETDOWN) return env.Null();
      return Napi::Number::New(env, -errno);
    }
    Napi::Uint8Array bytes = Napi::Uint8Array::New(env, static_cast<size_t>(received));
    memcpy(bytes.Data(), data, static_cast<size_t>(received));
    Napi::Object result = Napi::Object::New(env);
    result.Set("ifindex", Napi::Number::New(env, from.sll_ifindex));
    result.Set("bytes", bytes);
    return result;
  }
};

}  // namespace

void InitFrameSocket(Napi::Env env, Napi::Object exports) { FrameSocket::Define(env, exports); }
