#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace sim {

namespace {

constexpr int kBacklog = 16;
constexpr int kPollMilliseconds = 10;

std::uint32_t client_address(int connection) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getpeername(connection, reinterpret_cast<sockaddr*>(&address), &size);
  return address.sin_addr.s_addr;
}

}  // namespace

HttpServer::HttpServer(int port, Handler handler, Clock clock)
    : port_(port), handler_(std::move(handler)), clock_(std::move(clock)) {}

bool HttpServer::listen() {
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  socklen_t size = sizeof address;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0) return false;
  if (::listen(socket_, kBacklog) != 0) return false;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  return true;
}

bool HttpServer::set_mode(Mode mode) {
  mode_ = mode;
  if (mode_ == Mode::kRefuse && socket_ >= 0) {
    close(socket_);
    socket_ = -1;
  } else if (mode_ != Mode::kRefuse && socket_ < 0) {
    return listen();  // at the same port as before
  }
  return true;
}

bool HttpServer::wait(int input) {
  // Negative sockets are ignored by poll.
  for (std::size_t slot = 0; slot < connections_.size(); ++slot) {
    polled_[slot] = {connections_[slot].socket, POLLIN, 0};
  }
  pollfd& typed = polled_[air::kMaxConnections];
  typed = {input, POLLIN, 0};
  polled_[air::kMaxConnections + 1] = {socket_, POLLIN, 0};
  poll(polled_.data(), polled_.size(), kPollMilliseconds);
  return typed.revents != 0;
}

void HttpServer::serve() {
  for (std::size_t slot = 0; slot < connections_.size(); ++slot) {
    if (polled_[slot].revents != 0) receive(slot);
    if (connections_[slot].socket >= 0 && slots_.timed_out(slot, clock_())) disconnect(slot);
  }
  if (socket_ >= 0 && (polled_[air::kMaxConnections + 1].revents & POLLIN) != 0) accept_client();
}

void HttpServer::accept_client() {
  const std::size_t slot = slots_.acquire(clock_());
  if (slot == air::ConnectionSlots::kNoSlot) return;
  if (connections_[slot].socket >= 0) close(connections_[slot].socket);
  connections_[slot] = Connection{};
  connections_[slot].socket = accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK);
  if (connections_[slot].socket < 0) slots_.release(slot);
}

void HttpServer::disconnect(std::size_t slot) {
  close(connections_[slot].socket);
  connections_[slot].socket = -1;
  slots_.release(slot);
}

void HttpServer::receive(std::size_t slot) {
  Connection& connection = connections_[slot];
  char piece[1024];
  const ssize_t count = recv(connection.socket, piece, sizeof piece, 0);
  if (count < 0 && errno == EAGAIN) return;
  air::ParseResult result = air::ParseResult::kIncomplete;
  for (ssize_t index = 0; index < count && result == air::ParseResult::kIncomplete; ++index) {
    result = connection.parser.feed(piece[index]);
  }
  if (result == air::ParseResult::kIncomplete && count > 0) return;
  if (mode_ == Mode::kHang) {
    hanging_.push_back(connection.socket);
    connection.socket = -1;
    slots_.release(slot);
    return;
  }
  if (result != air::ParseResult::kIncomplete) {
    respond(connection, result == air::ParseResult::kComplete);
    // If unread bytes were left, closing would reset the connection and could lose the response.
    while (recv(connection.socket, piece, sizeof piece, 0) > 0) continue;
  }
  disconnect(slot);
}

void HttpServer::respond(const Connection& connection, bool valid) {
  HttpResponse response =
      mode_ == Mode::kError
          ? empty_response(500)
          : handler_(connection.parser, valid, client_address(connection.socket));
  if (std::strcmp(connection.parser.method(), "HEAD") == 0) response.body.clear();
  if (mode_ == Mode::kTruncate) response.body.resize(response.body.size() / 2);
  const std::string whole = response.head + response.body;
  send(connection.socket, whole.data(), whole.size(), MSG_NOSIGNAL);
}

}  // namespace sim
