#include "server.h"

#include <air/request.h>

#include <memory>
#include <new>

namespace {

constexpr air::Millis kPatience = 5 * air::kSecond;

air::Arrived look(WiFiClient& client, std::size_t count) {
  const std::unique_ptr<char[]> bytes(new (std::nothrow) char[count]);
  if (!bytes) return air::Arrived::kPartly;
  const std::size_t seen = client.peekBytes(bytes.get(), count);
  return air::arrived(bytes.get(), seen);
}

}  // namespace

WiFiClient PatientServer::accept() {
  for (Waiting& each : waiting_) {
    if (!each.taken) {
      if (!hasClient()) continue;
      each.client = WiFiServer::accept();
      each.since = millis();
      each.seen = 0;
      each.taken = true;
    }
    const int count = each.client.available();
    air::Arrived found = air::Arrived::kPartly;
    if (count != each.seen) {
      each.seen = count;
      found = look(each.client, min<std::size_t>(count, air::kLongestRequest));
    }
    const bool gone = count == 0 && !each.client.connected();
    const bool late = air::elapsed(millis(), each.since) > kPatience;
    if (found == air::Arrived::kPartly && !gone && !late) continue;
    const WiFiClient client = each.client;
    each = Waiting{};
    if (found == air::Arrived::kWhole) return client;
  }
  return {};
}

void StationServer::step() {
  handleClient();
  if (_currentStatus == HC_WAIT_CLOSE) {
    _currentClient = WiFiClient();
    _currentStatus = HC_NONE;
  }
}
