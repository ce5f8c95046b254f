// Copy this to secrets.h to do without the portal: it opens only while asked for by the button FLASH.
// Git ignores secrets.h.
#pragma once

#define WIFI_SSID "my network"
#define WIFI_PASSWORD "my password"
