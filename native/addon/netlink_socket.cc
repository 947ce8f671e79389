// What the netlink package keeps to itself: the descriptor of its socket, for options and for the count of drops.
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <napi.h>
#include <stdlib.h>
#include <sys/socket.h>

namespace {

bool IsNetlinkSocket(int fd, int protocol, uint32_t port) {
  struct sockaddr_nl address = {};
  socklen_t length = sizeof(address);
  if (getsockname(fd, reinterpret_cast<struct sockaddr*>(&address), &length) != 0) return false;
  if (address.nl_family != AF_NETLINK || address.nl_pid != port) return false;
  int found = -1;
  length = sizeof(found);
  return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &found, &length) == 0 && found == protocol;
}

// findNetlinkSocket(protocol, port): this process's descriptor of the socket bound to that port, or a negative errno.
Napi::Value Find(const Napi::CallbackInfo& info) {
  int protocol = info[0].As<Napi::Number>().Int32Value();
  uint32_t port = info[1].As<Napi::Number>().Uint32Value();
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return Napi::Number::New(info.Env(), -errno);
  int found = -ENOENT;
  while (struct dirent* entry = readdir(directory)) {
    char* end = nullptr;
    long fd = strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || !IsNetlinkSocket(static_cast<int>(fd), protocol, port)) continue;
    found = static_cast<int>(fd);
    break;
  }
  closedir(directory);
  return Napi::Number::New(info.Env(), found);
}

// enableNetlinkOption(fd, option): 0, or a negative errno.
Napi::Value Enable(const Napi::CallbackInfo& info) {
  int on = 1;
  int failed = setsockopt(info[0].As<Napi::Number>().Int32Value(), SOL_NETLINK,
                          info[1].As<Napi::Number>().Int32Value(), &on, sizeof(on));
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

// growReceiveBuffer(fd, bytes): whatever net.core.rmem_max says, which takes CAP_NET_ADMIN; 0, or a negative errno.
Napi::Value GrowReceiveBuffer(const Napi::CallbackInfo& info) {
  int bytes = info[1].As<Napi::Number>().Int32Value();
  int failed = setsockopt(info[0].As<Napi::Number>().Int32Value(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

// socketDrops(fd): datagrams that the receive buffer had no room for since the socket was made, or a negative errno.
Napi::Value Drops(const Napi::CallbackInfo& info) {
  uint32_t meminfo[SK_MEMINFO_VARS] = {};
  socklen_t length = sizeof(meminfo);
  if (getsockopt(info[0].As<Napi::Number>().Int32Value(), SOL_SOCKET, SO_MEMINFO, meminfo, &length) != 0)
    return Napi::Number::New(info.Env(), -errno);
  return Napi::Number::New(info.Env(), meminfo[SK_MEMINFO_DROPS]);
}

// sendNetlink(fd, datagram): hands it to the kernel, which has done what it says when this returns; 0, or a negative errno.
Napi::Value Send(const Napi::CallbackInfo& info) {
  Napi::Uint8Array datagram = info[1].As<Napi::Uint8Array>();
  struct sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = sendto(info[0].As<Napi::Number>().Int32Value(), datagram.Data(), datagram.ByteLength(), MSG_DONTWAIT,
                        reinterpret_cast<struct sockaddr*>(&kernel), sizeof(kernel));
  return Napi::Number::New(info.Env(), sent < 0 ? -errno : 0);
}

// receiveNetlink(fd, buffer, from): the length of a datagram that waits, which may be more than the buffer took, or a negative
// errno, -EAGAIN where there is none. `from` gets the port and the groups of its sender.
Napi::Value Receive(const Napi::CallbackInfo& info) {
  Napi::Uint8Array buffer = info[1].As<Napi::Uint8Array>();
  Napi::Uint32Array from = info[2].As<Napi::Uint32Array>();
  struct sockaddr_nl sender = {};
  socklen_t length = sizeof(sender);
  ssize_t received = recvfrom(info[0].As<Napi::Number>().Int32Value(), buffer.Data(), buffer.ByteLength(),
                              MSG_DONTWAIT | MSG_TRUNC, reinterpret_cast<struct sockaddr*>(&sender), &length);
  if (received < 0) return Napi::Number::New(info.Env(), -errno);
  from[0] = sender.nl_pid;
  from[1] = sender.nl_groups;
  return Napi::Number::New(info.Env(), static_cast<double>(received));
}

// attachFilter(fd, program): puts a classic BPF program, an array of struct sock_filter, in the place of the last one;
// 0, or a negative errno.
Napi::Value AttachFilter(const Napi::CallbackInfo& info) {
  Napi::Uint8Array program = info[1].As<Napi::Uint8Array>();
  struct sock_fprog filter = {};
  filter.len = static_cast<unsigned short>(program.ByteLength() / sizeof(struct sock_filter));
  filter.filter = reinterpret_cast<struct sock_filter*>(program.Data());
  int failed = setsockopt(info[0].As<Napi::Number>().Int32Value(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

}  // namespace

void InitNetlinkSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("findNetlinkSocket", Napi::Function::New(env, Find));
  exports.Set("enableNetlinkOption", Napi::Function::New(env, Enable));
  exports.Set("attachFilter", Napi::Function::New(env, AttachFilter));
  exports.Set("growReceiveBuffer", Napi::Function::New(env, GrowReceiveBuffer));
  exports.Set("receiveNetlink", Napi::Function::New(env, Receive));
  exports.Set("sendNetlink", Napi::Function::New(env, Send));
  exports.Set("socketDrops", Napi::Function::New(env, Drops));
}
