// The command line's options: see main.cpp.
#pragma once

#include <string>

namespace sim {

struct Options {
  int port = 0;  // 0: any free one
  bool first_firmware = false;
  bool via_portal = false;
  double speed = 1;
  std::string password;
  std::string storage;
  std::string id = "5ecf7f000001";
};

}  // namespace sim
