#include <random>
#include <string>

#include "air/request.h"
#include "check.h"

using air::arrived;
using air::Arrived;

namespace {

Arrived look(const std::string& bytes) { return arrived(bytes.data(), bytes.size()); }

// The request is whole exactly when its last byte has come, however it was cut.
void comes_in_pieces(const std::string& request) {
  for (std::size_t count = 0; count < request.size(); ++count) {
    CHECK(look(request.substr(0, count)) == Arrived::kPartly);
  }
  CHECK(look(request) == Arrived::kWhole);
}

}  // namespace

TEST(requests_that_come_in_pieces) {
  comes_in_pieces("GET /circumstances HTTP/1.1\r\nHost: 192.168.1.20\r\nAccept: */*\r\n\r\n");
  comes_in_pieces("GET / HTTP/1.0\r\n\r\n");
  comes_in_pieces("POST /save HTTP/1.1\r\ncontent-LENGTH:  11\r\nHost: x\r\n\r\nnetwork=abc");
  comes_in_pieces("POST /restart HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
}

TEST(what_is_no_request_is_not_waited_for) {
  CHECK(look("hello\n") == Arrived::kUseless);
  CHECK(look("GET / HTTP/1.1\nHost: x\n\n") == Arrived::kUseless);
  CHECK(look(std::string(air::kLongestRequest, 'x')) == Arrived::kUseless);
  CHECK(look("GET / HTTP/1.1\r\nX: " + std::string(air::kLongestRequest, 'x')) ==
        Arrived::kUseless);
  CHECK(look("POST / HTTP/1.1\r\nContent-Length: 999999999999999999999999\r\n\r\n") ==
        Arrived::kUseless);
  CHECK(look("POST / HTTP/1.1\r\nContent-Length: 2040\r\n\r\n") == Arrived::kUseless);
}

TEST(more_than_a_request_is_a_request) {
  CHECK(look("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n") == Arrived::kWhole);
}

TEST(any_bytes_are_looked_at_without_harm) {
  std::mt19937 chance(1);
  const std::string letters = "\r\n\r\n:0123456789 content-length GET/\0xyz";
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(chance() % 200, ' ');
    for (char& each : bytes) each = letters[chance() % letters.size()];
    const Arrived found = look(bytes);
    // Whether it is whole cannot change by more that comes.
    if (found == Arrived::kWhole) CHECK(look(bytes + "more") == Arrived::kWhole);
    if (found == Arrived::kUseless) CHECK(look(bytes + "more") == Arrived::kUseless);
  }
}
