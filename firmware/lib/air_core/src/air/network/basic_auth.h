// HTTP's basic authentication.
#pragma once

namespace air {

// Returns whether encoded credentials (see RequestParser::credentials) are those of the user `air` with
// this password. An empty password admits nobody.
bool is_authorized(const char* credentials, const char* password);

}  // namespace air
