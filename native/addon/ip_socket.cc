// Datagrams with what their IP header said: TTL or hop limit, and where they arrived (ip(7), ipv6(7)). raw-socket cannot
// see an IPv6 hop limit, dgram neither that nor a TTL.
#include <errno.h>
#include <napi.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "readable_socket.h"

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

namespace {

// TC_PRIO_CONTROL (linux/pkt_sched.h): adverts pass before bulk traffic in the queueing discipline.
constexpr int kPriorityControl = 7;
constexpr size_t kBuffer = 9216;

int Enable(int fd, int level, int option, int value = 1) { return setsockopt(fd, level, option, &value, sizeof(value)); }

class IpSocket : public ReadableSocket<IpSocket> {
 public:
  static void Define(Napi::Env env, Napi::Object exports) {
    exports.Set("IpSocket", DefineClass(env, "IpSocket",
                                        {InstanceAccessor("error", &IpSocket::Error, nullptr), InstanceMethod<&IpSocket::Join>("join"),
                                         InstanceMethod<&IpSocket::Receive>("receive"), InstanceMethod<&IpSocket::Send>("send"),
                                         InstanceMethod("pause", &IpSocket::Pause), InstanceMethod("close", &IpSocket::Close)}));
  }

  // IpSocket(family: 4 | 6, protocol, port, device: string | null, onReadable). `error`: 0, or a negative errno.
  explicit IpSocket(const Napi::CallbackInfo& info) : ReadableSocket<IpSocket>(info) {
    Napi::Env env = info.Env();
    if (info.Length() != 5 || !info[0].IsNumber() || !info[1].IsNumber() || !info[2].IsNumber() || !info[4].IsFunction()) {
      Napi::TypeError::New(env, "new IpSocket(family, protocol, port, device, onReadable)").ThrowAsJavaScriptException();
      return;
    }
    is6_ = info[0].As<Napi::Number>().Int32Value() == 6;
    int protocol = info[1].As<Napi::Number>().Int32Value();
    uint16_t port = static_cast<uint16_t>(info[2].As<Napi::Number>().Uint32Value());
    std::string device = info[3].IsString() ? info[3].As<Napi::String>().Utf8Value() : std::string();
    Begin(env, Open(protocol, port, device), info[4].As<Napi::Function>());
  }

 private:
  int Open(int protocol, uint16_t port, const std::string& device) {
    int type = (protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    fd_ = socket(is6_ ? AF_INET6 : AF_INET, type, protocol);
    if (fd_ < 0) return -errno;
    if (!device.empty() && setsockopt(fd_, SOL_SOCKET, SO_BINDTODEVICE, device.c_str(), device.size() + 1) != 0) return -errno;
    int failed = Enable(fd_, SOL_SOCKET, SO_PRIORITY, kPriorityControl);
    if (is6_) {
      // A raw socket takes no IPv4 anyway, and refuses the option.
      if (protocol == IPPROTO_UDP) failed |= Enable(fd_, IPPROTO_IPV6, IPV6_V6ONLY);
      failed |= Enable(fd_, IPPROTO_IPV6, IPV6_RECVHOPLIMIT) |
                Enable(fd_, IPPROTO_IPV6, IPV6_RECVPKTINFO) | Enable(fd_, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) |
                Enable(fd_, IPPROTO_IPV6, IPV6_FREEBIND);
    } else {
      failed |= Enable(fd_, IPPROTO_IP, IP_RECVTTL) | Enable(fd_, IPPROTO_IP, IP_PKTINFO) |
                Enable(fd_, IPPROTO_IP, IP_MULTICAST_LOOP, 0) | Enable(fd_, IPPROTO_IP, IP_FREEBIND);
    }
    if (failed != 0) return -errno;
    if (port == 0) return 0;
    struct sockaddr_storage any;
    socklen_t length = Address(nullptr, port, 0, &any);
    return bind(fd_, reinterpret_cast<struct sockaddr*>(&any), length) != 0 ? -errno : 0;
  }

  socklen_t Address(const uint8_t* bytes, uint16_t port, uint32_t scope, struct sockaddr_storage* out) const {
    memset(out, 0, sizeof(*out));
    if (is6_) {
      auto* to = reinterpret_cast<struct sockaddr_in6*>(out);
      to->sin6_family = AF_INET6;
      to->sin6_port = htons(port);
      to->sin6_scope_id = scope;
      if (bytes != nullptr) memcpy(&to->sin6_addr, bytes, 16);
      return sizeof(*to);
    }
    auto* to = reinterpret_cast<struct sockaddr_in*>(out);
    to->sin_family = AF_INET;
    to->sin_port = htons(port);
    if (bytes != nullptr) memcpy(&to->sin_addr, bytes, 4);
    return sizeof(*to);
  }

  bool IsAddress(const Napi::Value& value) const {
    return value.IsTypedArray() && value.As<Napi::Uint8Array>().ByteLength() == (is6_ ? 16u : 4u);
  }

  // join(group: Uint8Array, ifindex): 0, or a negative errno.
  Napi::Value Join(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (fd_ < 0 || info.Length() != 2 || !IsAddress(info[0])) return Napi::Number::New(env, -EINVAL);
    const uint8_t* group = info[0].As<Napi::Uint8Array>().Data();
    int ifindex = info[1].As<Napi::Number>().Int32Value();
    int failed;
    if (is6_) {
      struct ipv6_mreq request = {};
      memcpy(&request.ipv6mr_multiaddr, group, 16);
      request.ipv6mr_interface = static_cast<unsigned>(ifindex);
      failed = setsockopt(fd_, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof(request));
    } else {
      struct ip_mreqn request = {};
      memcpy(&request.imr_multiaddr, group, 4);
      request.imr_ifindex = ifindex;
      failed = setsockopt(fd_, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request));
    }
    return Napi::Number::New(env, failed != 0 ? -errno : 0);
  }

  // receive(): a datagram, null when none waits, or a negative errno.
  Napi::Value Receive(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (fd_ < 0) return env.Null();
    uint8_t data[kBuffer];
    alignas(struct cmsghdr) uint8_t control[256];
    struct sockaddr_storage from;
    struct iovec part = {data, sizeof(data)};
    struct msghdr message = {};
    message.msg_name = &from;
    message.msg_namelen = sizeof(from);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    ssize_t length = recvmsg(fd_, &message, MSG_DONTWAIT);
    if (length < 0) {
      if (errno == EAGAIN || errno == EINTR) return env.Null();
      return Napi::Number::New(env, -errno);
    }
    int ttl = -1;
    uint8_t to[16] = {};
    for (struct cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
      if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
        memcpy(to, &reinterpret_cast<struct in6_pktinfo*>(CMSG_DATA(c))->ipi6_addr, 16);
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
        memcpy(to, &reinterpret_cast<struct in_pktinfo*>(CMSG_DATA(c))->ipi_addr, 4);
    }
    const void* source = is6_ ? static_cast<const void*>(&reinterpret_cast<struct sockaddr_in6*>(&from)->sin6_addr)
                              : static_cast<const void*>(&reinterpret_cast<struct sockaddr_in*>(&from)->sin_addr);
    Napi::Object result = Napi::Object::New(env);
    result.Set("source", Bytes(env, source, is6_ ? 16 : 4));
    result.Set("destination", Bytes(env, to, is6_ ? 16 : 4));
    result.Set("ttl", Napi::Number::New(env, ttl));
    result.Set("bytes", Bytes(env, data, static_cast<size_t>(length)));
    return result;
  }

  static Napi::Value Bytes(Napi::Env env, const void* from, size_t length) {
    Napi::Uint8Array bytes = Napi::Uint8Array::New(env, length);
    memcpy(bytes.Data(), from, length);
    return bytes;
  }

  // send(destination, port, source | null, ifindex (0 for any), ttl, tos, bytes): 0, or a negative errno. Never blocks.
  Napi::Value Send(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (fd_ < 0 || info.Length() != 7 || !IsAddress(info[0]) || !info[6].IsTypedArray()) return Napi::Number::New(env, -EINVAL);
    const uint8_t* destination = info[0].As<Napi::Uint8Array>().Data();
    uint16_t port = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
    const uint8_t* source = IsAddress(info[2]) ? info[2].As<Napi::Uint8Array>().Data() : nullptr;
    int ifindex = info[3].As<Napi::Number>().Int32Value();
    int ttl = info[4].As<Napi::Number>().Int32Value();
    int tos = info[5].As<Napi::Number>().Int32Value();
    Napi::Uint8Array bytes = info[6].As<Napi::Uint8Array>();

    struct sockaddr_storage to;
    struct iovec part = {bytes.Data(), bytes.ByteLength()};
    alignas(struct cmsghdr) uint8_t control[256] = {};
    struct msghdr message = {};
    message.msg_name = &to;
    message.msg_namelen = Address(destination, port, static_cast<uint32_t>(ifindex), &to);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    struct cmsghdr* c = CMSG_FIRSTHDR(&message);
    size_t used = 0;
    auto add = [&](int level, int type, const void* data, size_t length) {
      c->cmsg_level = level;
      c->cmsg_type = type;
      c->cmsg_len = CMSG_LEN(length);
      memcpy(CMSG_DATA(c), data, length);
      used += CMSG_SPACE(length);
      c = reinterpret_cast<struct cmsghdr*>(reinterpret_cast<uint8_t*>(c) + CMSG_SPACE(length));
    };
    if (is6_) {
      struct in6_pktinfo place = {};
      if (source != nullptr) memcpy(&place.ipi6_addr, source, 16);
      place.ipi6_ifindex = static_cast<unsigned>(ifindex);
      add(IPPROTO_IPV6, IPV6_PKTINFO, &place, sizeof(place));
      add(IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
      add(IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
    } else {
      struct in_pktinfo place = {};
      if (source != nullptr) memcpy(&place.ipi_spec_dst, source, 4);
      place.ipi_ifindex = ifindex;
      add(IPPROTO_IP, IP_PKTINFO, &place, sizeof(place));
      add(IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
      add(IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    }
    message.msg_controllen = used;
    ssize_t sent = sendmsg(fd_, &message, MSG_DONTWAIT);
    return Napi::Number::New(env, sent < 0 ? -errno : 0);
  }

  bool is6_ = false;
};

}  // namespace

void InitIpSocket(Napi::Env env, Napi::Object exports) { IpSocket::Define(env, exports); }
