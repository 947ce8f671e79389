// The system calls of hash maps, and what a map was made like.
#include <bpf/bpf.h>
#include <errno.h>
#include <napi.h>

#include <vector>

namespace {

int Number(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }

uint8_t* Bytes(const Napi::Value& value) { return value.As<Napi::Uint8Array>().Data(); }

Napi::Value Copy(Napi::Env env, const uint8_t* bytes, size_t length) {
  Napi::Uint8Array copy = Napi::Uint8Array::New(env, length);
  std::copy(bytes, bytes + length, copy.Data());
  return copy;
}

// mapShape(fd): { keySize, valueSize, entries }, or a negative errno.
Napi::Value Shape(const Napi::CallbackInfo& info) {
  struct bpf_map_info map = {};
  __u32 length = sizeof(map);
  if (bpf_obj_get_info_by_fd(Number(info[0]), &map, &length) != 0) return Napi::Number::New(info.Env(), -errno);
  Napi::Object shape = Napi::Object::New(info.Env());
  shape.Set("keySize", map.key_size);
  shape.Set("valueSize", map.value_size);
  shape.Set("entries", map.max_entries);
  return shape;
}

// setEntry(fd, key, value): 0, or a negative errno.
Napi::Value Set(const Napi::CallbackInfo& info) {
  int failed = bpf_map_update_elem(Number(info[0]), Bytes(info[1]), Bytes(info[2]), BPF_ANY);
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

// deleteEntry(fd, key): 0, or a negative errno.
Napi::Value Delete(const Napi::CallbackInfo& info) {
  int failed = bpf_map_delete_elem(Number(info[0]), Bytes(info[1]));
  return Napi::Number::New(info.Env(), failed != 0 ? -errno : 0);
}

// getEntries(fd, keySize, valueSize): every key with its value, or a negative errno.
Napi::Value Entries(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = Number(info[0]);
  std::vector<uint8_t> key(Number(info[1])), next(key.size()), value(Number(info[2]));
  Napi::Array entries = Napi::Array::New(env);
  const uint8_t* from = nullptr;
  while (bpf_map_get_next_key(fd, from, next.data()) == 0) {
    key = next;
    from = key.data();
    // Who deletes meanwhile is this process alone, and it is here.
    if (bpf_map_lookup_elem(fd, key.data(), value.data()) != 0) return Napi::Number::New(env, -errno);
    Napi::Array entry = Napi::Array::New(env, 2);
    entry.Set(0u, Copy(env, key.data(), key.size()));
    entry.Set(1u, Copy(env, value.data(), value.size()));
    entries.Set(entries.Length(), entry);
  }
  return errno == ENOENT ? Napi::Value(entries) : Napi::Value(Napi::Number::New(env, -errno));
}

}  // namespace

void InitMap(Napi::Env env, Napi::Object exports) {
  exports.Set("mapShape", Napi::Function::New(env, Shape));
  exports.Set("setEntry", Napi::Function::New(env, Set));
  exports.Set("deleteEntry", Napi::Function::New(env, Delete));
  exports.Set("getEntries", Napi::Function::New(env, Entries));
}
