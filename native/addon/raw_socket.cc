// What raw sockets that others opened keep to themselves: their descriptors, for a filter and for many datagrams at a time.
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <napi.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <algorithm>

namespace {

bool Has(int fd, int option, int wanted) {
  int found = -1;
  socklen_t length = sizeof(found);
  return getsockopt(fd, SOL_SOCKET, option, &found, &length) == 0 && found == wanted;
}

// findRawSockets(family: 4 | 6, protocol): this process's descriptors of such sockets, or a negative errno.
Napi::Value Find(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int domain = info[0].As<Napi::Number>().Int32Value() == 6 ? AF_INET6 : AF_INET;
  int protocol = info[1].As<Napi::Number>().Int32Value();
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return Napi::Number::New(env, -errno);
  Napi::Array found = Napi::Array::New(env);
  while (struct dirent* entry = readdir(directory)) {
    char* end = nullptr;
    int fd = static_cast<int>(strtol(entry->d_name, &end, 10));
    if (end == entry->d_name) continue;
    if (Has(fd, SO_TYPE, SOCK_RAW) && Has(fd, SO_DOMAIN, domain) && Has(fd, SO_PROTOCOL, protocol))
      found.Set(found.Length(), Napi::Number::New(env, fd));
  }
  closedir(directory);
  return found;
}

// detachFilter(fd): 0, or a negative errno: -ENOENT where there is none.
Napi::Value Detach(const Napi::CallbackInfo& info) {
  int ignored = 0;
  int failed = setsockopt(info[0].As<Napi::Number>().Int32Value(), SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

constexpr unsigned kMost = 64;

// receiveMany(fd, bytes: Uint8Array, lengths: Uint32Array): how many datagrams waited, 64 at most, or a negative errno. `bytes`
// has as many places of one size as `lengths`; what does not fit is cut. Never blocks.
Napi::Value ReceiveMany(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = info[0].As<Napi::Number>().Int32Value();
  Napi::Uint8Array bytes = info[1].As<Napi::Uint8Array>();
  Napi::Uint32Array lengths = info[2].As<Napi::Uint32Array>();
  unsigned places = std::min(static_cast<unsigned>(lengths.ElementLength()), kMost);
  if (places == 0) return Napi::Number::New(env, 0);
  size_t size = bytes.ByteLength() / lengths.ElementLength();
  struct iovec parts[kMost];
  struct mmsghdr messages[kMost] = {};
  for (unsigned i = 0; i < places; i++) {
    parts[i] = {bytes.Data() + i * size, size};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int count = recvmmsg(fd, messages, places, MSG_DONTWAIT, nullptr);
  if (count < 0) return Napi::Number::New(env, errno == EAGAIN || errno == EINTR ? 0 : -errno);
  for (int i = 0; i < count; i++) lengths.Data()[i] = messages[i].msg_len;
  return Napi::Number::New(env, count);
}

}  // namespace

void InitRawSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("findRawSockets", Napi::Function::New(env, Find));
  exports.Set("receiveMany", Napi::Function::New(env, ReceiveMany));
  exports.Set("detachFilter", Napi::Function::New(env, Detach));
}
