#include "display.h"

#include <Wire.h>

namespace {

constexpr std::uint8_t kAddress = 0x3C;

}  // namespace

void Display::show(const char* lines) {
  Wire.beginTransmission(kAddress);
  if (Wire.endTransmission() != 0) {
    begun_ = false;  // it has to be set up again when it comes back
    return;
  }
  if (!begun_) begun_ = panel_.begin(SSD1306_SWITCHCAPVCC, kAddress, true, false);
  if (!begun_) return;
  panel_.clearDisplay();
  panel_.setTextSize(1);
  panel_.setTextColor(SSD1306_WHITE);
  panel_.setCursor(0, 0);
  panel_.print(lines);
  panel_.display();
}
