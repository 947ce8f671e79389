// Sending Ethernet frames (packet(7)), for gratuitous ARP. Nothing is received: protocol 0.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <napi.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

// openPacketSocket(): a descriptor, or a negative errno.
Napi::Value Open(const Napi::CallbackInfo& info) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return Napi::Number::New(info.Env(), fd < 0 ? -errno : fd);
}

// sendFrame(fd, ifindex, ethertype, frame: Uint8Array): 0, or a negative errno. Never blocks.
Napi::Value Send(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 4 || !info[0].IsNumber() || !info[1].IsNumber() || !info[2].IsNumber() ||
      !info[3].IsTypedArray()) {
    Napi::TypeError::New(env, "sendFrame(fd, ifindex, ethertype, frame)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  Napi::Uint8Array frame = info[3].As<Napi::Uint8Array>();
  struct sockaddr_ll to;
  memset(&to, 0, sizeof(to));
  to.sll_family = AF_PACKET;
  to.sll_ifindex = info[1].As<Napi::Number>().Int32Value();
  to.sll_protocol = htons(static_cast<uint16_t>(info[2].As<Napi::Number>().Uint32Value()));
  to.sll_halen = 6;
  memset(to.sll_addr, 0xff, 6);
  ssize_t sent = sendto(info[0].As<Napi::Number>().Int32Value(), frame.Data(), frame.ByteLength(), MSG_DONTWAIT,
                        reinterpret_cast<struct sockaddr*>(&to), sizeof(to));
  return Napi::Number::New(env, sent < 0 ? -errno : 0);
}

// closePacketSocket(fd)
Napi::Value Close(const Napi::CallbackInfo& info) {
  close(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

}  // namespace

void InitPacketSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("openPacketSocket", Napi::Function::New(env, Open));
  exports.Set("sendFrame", Napi::Function::New(env, Send));
  exports.Set("closePacketSocket", Napi::Function::New(env, Close));
}
