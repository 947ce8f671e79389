// What all sockets share that call back while something waits in them.
#pragma once

#include <napi.h>
#include <unistd.h>
#include <uv.h>

// The socket of a JavaScript object of class T. `error` is 0 when it was opened, or a negative errno.
template <typename T>
class ReadableSocket : public Napi::ObjectWrap<T> {
 public:
  explicit ReadableSocket(const Napi::CallbackInfo& info) : Napi::ObjectWrap<T>(info) {}

  ~ReadableSocket() override { Stop(); }

 protected:
  // `opened` is what came of making fd_: from now on `on_readable` is called, unless that failed.
  void Begin(Napi::Env env, int opened, Napi::Function on_readable) {
    error_ = opened == 0 ? Watch(env) : opened;
    if (error_ != 0)
      Stop();
    else
      readable_ = Napi::Persistent(on_readable);
  }

  Napi::Value Error(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), error_); }

  // pause(isPaused): while it is, nobody is called back.
  Napi::Value Pause(const Napi::CallbackInfo& info) {
    if (poll_ != nullptr) {
      if (info[0].ToBoolean())
        uv_poll_stop(poll_);
      else
        uv_poll_start(poll_, UV_READABLE, OnReadable);
    }
    return info.Env().Undefined();
  }

  // close(): nothing is received after it.
  Napi::Value Close(const Napi::CallbackInfo& info) {
    Stop();
    return info.Env().Undefined();
  }

  int fd_ = -1;

 private:
  int Watch(Napi::Env env) {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    poll_ = new uv_poll_t;
    int failed = uv_poll_init(loop, poll_, fd_);
    if (failed != 0) {
      delete poll_;
      poll_ = nullptr;
      return failed;
    }
    poll_->data = this;
    return uv_poll_start(poll_, UV_READABLE, OnReadable);
  }

  static void OnReadable(uv_poll_t* handle, int, int) {
    auto* self = static_cast<ReadableSocket*>(handle->data);
    Napi::Env env = self->Env();
    Napi::HandleScope scope(env);
    self->readable_.MakeCallback(self->Value(), std::initializer_list<napi_value>{});
    // What it threw would wait here and fail some later call into an addon.
    if (env.IsExceptionPending()) napi_fatal_exception(env, env.GetAndClearPendingException().Value());
  }

  void Stop() {
    if (poll_ != nullptr) {
      uv_poll_stop(poll_);
      uv_close(reinterpret_cast<uv_handle_t*>(poll_), [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
      poll_ = nullptr;
    }
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    readable_.Reset();
  }

  int error_ = 0;
  uv_poll_t* poll_ = nullptr;
  Napi::FunctionReference readable_;
};
