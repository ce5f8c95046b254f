#include "simulator.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace sim {

Simulator::Simulator(const Options& options)
    : speed_(options.speed),
      device_(options),
      server_(
          options.port,
          [this](const air::RequestParser& request, bool valid, std::uint32_t client_address) {
            return device_.respond(request, valid, client_address, server_.port());
          },
          [this] { return client_time(); }),
      commands_(device_, server_) {}

bool Simulator::begin() {
  if (!server_.listen()) return false;
  std::printf("%d\n", server_.port());
  std::fflush(stdout);
  return true;
}

void Simulator::run() {
  auto before = std::chrono::steady_clock::now();
  double due = 0;  // milliseconds of the station's time
  while (!commands_.quit()) {
    const bool typed = server_.wait(STDIN_FILENO);
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> spent = now - before;
    due += spent.count() * speed_;
    before = now;
    const auto whole = static_cast<air::Millis>(due);
    due -= whole;
    device_.advance(whole);
    if (typed && !read_commands()) return;
    server_.serve();
  }
}

bool Simulator::read_commands() {
  char piece[1024];
  const ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
  if (count <= 0) return false;
  typed_.append(piece, static_cast<std::size_t>(count));
  for (std::size_t end = typed_.find('\n'); end != std::string::npos; end = typed_.find('\n')) {
    std::printf("%s\n", commands_.run(typed_.substr(0, end)) ? "ok" : "what");
    std::fflush(stdout);
    typed_.erase(0, end + 1);
  }
  return true;
}

// Returns the time by which clients time out. They live in real time, so it is that, unless the
// station's time passes only by commands.
air::Millis Simulator::client_time() const {
  if (speed_ <= 0) return device_.world.now;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<air::Millis>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace sim
