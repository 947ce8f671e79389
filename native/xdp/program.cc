// Loading of the program with its maps, and running it on packets that nobody sent.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <napi.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace {

// What libbpf and the verifier said of the last load; kept to its end, where the reason is.
std::string said;

int Listen(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[4096];
  int length = vsnprintf(line, sizeof(line), format, arguments);
  said.append(line, std::min(static_cast<size_t>(std::max(length, 0)), sizeof(line) - 1));
  if (said.size() > 16384) said.erase(0, said.size() - 16384);
  return length;
}

Napi::Value Failed(Napi::Env env, int error) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("error", -error);
  result.Set("log", said);
  return result;
}

int Prepare(struct bpf_map* map, Napi::Object options) {
  std::string name = bpf_map__name(map);
  if (bpf_map__is_internal(map)) {
    Napi::Uint8Array constants = options.Get("constants").As<Napi::Uint8Array>();
    size_t size = 0;
    if (bpf_map__initial_value(map, &size) == nullptr || size != constants.ByteLength()) return -EINVAL;
    return bpf_map__set_initial_value(map, constants.Data(), size);
  }
  Napi::Value held = options.Get("maps").As<Napi::Object>().Get(name);
  if (held.IsNumber()) return bpf_map__reuse_fd(map, held.As<Napi::Number>().Int32Value());
  Napi::Value entries = options.Get("entries").As<Napi::Object>().Get(name);
  return entries.IsNumber() ? bpf_map__set_max_entries(map, entries.As<Napi::Number>().Uint32Value()) : 0;
}

Napi::Value Loaded(Napi::Env env, struct bpf_object* object) {
  Napi::Object maps = Napi::Object::New(env);
  struct bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (!bpf_map__is_internal(map)) maps.Set(bpf_map__name(map), dup(bpf_map__fd(map)));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("program", dup(bpf_program__fd(bpf_object__next_program(object, nullptr))));
  result.Set("maps", maps);
  return result;
}

// loadObject(path, { constants, maps: descriptors of those to use, entries: of those to make }):
// { program, maps: descriptors by name }, or { error: a negative errno, log }.
Napi::Value Load(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  said.clear();
  libbpf_set_print(Listen);
  struct bpf_object* object = bpf_object__open_file(info[0].As<Napi::String>().Utf8Value().c_str(), nullptr);
  if (object == nullptr) return Failed(env, errno);
  int failed = 0;
  struct bpf_map* map;
  bpf_object__for_each_map(map, object) {
    if (failed == 0) failed = Prepare(map, info[1].As<Napi::Object>());
  }
  if (failed == 0) failed = bpf_object__load(object);
  Napi::Value result = failed != 0 ? Failed(env, -failed) : Loaded(env, object);
  bpf_object__close(object);
  return result;
}

// runProgram(program, packet, repeat, ifindex?): { verdict, nanoseconds (of one run), packet }, or a negative errno.
// Without an interface, packets come from the loopback interface.
Napi::Value Run(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Uint8Array packet = info[1].As<Napi::Uint8Array>();
  std::vector<uint8_t> out(packet.ByteLength() + 512);
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = packet.Data();
  options.data_size_in = packet.ByteLength();
  options.data_out = out.data();
  options.data_size_out = out.size();
  options.repeat = info[2].As<Napi::Number>().Int32Value();
  struct xdp_md context = {};
  if (info[3].IsNumber()) {
    context.data_end = packet.ByteLength();
    context.ingress_ifindex = info[3].As<Napi::Number>().Uint32Value();
    options.ctx_in = &context;
    options.ctx_size_in = sizeof(context);
  }
  if (bpf_prog_test_run_opts(info[0].As<Napi::Number>().Int32Value(), &options) != 0)
    return Napi::Number::New(env, -errno);
  Napi::Uint8Array after = Napi::Uint8Array::New(env, options.data_size_out);
  std::copy(out.begin(), out.begin() + options.data_size_out, after.Data());
  Napi::Object result = Napi::Object::New(env);
  result.Set("verdict", options.retval);
  result.Set("nanoseconds", options.duration);
  result.Set("packet", after);
  return result;
}

// possibleProcessors(): how many parts a map has that keeps one for each.
Napi::Value Processors(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), libbpf_num_possible_cpus());
}

}  // namespace

void InitProgram(Napi::Env env, Napi::Object exports) {
  exports.Set("loadObject", Napi::Function::New(env, Load));
  exports.Set("runProgram", Napi::Function::New(env, Run));
  exports.Set("possibleProcessors", Napi::Function::New(env, Processors));
}
