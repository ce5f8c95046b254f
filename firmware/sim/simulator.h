// A simulated station that listens to HTTP clients and to commands.
#pragma once

#include <string>

#include "commands.h"
#include "device.h"
#include "http_server.h"
#include "options.h"

namespace sim {

class Simulator {
 public:
  explicit Simulator(const Options& options);

  // Begins to listen and prints the port. Returns false and sets errno if that fails.
  bool begin();
  // Runs until `quit`, or until standard input ends.
  void run();

 private:
  bool read_commands();
  air::Millis client_time() const;

  double speed_;
  Device device_;
  HttpServer server_;
  Commands commands_;
  std::string typed_;  // the beginning of a command
};

}  // namespace sim
