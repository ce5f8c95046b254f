// A minimal test framework, which needs nothing but a C++ compiler.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstring>

namespace check {

struct Test {
  Test(const char* test_name, void (*test_body)()) : name(test_name), body(test_body), next(first) {
    first = this;
  }
  const char* name;
  void (*body)();
  Test* next;
  static inline Test* first = nullptr;
  static inline bool failed = false;
};

inline void that(bool good, const char* what, const char* file, int line) {
  if (good) return;
  Test::failed = true;
  std::printf("%s:%d: failed: %s\n", file, line, what);
}

inline void near(double found, double wanted, double tolerance, const char* file, int line) {
  if (std::fabs(found - wanted) <= tolerance) return;
  Test::failed = true;
  std::printf("%s:%d: %.9g instead of %.9g\n", file, line, found, wanted);
}

inline void text(const char* found, const char* wanted, const char* file, int line) {
  if (std::strcmp(found, wanted) == 0) return;
  Test::failed = true;
  std::printf("%s:%d:\n  found  %s\n  wanted %s\n", file, line, found, wanted);
}

inline int run_all() {
  int passed = 0;
  int failed = 0;
  for (Test* test = Test::first; test != nullptr; test = test->next) {
    Test::failed = false;
    test->body();
    std::printf("%s %s\n", Test::failed ? "FAILED" : "ok", test->name);
    Test::failed ? ++failed : ++passed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace check

#define TEST(name)                                   \
  static void name();                                \
  static check::Test test_##name(#name, name);       \
  static void name()
#define CHECK(condition) check::that(static_cast<bool>(condition), #condition, __FILE__, __LINE__)
#define CHECK_NEAR(found, wanted, tolerance) \
  check::near(static_cast<double>(found), wanted, tolerance, __FILE__, __LINE__)
#define CHECK_TEXT(found, wanted) check::text(found, wanted, __FILE__, __LINE__)
