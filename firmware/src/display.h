// An SSD1306 display, which may be connected and disconnected at any time.
#pragma once

#include <Adafruit_SSD1306.h>

class Display {
 public:
  // Shows lines of text, each ending in a newline.
  void show(const char* lines);

 private:
  Adafruit_SSD1306 panel_{128, 64, &Wire, -1, 400000, 400000};
  bool begun_ = false;
};
