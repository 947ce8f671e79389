// UDP sockets as probes want them: dgram can set neither a device nor a mark, nor hear that a host cannot be reached.
#include <errno.h>
#include <napi.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Wish {
  bool is6;
  std::string device;
  uint32_t mark;
  const uint8_t* source;
  uint16_t port;
};

int Prepare(int fd, const Wish& wish) {
  int on = 1;
  if (!wish.device.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, wish.device.c_str(), wish.device.size() + 1) != 0) return -errno;
  if (wish.mark != 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &wish.mark, sizeof(wish.mark)) != 0) return -errno;
  // Without it a connected socket hears of closed ports only, and of no host or route that is missing (ip(7)).
  if (setsockopt(fd, wish.is6 ? IPPROTO_IPV6 : IPPROTO_IP, wish.is6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on)) != 0) return -errno;
  // Also to no port in particular, now: dgram makes the descriptor share its port (uv_udp_open, SO_REUSEADDR), and the
  // kernel would then give two sockets the same one when they connect. Of 2000 answers 4 came to the wrong socket so.
  if (wish.is6) {
    struct sockaddr_in6 from = {};
    from.sin6_family = AF_INET6;
    from.sin6_port = htons(wish.port);
    if (wish.source != nullptr) memcpy(&from.sin6_addr, wish.source, 16);
    return bind(fd, reinterpret_cast<struct sockaddr*>(&from), sizeof(from)) != 0 ? -errno : 0;
  }
  struct sockaddr_in from = {};
  from.sin_family = AF_INET;
  from.sin_port = htons(wish.port);
  if (wish.source != nullptr) memcpy(&from.sin_addr, wish.source, 4);
  return bind(fd, reinterpret_cast<struct sockaddr*>(&from), sizeof(from)) != 0 ? -errno : 0;
}

// openDatagramSocket(family: 4 | 6, device | null, mark (0 for none), source | null, port (0 for any)): a descriptor, or
// a negative errno.
Napi::Value Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Wish wish = {};
  wish.is6 = info[0].As<Napi::Number>().Int32Value() == 6;
  if (info[1].IsString()) wish.device = info[1].As<Napi::String>().Utf8Value();
  wish.mark = info[2].As<Napi::Number>().Uint32Value();
  if (info[3].IsTypedArray()) {
    Napi::Uint8Array source = info[3].As<Napi::Uint8Array>();
    if (source.ByteLength() != (wish.is6 ? 16u : 4u)) return Napi::Number::New(env, -EAFNOSUPPORT);
    wish.source = source.Data();
  }
  wish.port = static_cast<uint16_t>(info[4].As<Napi::Number>().Uint32Value());
  int fd = socket(wish.is6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Napi::Number::New(env, -errno);
  int failed = Prepare(fd, wish);
  if (failed == 0) return Napi::Number::New(env, fd);
  close(fd);
  return Napi::Number::New(env, failed);
}

}  // namespace

void InitDatagramSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("openDatagramSocket", Napi::Function::New(env, Open));
}
