// A program on an interface, by a bpf_link: it stays there for as long as the link is pinned or open.
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <napi.h>
#include <sys/mount.h>

namespace {

int Number(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }

// attachProgram(program, ifindex, isDriverMode): the descriptor of the link, or a negative errno.
Napi::Value Attach(const Napi::CallbackInfo& info) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.flags = info[2].As<Napi::Boolean>().Value() ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  int link = bpf_link_create(Number(info[0]), Number(info[1]), BPF_XDP, &options);
  return Napi::Number::New(info.Env(), link < 0 ? -errno : link);
}

// updateLink(link, program): no packet is without a program in between; 0, or a negative errno.
Napi::Value Update(const Napi::CallbackInfo& info) {
  int failed = bpf_link_update(Number(info[0]), Number(info[1]), nullptr);
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

// linkInterface(link): its ifindex, 0 where the interface has gone, or a negative errno.
Napi::Value Interface(const Napi::CallbackInfo& info) {
  struct bpf_link_info link = {};
  __u32 length = sizeof(link);
  int failed = bpf_obj_get_info_by_fd(Number(info[0]), &link, &length);
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : static_cast<int>(link.xdp.ifindex));
}

// pinObject(fd, path): 0, or a negative errno.
Napi::Value Pin(const Napi::CallbackInfo& info) {
  std::string path = info[1].As<Napi::String>().Utf8Value();
  int failed = bpf_obj_pin(Number(info[0]), path.c_str());
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

// openPinned(path): a descriptor, or a negative errno.
Napi::Value OpenPinned(const Napi::CallbackInfo& info) {
  std::string path = info[0].As<Napi::String>().Utf8Value();
  int fd = bpf_obj_get(path.c_str());
  return Napi::Number::New(info.Env(), fd < 0 ? -errno : fd);
}

// mountBpffs(directory): 0, or a negative errno.
Napi::Value Mount(const Napi::CallbackInfo& info) {
  std::string path = info[0].As<Napi::String>().Utf8Value();
  int failed = mount("bpf", path.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700");
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

}  // namespace

void InitLink(Napi::Env env, Napi::Object exports) {
  exports.Set("attachProgram", Napi::Function::New(env, Attach));
  exports.Set("updateLink", Napi::Function::New(env, Update));
  exports.Set("linkInterface", Napi::Function::New(env, Interface));
  exports.Set("pinObject", Napi::Function::New(env, Pin));
  exports.Set("openPinned", Napi::Function::New(env, OpenPinned));
  exports.Set("mountBpffs", Napi::Function::New(env, Mount));
}
