#include "commands.h"

#include <cstdlib>
#include <sstream>

namespace sim {

namespace {

// Sets `present` by "on" or "off". Returns false for any other word.
bool set_present(const std::string& word, bool& present) {
  present = word == "on";
  return present || word == "off";
}

}  // namespace

bool Commands::run(const std::string& line) {
  std::istringstream words(line);
  std::string command;
  std::string argument;
  words >> command;
  if (command == "advance") {
    air::Millis milliseconds = 0;
    if (!(words >> milliseconds)) return false;
    device_.advance(milliseconds);
    return true;
  }
  if (command == "air") {
    World& world = device_.world;
    world.fixed = true;
    return static_cast<bool>(words >> world.temperature >> world.humidity >> world.hectopascals >>
                             world.gas);
  }
  if (command == "probes") {
    std::size_t count = 0;
    if (!(words >> count) || count > air::kMaxProbes) return false;
    device_.wire.set_count(count);
    return true;
  }
  if (command == "probe") return set_probe(words);
  if (command == "restart") {
    device_.restart("Power On");
    return true;
  }
  if (command == "quit") return quit_ = true;
  if (!(words >> argument)) return false;
  if (command == "bmp180") {
    device_.barometer.garbage = argument == "garbage";
    return device_.barometer.garbage || set_present(argument, device_.barometer.present);
  }
  if (command == "dht22") {
    device_.hygrometer.zeros = argument == "zeros";
    return device_.hygrometer.zeros || set_present(argument, device_.hygrometer.present);
  }
  if (command == "mq135") {
    if (argument == "on") {
      device_.adc.fixed = -1;
      return true;
    }
    return static_cast<bool>(std::istringstream(argument) >> device_.adc.fixed);
  }
  return command == "answer" && set_mode(argument);
}

bool Commands::set_probe(std::istream& words) {
  std::size_t number = 0;
  std::string argument;
  if (!(words >> number >> argument) || number < 1 || number > device_.wire.probes.size()) return false;
  OneWireBus::Probe& probe = device_.wire.probes[number - 1];
  probe.fixed = air::kMissing;
  if (set_present(argument, probe.present)) return true;
  probe.present = true;
  probe.fixed = std::strtof(argument.c_str(), nullptr);
  return true;
}

bool Commands::set_mode(const std::string& name) {
  const char* names[] = {"ok", "refuse", "hang", "truncate", "error"};
  for (int index = 0; index < 5; ++index) {
    if (name == names[index]) return server_.set_mode(static_cast<HttpServer::Mode>(index));
  }
  return false;
}

}  // namespace sim
