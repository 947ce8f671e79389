// Arrays as memory of this process: a write is a store, which the next packet sees.
#include <errno.h>
#include <napi.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

// mapMemory(fd, length): an ArrayBuffer, or a negative errno. It outlives the descriptor.
Napi::Value MapMemory(const Napi::CallbackInfo& info) {
  int fd = info[0].As<Napi::Number>().Int32Value();
  size_t length = info[1].As<Napi::Number>().Int64Value();
  // The kernel maps whole pages, and an array of this kind has them.
  size_t page = sysconf(_SC_PAGESIZE);
  size_t mapped = (length + page - 1) / page * page;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return Napi::Number::New(info.Env(), -errno);
  return Napi::ArrayBuffer::New(info.Env(), memory, length,
                                [mapped](Napi::Env, void* data) { munmap(data, mapped); });
}

}  // namespace

void InitMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("mapMemory", Napi::Function::New(env, MapMemory));
}
