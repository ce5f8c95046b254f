// A small OLED display, which may come and go.
#pragma once

#include <Adafruit_SSD1306.h>

class Display {
 public:
  // Shows lines of text, each ended by a newline.
  void show(const char* lines);

 private:
  Adafruit_SSD1306 panel_{128, 64, &Wire, -1, 400000, 400000};
  bool begun_ = false;
};
