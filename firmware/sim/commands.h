// The commands that a simulated station takes:
//
//   advance MS            lets so many milliseconds of the station's time pass at once
//   bmp180 on|off         connects or disconnects the sensor; likewise dht22
//   bmp180 garbage        it answers with impossible numbers
//   dht22 zeros           its wire is dead: all bits are 0
//   mq135 N|on            the converter reads N (0 and 1023 are faults); on: according to the air
//   probes N              so many DS18B20 are on the wire
//   probe I on|off|CELSIUS  connects or disconnects probe I, counted from 1, or fixes its temperature
//   air TEMPERATURE HUMIDITY HECTOPASCALS GAS   fixes the air; GAS is the MQ-135's resistance in units
//                         of its load: the worse the air, the less
//   answer ok|refuse|hang|truncate|error   how requests are answered from now on
//   restart               cuts the power for a moment; R0 stays with --storage only
//   quit
#pragma once

#include <string>

#include "device.h"
#include "http_server.h"

namespace sim {

class Commands {
 public:
  Commands(Device& device, HttpServer& server) : device_(device), server_(server) {}

  // Runs a command. Returns false if it is not understood.
  bool run(const std::string& line);
  bool quit() const { return quit_; }

 private:
  bool set_probe(std::istream& words);
  bool set_mode(const std::string& name);

  Device& device_;
  HttpServer& server_;
  bool quit_ = false;
};

}  // namespace sim
