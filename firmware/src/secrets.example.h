// Copy this to secrets.h to compile a network in. The portal then opens only by the button FLASH.
// Git ignores secrets.h.
#pragma once

#define WIFI_SSID "my network"
#define WIFI_PASSWORD "my password"
