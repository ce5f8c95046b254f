#include <cstring>
#include <random>
#include <string>

#include "air/network/http_request.h"
#include "check.h"

using air::form_field;
using air::logged_in;
using air::Reading;
using air::RequestReader;

namespace {

Reading feed(RequestReader& reader, const std::string& bytes) {
  Reading found = Reading::kMore;
  for (std::size_t index = 0; index < bytes.size() && found == Reading::kMore; ++index) {
    found = reader.take(bytes[index]);
  }
  return found;
}

Reading read(const std::string& bytes) {
  RequestReader reader;
  return feed(reader, bytes);
}

// Whole with its last byte, neither earlier nor with the next.
void is_whole_at_its_end(const std::string& request) {
  RequestReader reader;
  CHECK(feed(reader, request.substr(0, request.size() - 1)) == Reading::kMore);
  CHECK(reader.take(request.back()) == Reading::kWhole);
}

std::string with_header(const std::string& header) {
  return "POST /save HTTP/1.1\r\n" + header + "\r\n\r\n";
}

}  // namespace

TEST(requests_are_whole_at_their_ends) {
  is_whole_at_its_end("GET /circumstances HTTP/1.1\r\nHost: 192.168.1.20\r\nAccept: */*\r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.0\r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.1\nHost: x\n\n");
  is_whole_at_its_end("POST /save HTTP/1.1\r\ncontent-LENGTH:  11 \r\nHost: x\r\n\r\nnetwork=abc");
  is_whole_at_its_end("POST /restart HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.1\r\nHost:\r\nOrigin: \r\n\r\n");
  is_whole_at_its_end("GET / HTTP/1.1\r\nCookie: " + std::string(4000, 'x') + "\r\n\r\n");
}

TEST(what_matters_of_a_request_is_kept) {
  RequestReader reader;
  CHECK(feed(reader, "POST /save?a=b HTTP/1.1\r\nAUTHORIZATION: basic YWlyOng=\r\n"
                     "Content-Length: 3\r\n\r\na=b") == Reading::kWhole);
  CHECK_TEXT(reader.method(), "POST");
  CHECK_TEXT(reader.path(), "/save");
  CHECK_TEXT(reader.login(), "YWlyOng=");
  CHECK_TEXT(reader.body(), "a=b");
  CHECK(reader.take('x') == Reading::kWhole);  // what follows is nobody's
  CHECK_TEXT(reader.body(), "a=b");
}

TEST(requests_that_a_station_cannot_have_are_bad) {
  const std::string cases[] = {
      "\r\n",
      "hello\r\n",
      "GET /\r\n",
      "GET circumstances HTTP/1.1\r\n",
      "GET / HTTP/2\r\n",
      "DESCRIBE / HTTP/1.1\r\n",
      "GET /" + std::string(air::kLongestPath, 'x') + " HTTP/1.1\r\n",
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
  for (const std::string& each : cases) CHECK(read(each) == Reading::kBad);
  CHECK(read(std::string(air::kLongestHead + 1, 'x')) == Reading::kBad);
  CHECK(read("GET / HTTP/1.1\r\nX: " + std::string(air::kLongestHead, 'x')) == Reading::kBad);
  RequestReader reader;
  CHECK(feed(reader, "\r\n") == Reading::kBad);
  CHECK(feed(reader, "GET / HTTP/1.1\r\n\r\n") == Reading::kBad);  // and stays so
}

TEST(a_slash_at_the_end_of_a_path_says_nothing) {
  const struct {
    const char* sent;
    const char* path;
  } cases[] = {{"/circumstances/", "/circumstances"}, {"/circumstances/?x=1/", "/circumstances"},
               {"/", "/"}, {"/?a", "/"}, {"//", "/"}, {"/a//", "/a/"}};
  for (const auto& each : cases) {
    RequestReader reader;
    CHECK(feed(reader, std::string("GET ") + each.sent + " HTTP/1.1\r\n\r\n") == Reading::kWhole);
    CHECK_TEXT(reader.path(), each.path);
  }
}

TEST(who_was_asked_and_by_which_page_is_kept) {
  RequestReader reader;
  CHECK_TEXT(reader.host(), "");
  CHECK(feed(reader, "POST /restart HTTP/1.1\r\nHOST:  Station.local:80 \r\n"
                     "origin:http://x\t\r\n\r\n") == Reading::kWhole);
  CHECK_TEXT(reader.host(), "Station.local:80");
  CHECK_TEXT(reader.origin(), "http://x");
  RequestReader longer;
  CHECK(feed(longer, "GET / HTTP/1.1\r\nHost: " + std::string(72, 'x') + "\r\nOrigin: " +
                         std::string(71, 'x') + "\r\n\r\n") == Reading::kWhole);
  CHECK_TEXT(longer.host(), "?");
  CHECK(std::strlen(longer.origin()) == 71);
}

TEST(a_login_that_is_too_long_is_none) {
  RequestReader reader;
  const std::string login(200, 'A');
  CHECK(feed(reader, "GET / HTTP/1.1\r\nAuthorization: Basic " + login + "\r\n\r\n") ==
        Reading::kWhole);
  CHECK_TEXT(reader.login(), "");
}

TEST(any_bytes_are_read_without_harm) {
  std::mt19937 chance(1);
  const std::string pieces[] = {"\r\n", "\n", "GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n", ": ",
                                "Content-Length: ", "Authorization: Basic ", "12", "x", "%", " "};
  for (int round = 0; round < 20000; ++round) {
    RequestReader reader;
    Reading before = Reading::kMore;
    for (unsigned count = chance() % 12; count > 0; --count) {
      for (const char byte : pieces[chance() % std::size(pieces)]) {
        const Reading found = reader.take(byte);
        CHECK(before == Reading::kMore || found == before);
        before = found;
      }
    }
    CHECK(std::strlen(reader.path()) <= air::kLongestPath);
  }
}

TEST(logins) {
  CHECK(logged_in("YWlyOng=", "x"));
  CHECK(logged_in("YWlyOnh5", "xy"));
  CHECK(logged_in("YWlyOnh5eg==", "xyz"));
  CHECK(logged_in("YWlyOsO8", "\xc3\xbc"));
  CHECK(!logged_in("YWlyOng=", "y"));
  CHECK(!logged_in("YWlyOng", "x"));
  CHECK(!logged_in("YWlyOnh=", "x"));
  CHECK(!logged_in("QWlyOng=", "x"));
  CHECK(!logged_in("", "x"));
  CHECK(!logged_in("YWlyOg==", ""));  // without a password nobody is let in
}

TEST(fields_of_forms) {
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

TEST(heads_of_answers) {
  char memory[air::kLongestAnswerHead];
  air::Text plain(memory, sizeof memory);
  air::Head head;
  head.type = "text/html";
  head.length = 12;
  air::write_head(head, plain);
  CHECK_TEXT(memory,
             "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n"
             "Cache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
             "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
             "form-action 'self'; frame-ancestors 'none'\r\n\r\n");
  air::Text longest(memory, sizeof memory);
  air::write_head({405, "application/json", 1024, true, "http://192.168.4.1/", "GET, HEAD", 64}, longest);
  CHECK(longest.whole());
  CHECK(std::strstr(memory, "\r\nWWW-Authenticate: Basic realm=\"station\"\r\n"
                            "Allow: GET, HEAD\r\nRetry-After: 64\r\n"
                            "Location: http://192.168.4.1/\r\n\r\n") != nullptr);
  CHECK(std::strncmp(memory, "HTTP/1.1 405 Method Not Allowed\r\n", 33) == 0);
}
