// Scheduling of a process that must not be late (sched(7)). Its memory is not locked: V8 dies when madvise(MADV_DONTNEED)
// refuses to take locked pages of code back (Node 20.20, `Check failed: 0 == ret` in OS::SetPermissions).
#include <errno.h>
#include <napi.h>
#include <sched.h>

namespace {

// scheduleRealtime(priority: 1–99): SCHED_RR for the calling thread, and not for what it starts; 0, or a negative errno.
Napi::Value Schedule(const Napi::CallbackInfo& info) {
  struct sched_param param = {};
  param.sched_priority = info[0].As<Napi::Number>().Int32Value();
  int failed = sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

}  // namespace

void InitRealtime(Napi::Env env, Napi::Object exports) {
  exports.Set("scheduleRealtime", Napi::Function::New(env, Schedule));
}
