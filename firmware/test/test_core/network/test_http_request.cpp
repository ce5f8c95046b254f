#include <cstring>
#include <random>
#include <string>

#include "air/network/http_request.h"
#include "check.h"

using air::form_field;
using air::ParseResult;
using air::RequestParser;

namespace {

ParseResult feed(RequestParser& parser, const std::string& bytes) {
  ParseResult found = ParseResult::kIncomplete;
  for (std::size_t index = 0; index < bytes.size() && found == ParseResult::kIncomplete; ++index) {
    found = parser.feed(bytes[index]);
  }
  return found;
}

ParseResult read(const std::string& bytes) {
  RequestParser parser;
  return feed(parser, bytes);
}

// Checks that a request is complete with its last byte, and not before.
void is_whole_at_its_end(const std::string& request) {
  RequestParser parser;
  CHECK(feed(parser, request.substr(0, request.size() - 1)) == ParseResult::kIncomplete);
  CHECK(parser.feed(request.back()) == ParseResult::kComplete);
}

std::string with_header(const std::string& header) {
  return "POST /save HTTP/1.1\r\n" + header + "\r\n\r\n";
}

}  // namespace

TEST(requests_are_complete_with_their_last_byte) {
  is_whole_at_its_end("GET /circumstances HTTP/1.1\r\nHost: 192.168.1.20\r\nAccept: */*\r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.0\r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.1\nHost: x\n\n");
  is_whole_at_its_end("POST /save HTTP/1.1\r\ncontent-LENGTH:  11 \r\nHost: x\r\n\r\nnetwork=abc");
  is_whole_at_its_end("POST /restart HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.1\r\nHost:\r\nOrigin: \r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.1\r\nCookie: " + std::string(4000, 'x') + "\r\n\r\n");
}

TEST(parts_of_a_request) {
  RequestParser parser;
  CHECK(feed(parser, "POST /save?a=b HTTP/1.1\r\nAUTHORIZATION: basic YWlyOng=\r\n"
                     "Content-Length: 3\r\n\r\na=b") == ParseResult::kComplete);
  CHECK_TEXT(parser.method(), "POST");
  CHECK_TEXT(parser.path(), "/save");
  CHECK_TEXT(parser.credentials(), "YWlyOng=");
  CHECK_TEXT(parser.body(), "a=b");
  CHECK(parser.feed('x') == ParseResult::kComplete);  // further bytes are ignored
  CHECK_TEXT(parser.body(), "a=b");
}

TEST(invalid_requests) {
  const std::string cases[] = {
      "\r\n",
      "hello\r\n",
      "GET /\r\n",
      "GET circumstances HTTP/1.1\r\n",
      "GET / HTTP/2\r\n",
      "DESCRIBE / HTTP/1.1\r\n",
      "GET /" + std::string(air::kMaxPathLength, 'x') + " HTTP/1.1\r\n",
      with_header("no header"),
      with_header(": no name"),
      with_header(" folded: x"),
      with_header("Content-Length : 3"),
      with_header("Content-Length:"),
      with_header("Content-Length: +3"),
      with_header("Content-Length: -1"),
      with_header("Content-Length: 3 3"),
      with_header("Content-Length: 512"),
      with_header("Content-Length: 99999999999999999999999999"),
      with_header("Content-Length: 3\r\nContent-Length: 3"),
      with_header("Transfer-Encoding: chunked"),
      with_header("Host: a\r\nHost: a"),
      with_header("Origin: a\r\norigin: b"),
      std::string("GET /\0 HTTP/1.1\r\n", 17),
  };
  for (const std::string& each : cases) CHECK(read(each) == ParseResult::kInvalid);
  CHECK(read(std::string(air::kMaxHeadLength + 1, 'x')) == ParseResult::kInvalid);
  CHECK(read("GET / HTTP/1.1\r\nX: " + std::string(air::kMaxHeadLength, 'x')) == ParseResult::kInvalid);
  RequestParser parser;
  CHECK(feed(parser, "\r\n") == ParseResult::kInvalid);
  CHECK(feed(parser, "GET / HTTP/1.1\r\n\r\n") == ParseResult::kInvalid);  // and stays invalid
}

TEST(a_trailing_slash_is_ignored) {
  const struct {
    const char* sent;
    const char* path;
  } cases[] = {{"/circumstances/", "/circumstances"}, {"/circumstances/?x=1/", "/circumstances"},
               {"/", "/"}, {"/?a", "/"}, {"//", "/"}, {"/a//", "/a/"}};
  for (const auto& each : cases) {
    RequestParser parser;
    CHECK(feed(parser, std::string("GET ") + each.sent + " HTTP/1.1\r\n\r\n") == ParseResult::kComplete);
    CHECK_TEXT(parser.path(), each.path);
  }
}

TEST(host_and_origin_of_a_request) {
  RequestParser parser;
  CHECK_TEXT(parser.host(), "");
  CHECK(feed(parser, "POST /restart HTTP/1.1\r\nHOST:  Station.local:80 \r\n"
                     "origin:http://x\t\r\n\r\n") == ParseResult::kComplete);
  CHECK_TEXT(parser.host(), "Station.local:80");
  CHECK_TEXT(parser.origin(), "http://x");
  RequestParser longer;
  CHECK(feed(longer, "GET / HTTP/1.1\r\nHost: " + std::string(72, 'x') + "\r\nOrigin: " +
                         std::string(71, 'x') + "\r\n\r\n") == ParseResult::kComplete);
  CHECK_TEXT(longer.host(), "?");
  CHECK(std::strlen(longer.origin()) == 71);
}

TEST(credentials_that_are_too_long_are_ignored) {
  RequestParser parser;
  const std::string login(200, 'A');
  CHECK(feed(parser, "GET / HTTP/1.1\r\nAuthorization: Basic " + login + "\r\n\r\n") ==
        ParseResult::kComplete);
  CHECK_TEXT(parser.credentials(), "");
}

TEST(random_bytes_do_no_harm) {
  std::mt19937 chance(1);
  const std::string pieces[] = {"\r\n", "\n", "GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n", ": ",
                                "Content-Length: ", "Authorization: Basic ", "12", "x", "%", " "};
  for (int round = 0; round < 20000; ++round) {
    RequestParser parser;
    ParseResult before = ParseResult::kIncomplete;
    for (unsigned count = chance() % 12; count > 0; --count) {
      for (const char byte : pieces[chance() % std::size(pieces)]) {
        const ParseResult found = parser.feed(byte);
        CHECK(before == ParseResult::kIncomplete || found == before);
        before = found;
      }
    }
    CHECK(std::strlen(parser.path()) <= air::kMaxPathLength);
  }
}

TEST(decodes_form_fields) {
  char found[8];
  const char* form = "a=1&network=My+%C3%BC%25&b=%zz%4&network=2&long=123456789";
  CHECK(form_field(form, "a", found, sizeof found));
  CHECK_TEXT(found, "1");
  CHECK(form_field(form, "network", found, sizeof found));
  CHECK_TEXT(found, "My \xc3\xbc%");
  CHECK(form_field(form, "b", found, sizeof found));
  CHECK_TEXT(found, "%zz%4");
  CHECK(form_field(form, "long", found, sizeof found));
  CHECK_TEXT(found, "1234567");
  CHECK(!form_field(form, "work", found, sizeof found));
  CHECK_TEXT(found, "");
  CHECK(!form_field("", "a", found, sizeof found));
  CHECK(form_field("a=", "a", found, sizeof found));
  CHECK_TEXT(found, "");
}
