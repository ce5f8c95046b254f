// Writes the head of an HTTP response.
#pragma once

#include <cstddef>
#include <cstdint>

#include "air/common/text_writer.h"

namespace air {

struct ResponseHead {
  int status = 200;
  const char* type = "application/json";
  std::size_t length = 0;          // of the body
  bool challenge = false;          // whether to ask for the password (Basic)
  const char* location = nullptr;  // where to redirect to
  const char* allow = nullptr;     // the methods that are allowed
  std::uint32_t retry_after = 0;   // s
};

constexpr std::size_t kMaxResponseHeadSize = 448;

void write_response_head(TextWriter& text, const ResponseHead& head);

}  // namespace air
