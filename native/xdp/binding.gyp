{
  "targets": [
    {
      "target_name": "lbd_xdp",
      "sources": ["addon.cc", "link.cc", "map.cc", "memory.cc", "program.cc", "sweep.cc", "sync.cc"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")", "../bpf"],
      "libraries": ["-lbpf"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fno-exceptions"]
    }
  ]
}
