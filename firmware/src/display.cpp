#include "display.h"

#include <Wire.h>

namespace {

constexpr std::uint8_t kAddress = 0x3C;

}  // namespace

void Display::begin() {
  Wire.beginTransmission(kAddress);
  there_ = Wire.endTransmission() == 0 && panel_.begin(SSD1306_SWITCHCAPVCC, kAddress, true, false);
}

void Display::show(const char* lines) {
  if (!there_) return;
  panel_.clearDisplay();
  panel_.setTextSize(1);
  panel_.setTextColor(SSD1306_WHITE);
  panel_.setCursor(0, 0);
  panel_.print(lines);
  panel_.display();
}
