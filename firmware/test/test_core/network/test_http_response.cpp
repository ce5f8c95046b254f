#include <cstring>

#include "air/network/http_response.h"
#include "check.h"

TEST(response_heads) {
  char memory[air::kMaxResponseHeadSize];
  air::TextWriter plain(memory, sizeof memory);
  air::ResponseHead head;
  head.type = "text/html";
  head.length = 12;
  air::write_response_head(plain, head);
  CHECK_TEXT(memory,
             "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n"
             "Cache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
             "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
             "form-action 'self'; frame-ancestors 'none'\r\n\r\n");
  air::TextWriter longest(memory, sizeof memory);
  air::write_response_head(
      longest, {405, "application/json", 1024, true, "http://192.168.4.1/", "GET, HEAD", 64});
  CHECK(longest.complete());
  CHECK(std::strstr(memory, "\r\nWWW-Authenticate: Basic realm=\"station\"\r\n"
                            "Allow: GET, HEAD\r\nRetry-After: 64\r\n"
                            "Location: http://192.168.4.1/\r\n\r\n") != nullptr);
  CHECK(std::strncmp(memory, "HTTP/1.1 405 Method Not Allowed\r\n", 33) == 0);
}
