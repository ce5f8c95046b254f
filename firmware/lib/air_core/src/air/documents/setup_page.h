// The page on which the owner sets the station up, in the station's own network.
#pragma once

#include <cstddef>

#include "air/common/text_writer.h"

namespace air {

constexpr std::size_t kLongestNetwork = 32;      // bytes of a network's name
constexpr std::size_t kShortestSecret = 8;       // characters of a network's password, if it has one
constexpr std::size_t kLongestSecret = 64;
constexpr std::size_t kLongestPassword = 32;     // of the station's own
constexpr std::size_t kMostNetworks = 8;         // that the page offers

// What the owner can choose. A station that has not been set up has these.
struct Choices {
  char password[kLongestPassword + 1] = "";  // of calibrating, restarting and updating; empty: nobody
  float altitude = 150;                      // m above the sea, for the pressure at sea level
  bool climate_correction = true;            // of the gas sensor, by the DHT22
};

// The form's fields, as they came.
struct Form {
  const char* network = "";  // empty: the network stays
  const char* secret = "";   // of the network
  const char* password = ""; // empty: stays
  const char* altitude = "";
  bool climate_correction = false;
  bool no_password = false;  // the station's password goes
};

// Puts the form into `choices` if all of it is right; else returns what to enter instead.
const char* apply(const Form& form, Choices& choices);

// The networks that can be seen, the strongest first, each once.
class Neighbours {
 public:
  void clear() { count_ = 0; }
  void add(const char* name, int rssi);

  std::size_t count() const { return count_; }
  const char* name(std::size_t index) const { return places_[index].name; }

 private:
  struct Place {
    char name[kLongestNetwork + 1];
    int rssi;
  };

  Place places_[kMostNetworks]{};
  std::size_t count_ = 0;
};

struct PortalPage {
  const char* station = "";        // its name
  const char* problem = nullptr;   // what was wrong with the form, or with joining
  const char* network = "";        // the one that is known
  const char* secret = "";         // these two as they were typed, if something was wrong
  const char* password = "";
  bool has_password = false;
  const char* altitude = "";
  bool climate_correction = true;
};

// Holds either page with all that can be in it; what the networks' names do not leave room for is
// left out of the list.
constexpr std::size_t kLongestPage = 2560;

// Both write a whole HTML page.
void portal_page(const PortalPage& page, const Neighbours& neighbours, Text& text);
void saved_page(const char* station, const char* network, Text& text);  // empty: it stays

}  // namespace air
