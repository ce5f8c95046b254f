#include "air/network/http_response.h"

namespace air {

namespace {

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 429:
      return "Too Many Requests";
    default:
      return "Error";
  }
}

}  // namespace

void write_response_head(TextWriter& text, const ResponseHead& head) {
  text.put("HTTP/1.1 ").number(static_cast<std::uint64_t>(head.status)).put(' ');
  text.put(reason(head.status)).put("\r\nContent-Type: ").put(head.type);
  text.put("\r\nContent-Length: ").number(head.length);
  // Other sites may not embed these pages, and the pages load nothing from elsewhere.
  text.put(AIR_FLASH(
      "\r\nCache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
      "frame-ancestors 'none'\r\n"));
  if (head.challenge) text.put("WWW-Authenticate: Basic realm=\"station\"\r\n");
  if (head.allow != nullptr) text.put("Allow: ").put(head.allow).put("\r\n");
  if (head.retry_after > 0) text.put("Retry-After: ").number(head.retry_after).put("\r\n");
  if (head.location != nullptr) text.put("Location: ").put(head.location).put("\r\n");
  text.put("\r\n");
}

}  // namespace air
