{
  "targets": [
    {
      "target_name": "lbd",
      "sources": ["addon/addon.cc", "addon/connect.cc", "addon/datagram_socket.cc", "addon/frame_socket.cc", "addon/ip_socket.cc", "addon/namespace.cc", "addon/netlink_socket.cc", "addon/packet_socket.cc", "addon/raw_socket.cc", "addon/realtime.cc", "addon/tcp_prober.cc"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fno-exceptions"]
    }
  ]
}
