// Many TCP handshakes at a time: connect(2) and epoll(7), without anything of JavaScript.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <set>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <utility>
#include <vector>

// One end of a connection: 4 or 16 bytes, or null for any address; port 0 for any.
struct Endpoint {
  const uint8_t* address;
  uint16_t port;
};

// The own end. An empty device and mark 0 are none.
struct Source {
  Endpoint endpoint;
  std::string device;
  uint32_t mark;
};

// Its functions give 0 or more, or a negative errno. Times are microseconds.
class Handshakes {
 public:
  // Of a result: the number of the attempt, an errno, what it took.
  static constexpr size_t kFields = 3;

  Handshakes() = default;
  Handshakes(const Handshakes&) = delete;
  Handshakes& operator=(const Handshakes&) = delete;
  ~Handshakes() { Close(); }

  // A descriptor that is readable while results wait. It is the caller's to close.
  int Open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return -errno;
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int failed = timer_ < 0 ? -errno : Watch(timer_, EPOLLIN, kTimer);
    if (failed == 0) return epoll_;
    Close();
    close(epoll_);
    return failed;
  }

  // Ends all attempts, of which nothing is heard any more.
  void Close() {
    for (const auto& [due, number] : due_) close(attempts_[number].fd);
    due_.clear();
    for (std::vector<int>& idle : idle_) {
      for (int fd : idle) close(fd);
      idle.clear();
    }
    if (timer_ >= 0) close(timer_);
    timer_ = -1;
  }

  // Gives the number of the attempt, which is nobody else's until the take after that which has its result.
  int Begin(bool is6, const Source& source, const Endpoint& target, int64_t timeout) {
    bool plain = IsPlain(source);
    std::vector<int>& idle = idle_[is6];
    bool used = plain && !idle.empty();
    int fd = used ? idle.back() : socket(is6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (used) idle.pop_back();
    int failed = used ? KeepAckBack(fd) : Prepare(fd, is6, source);
    int begun = failed < 0 ? failed : Connect(fd, is6, target, timeout, used);
    if (begun < 0)
      close(fd);
    else
      attempts_[static_cast<size_t>(begun)].pool = plain ? &idle : nullptr;
    return begun;
  }

  // How many results are in `into` now, of `room` at most; errno is 0 where it is connected, ETIMEDOUT where its time is up.
  size_t Take(int32_t* into, size_t room) {
    free_.insert(free_.end(), taken_.begin(), taken_.end());
    taken_.clear();
    Results results = {into, room, 0};
    // Whoever answered in time is well, however late this process comes to see it: so first all that has happened.
    if (ReadSockets(&results)) ReadTimer(&results);
    Arm();
    return results.count;
  }

 private:
  static constexpr uint32_t kTimer = UINT32_MAX;
  static constexpr size_t kEvents = 128;
  // Of each family, the sockets that are kept for later.
  static constexpr size_t kIdle = 256;
  // A timer that is later than this has not been late by itself: this process stood still.
  static constexpr int64_t kStall = 10000;

  struct Attempt {
    int fd;
    int64_t started;
    int64_t due;
    int64_t timeout;
    bool extended;
    // Where its socket goes to be used again; null for nowhere.
    std::vector<int>* pool;
  };

  struct Results {
    int32_t* into;
    size_t room;
    size_t count;
  };

  static int64_t Now() {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return static_cast<int64_t>(at.tv_sec) * 1000000 + at.tv_nsec / 1000;
  }

  static int Set(int fd, int level, int option, int value) { return setsockopt(fd, level, option, &value, sizeof(value)); }

  static socklen_t Name(bool is6, const Endpoint& end, struct sockaddr_storage* out) {
    memset(out, 0, sizeof(*out));
    if (is6) {
      auto* name = reinterpret_cast<struct sockaddr_in6*>(out);
      name->sin6_family = AF_INET6;
      name->sin6_port = htons(end.port);
      if (end.address != nullptr) memcpy(&name->sin6_addr, end.address, 16);
      return sizeof(*name);
    }
    auto* name = reinterpret_cast<struct sockaddr_in*>(out);
    name->sin_family = AF_INET;
    name->sin_port = htons(end.port);
    if (end.address != nullptr) memcpy(&name->sin_addr, end.address, 4);
    return sizeof(*name);
  }

  static int Bind(int fd, bool is6, const Source& source) {
    const std::string& device = source.device;
    if (!device.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device.c_str(), static_cast<socklen_t>(device.size() + 1)) != 0) return -errno;
    if (source.mark != 0 && Set(fd, SOL_SOCKET, SO_MARK, static_cast<int>(source.mark)) != 0) return -errno;
    if (source.endpoint.address == nullptr && source.endpoint.port == 0) return 0;
    // Its port may be in use towards another server. Without one the kernel is to choose when it knows the server: an
    // address has 28,232 ports for each of them, but only as many for all together.
    int failed = source.endpoint.port != 0 ? Set(fd, SOL_SOCKET, SO_REUSEADDR, 1) : Set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    struct sockaddr_storage from;
    socklen_t length = Name(is6, source.endpoint, &from);
    if (failed == 0) failed = bind(fd, reinterpret_cast<struct sockaddr*>(&from), length);
    return failed != 0 ? -errno : 0;
  }

  static bool IsPlain(const Source& source) { return source.device.empty() && source.mark == 0 && source.endpoint.address == nullptr && source.endpoint.port == 0; }

  static int Prepare(int fd, bool is6, const Source& source) {
    struct linger reset = {1, 0};
    int failed = Bind(fd, is6, source);
    if (failed != 0) return failed;
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) != 0 ? -errno : KeepAckBack(fd);
  }

  // Has the kernel keep its acknowledgement back for a moment (TCP_DELACK_MAX, 200 ms), in which a reset comes in its
  // place. So the server's kernel has answered, and its program hears nothing: none of them logs a check, or counts it as a
  // failed login. And no TIME_WAIT stays here, of which 10,000 checks a second would make 600,000. Each connection forgets it.
  static int KeepAckBack(int fd) { return Set(fd, IPPROTO_TCP, TCP_QUICKACK, 0) != 0 ? -errno : 0; }

  // Resets the connection and keeps the socket: another one would cost a quarter of what a check does (measured with
  // Linux 6.18: 31 to 37 microseconds each instead of 43 to 49, the server's kernel included).
  static bool Disconnect(int fd) {
    struct sockaddr none = {};
    none.sa_family = AF_UNSPEC;
    return connect(fd, &none, sizeof(none)) == 0;
  }

  int Connect(int fd, bool is6, const Endpoint& target, int64_t timeout, bool watched) {
    struct sockaddr_storage to;
    socklen_t length = Name(is6, target, &to);
    int64_t now = Now();
    if (connect(fd, reinterpret_cast<struct sockaddr*>(&to), length) != 0 && errno != EINPROGRESS) return -errno;
    uint32_t number = free_.empty() ? static_cast<uint32_t>(attempts_.size()) : free_.back();
    // Once only: a socket that is kept says nothing while it is idle.
    int failed = Watch(fd, EPOLLOUT | EPOLLONESHOT, number, watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD);
    if (failed != 0) return failed;
    if (free_.empty())
      attempts_.emplace_back();
    else
      free_.pop_back();
    attempts_[number] = {fd, now, now + timeout, timeout, false, nullptr};
    due_.emplace(now + timeout, number);
    Arm();
    return static_cast<int>(number);
  }

  int Watch(int fd, uint32_t events, uint32_t number, int operation = EPOLL_CTL_ADD) {
    struct epoll_event event = {};
    event.events = events;
    event.data.u32 = number;
    return epoll_ctl(epoll_, operation, fd, &event) != 0 ? -errno : 0;
  }

  // Sets the timer to the first that is due, unless it comes sooner already.
  void Arm() {
    if (due_.empty()) return;
    int64_t first = due_.begin()->first;
    if (armed_ != 0 && armed_ <= first) return;
    struct itimerspec at = {};
    at.it_value.tv_sec = first / 1000000;
    at.it_value.tv_nsec = first % 1000000 * 1000;
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
    armed_ = first;
  }

  // Whether all that were ready have been read.
  bool ReadSockets(Results* results) {
    struct epoll_event events[kEvents];
    for (;;) {
      size_t left = results->room - results->count;
      if (left == 0) return false;
      int most = static_cast<int>(left < kEvents ? left : kEvents);
      int ready = epoll_wait(epoll_, events, most, 0);
      int64_t now = Now();
      for (int i = 0; i < ready; i++) {
        uint32_t number = events[i].data.u32;
        if (number != kTimer)
          Settle(number, (events[i].events & EPOLLERR) != 0 ? ErrorOf(attempts_[number].fd) : 0, now, results);
        else
          Disarm();
      }
      if (ready < most) return true;
    }
  }

  static int ErrorOf(int fd) {
    int error = 0;
    socklen_t length = sizeof(error);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 ? errno : error;
  }

  void Disarm() {
    uint64_t expirations;
    if (read(timer_, &expirations, sizeof(expirations)) > 0) armed_ = 0;
  }

  void ReadTimer(Results* results) {
    int64_t now = Now();
    while (!due_.empty() && due_.begin()->first <= now && results->count < results->room) {
      uint32_t number = due_.begin()->second;
      Attempt& attempt = attempts_[number];
      int64_t late = now - attempt.due;
      if (attempt.extended || late <= kStall) {
        Settle(number, ETIMEDOUT, now, results);
        continue;
      }
      // Where the whole machine stood still, nobody took what the server sent. It gets that time again, once.
      due_.erase(due_.begin());
      attempt.extended = true;
      attempt.due = now + (late < attempt.timeout ? late : attempt.timeout);
      due_.emplace(attempt.due, number);
    }
  }

  void Settle(uint32_t number, int error, int64_t now, Results* results) {
    Attempt& attempt = attempts_[number];
    int64_t took = now - attempt.started;
    int32_t* result = results->into + results->count++ * kFields;
    result[0] = static_cast<int32_t>(number);
    result[1] = error;
    result[2] = static_cast<int32_t>(took < INT32_MAX ? took : INT32_MAX);
    due_.erase({attempt.due, number});
    if (error == 0 && attempt.pool != nullptr && attempt.pool->size() < kIdle && Disconnect(attempt.fd))
      attempt.pool->push_back(attempt.fd);
    else
      close(attempt.fd);
    taken_.push_back(number);
  }

  int epoll_ = -1;
  int timer_ = -1;
  // What the timer is set to; 0 for nothing.
  int64_t armed_ = 0;
  // By number.
  std::vector<Attempt> attempts_;
  // Numbers of nobody, and those that the last take gave results of.
  std::vector<uint32_t> free_;
  std::vector<uint32_t> taken_;
  // Sockets that belong to nobody, of IPv4 and of IPv6.
  std::vector<int> idle_[2];
  // Those under way, by the time at which they end.
  std::set<std::pair<int64_t, uint32_t>> due_;
};
