// A station without a board: the core behind an HTTP server on loopback.
//
//   air_sim [--port N] [--old] [--portal] [--speed X] [--password P] [--storage FILE] [--id MAC]
//
// --old: behaves as the first firmware. --portal: as if requests came through the portal's network.
// --speed: how fast the station's time passes; 0: only by `advance`. --storage: keeps R0 in a file.
// Prints its port, then takes the commands that commands.h lists on standard input, one per line, and
// answers each by "ok" or "what".
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "simulator.h"

namespace {

bool parse_options(int count, char** words, sim::Options& options) {
  for (int index = 1; index < count; ++index) {
    const std::string name = words[index];
    if (name == "--old" || name == "--portal") {
      (name == "--old" ? options.first_firmware : options.via_portal) = true;
      continue;
    }
    if (index + 1 >= count) return false;
    const char* value = words[++index];
    if (name == "--port") {
      options.port = std::atoi(value);
    } else if (name == "--speed") {
      options.speed = std::atof(value);
    } else if (name == "--password") {
      options.password = value;
    } else if (name == "--storage") {
      options.storage = value;
    } else if (name == "--id") {
      options.id = value;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  sim::Options options;
  if (!parse_options(count, words, options)) {
    std::fprintf(stderr,
                 "usage: air_sim [--port N] [--old] [--portal] [--speed X] [--password P]"
                 " [--storage FILE] [--id MAC]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  sim::Simulator simulator(options);
  if (!simulator.begin()) {
    std::perror("air_sim");
    return 1;
  }
  simulator.run();
  return 0;
}
