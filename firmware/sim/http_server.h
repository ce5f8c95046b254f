// Serves HTTP on loopback with the same limits as on the board, and with faults on request.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "air/network/connection_slots.h"
#include "air/network/http_request.h"
#include "device.h"

namespace sim {

class HttpServer {
 public:
  enum class Mode { kOk, kRefuse, kHang, kTruncate, kError };

  // Responds to a request; see Device::respond.
  using Handler =
      std::function<HttpResponse(const air::RequestParser&, bool valid, std::uint32_t client_address)>;
  // Returns the time by which clients time out.
  using Clock = std::function<air::Millis()>;

  HttpServer(int port, Handler handler, Clock clock);
  HttpServer(const HttpServer&) = delete;

  // Listens on loopback; port 0 becomes a free one. Returns false and sets errno if that fails.
  bool listen();
  int port() const { return port_; }

  // Sets how requests are answered from now on. Returns false if it cannot listen again.
  bool set_mode(Mode mode);

  // Waits a few milliseconds for clients or for `input`. Returns whether `input` is ready.
  bool wait(int input);
  // Serves the clients that `wait` found ready, and disconnects those that time out.
  void serve();

 private:
  struct Connection {
    int socket = -1;
    air::RequestParser parser;
  };

  void accept_client();
  void receive(std::size_t slot);
  void respond(const Connection& connection, bool valid);
  void disconnect(std::size_t slot);

  int port_;
  Handler handler_;
  Clock clock_;
  Mode mode_ = Mode::kOk;
  int socket_ = -1;
  std::array<pollfd, air::kMaxConnections + 2> polled_{};  // connections, then input and `socket_`
  std::array<Connection, air::kMaxConnections> connections_;
  air::ConnectionSlots slots_;
  std::vector<int> hanging_;  // sockets that stay open without a response
};

}  // namespace sim
