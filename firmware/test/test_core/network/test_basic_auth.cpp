#include "air/network/basic_auth.h"
#include "check.h"

using air::is_authorized;

TEST(credentials_are_compared_with_the_password) {
  CHECK(is_authorized("YWlyOng=", "x"));
  CHECK(is_authorized("YWlyOnh5", "xy"));
  CHECK(is_authorized("YWlyOnh5eg==", "xyz"));
  CHECK(is_authorized("YWlyOsO8", "\xc3\xbc"));
  CHECK(!is_authorized("YWlyOng=", "y"));
  CHECK(!is_authorized("YWlyOng", "x"));
  CHECK(!is_authorized("YWlyOnh=", "x"));
  CHECK(!is_authorized("QWlyOng=", "x"));
  CHECK(!is_authorized("", "x"));
  CHECK(!is_authorized("YWlyOg==", ""));  // an empty password admits nobody
}
