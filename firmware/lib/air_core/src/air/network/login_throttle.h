// Who may press the station's buttons: no page of another site, and nobody who guesses passwords fast.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "air/common/clock.h"

namespace air {

// Whether a request that changes something can come from the station's own page, or from no page at
// all. A page elsewhere can let a browser send one, and the browser adds the password that it knows;
// but it says of which page (Origin), and by which name it asks (Host). A name that somebody else has
// made to lead here, too, is not the station's.
// `host` and `origin` are headers, empty if there was none; `name` is the station's.
bool from_own_page(const char* host, const char* origin, const char* name);

// Whether that is an address or a name by which this station can be meant, with or without a port.
bool is_own_host(const char* host, const char* name);

// Slows down wrong passwords, by the address that they come from. Never waits itself, and keeps nobody
// out for longer than about a minute, whatever others do: an address's own wrong ones count, and who
// has ever logged in is known. Addresses that are not known share what places there are.
class Guard {
 public:
  // How long an address has to wait until a password of it is looked at again; 0 if it need not.
  Millis wait(std::uint32_t address, Millis now) const;
  void wrong(std::uint32_t address, Millis now);
  void right(std::uint32_t address);

 private:
  static constexpr std::size_t kPlaces = 8;
  static constexpr std::uint32_t kFree = 3;         // wrong ones, before it has to wait
  static constexpr std::uint32_t kDoublings = 6;    // from a second on
  static constexpr Millis kKept = 30 * kSecond;     // before another address may take the place

  struct Place {
    std::uint32_t address;
    std::uint32_t wrong;  // in a row; 0: nobody has the place
    Millis last;

    Millis waits(Millis now) const;
    Millis kept(Millis now) const;
  };

  const Place* find(std::uint32_t address) const;
  std::size_t next(Millis now) const;  // which place is to be given away

  std::array<Place, kPlaces> places_{};
  std::uint32_t known_ = 0;  // who logged in last
};

}  // namespace air
