// Network namespaces (setns(2)), which Node has no call for.
#include <errno.h>
#include <fcntl.h>
#include <napi.h>
#include <sched.h>
#include <unistd.h>

namespace {

// enterNetworkNamespace(path): 0, or a negative errno. Moves the calling thread and all that it starts from then on.
Napi::Value Enter(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsString()) {
    Napi::TypeError::New(env, "enterNetworkNamespace(path)").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  int fd = open(info[0].As<Napi::String>().Utf8Value().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Napi::Number::New(env, -errno);
  int failed = setns(fd, CLONE_NEWNET) != 0 ? -errno : 0;
  close(fd);
  return Napi::Number::New(env, failed);
}

}  // namespace

void InitNamespace(Napi::Env env, Napi::Object exports) {
  exports.Set("enterNetworkNamespace", Napi::Function::New(env, Enter));
}
