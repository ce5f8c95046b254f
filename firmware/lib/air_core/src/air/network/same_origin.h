// Keeps other sites' pages from using the station through a browser.
#pragma once

namespace air {

// Returns whether a request can come from the station's own page, or from no page at all. Pages of other
// sites can make a browser send requests with the station's password. Such requests give the page
// (Origin) and the name that was asked for (Host), which may be another site's name for this address.
// `host` and `origin` are headers, empty if they were not sent. `name` is the station's.
bool is_same_origin(const char* host, const char* origin, const char* name);

// Returns whether a host is an IP address or a local name of this station, with or without a port.
bool is_own_host(const char* host, const char* name);

}  // namespace air
