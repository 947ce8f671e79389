// TCP sockets that must be told where they go out before they are connected (socket(7)).
#include <errno.h>
#include <napi.h>
#include <stdint.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace {

// openStreamSocket(family: 4 | 6, device: string | null, mark: 0 for none): a TCP socket that is neither bound nor
// connected, or a negative errno. SO_MARK needs CAP_NET_ADMIN.
Napi::Value Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int domain = info[0].As<Napi::Number>().Int32Value() == 6 ? AF_INET6 : AF_INET;
  int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Napi::Number::New(env, -errno);
  int failed = 0;
  if (info[1].IsString()) {
    std::string device = info[1].As<Napi::String>().Utf8Value();
    failed = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device.c_str(), static_cast<socklen_t>(device.size() + 1));
  }
  uint32_t mark = info[2].As<Napi::Number>().Uint32Value();
  if (failed == 0 && mark != 0) failed = setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
  if (failed == 0) return Napi::Number::New(env, fd);
  int error = errno;
  close(fd);
  return Napi::Number::New(env, -error);
}

}  // namespace

void InitConnect(Napi::Env env, Napi::Object exports) {
  exports.Set("openStreamSocket", Napi::Function::New(env, Open));
}
