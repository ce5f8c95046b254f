// A station without a board: the same core behind an HTTP server on loopback.
//
//   air_sim [--port N] [--old] [--portal] [--speed X] [--password P] [--storage FILE] [--id MAC]
//
// --old: the first firmware. --portal: as if asked from the station's own network.
// Prints its port, then takes commands on standard input, one a line, each answered by "ok" or "what":
//
//   advance MS            lets so much of the station's time pass at once
//   bmp180 on|off         the sensor is there, or is not; likewise dht22
//   bmp180 garbage        it answers with numbers that cannot be
//   dht22 zeros           its wire is dead: all bits are 0
//   mq135 N|on            the converter reads N (0 and 1023 are faults); on: as the air is
//   probes N              so many DS18B20 are on the wire
//   probe I on|off|CELSIUS  one of them, from 1, is there or not, or says just that
//   air TEMPERATURE HUMIDITY HECTOPASCALS GAS   the air stays just so; GAS is the MQ-135's resistance
//                         in units of its load: the worse the air, the less
//   answer ok|refuse|hang|truncate|error   how requests are answered from now on
//   restart               as if its power was cut for a moment; R0 stays with --storage only
//   quit
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <sstream>

#include "air/network/connection_slots.h"
#include "air/network/routes.h"
#include "first_firmware.h"
#include "parts.h"

namespace {

constexpr int kBacklog = 16;
constexpr int kPollMilliseconds = 10;
constexpr air::Millis kStep = 50;

enum class Mode { kOk, kRefuse, kHang, kTruncate, kError };

struct Options {
  int port = 0;
  bool old = false;
  bool portal = false;
  double speed = 1;
  std::string password;
  std::string storage;
  std::string id = "5ecf7f000001";
};

// Everything that a restart makes anew.
struct Device {
  Device(sim::World& world, const Options& options)
      : adc(world), barometer(world), hygrometer(world), wire(world), storage(options.storage) {
    wire.count(2);
    boot();
  }

  void boot() {
    station = std::make_unique<air::Station>(
        air::Ports{adc, barometer, hygrometer, wire, storage}, air::Settings{});
    station->begin();
    old = std::make_unique<sim::OldSketch>(adc, barometer, hygrometer, wire);
  }

  sim::Adc adc;
  sim::Barometer barometer;
  sim::Hygrometer hygrometer;
  sim::Wire wire;
  sim::Storage storage;
  std::unique_ptr<air::Station> station;
  std::unique_ptr<sim::OldSketch> old;
};

struct Keeper final : air::ChoicesPort {
  bool keep(const air::Choices&) override { return true; }
};

class Simulator {
 public:
  explicit Simulator(Options options) : options_(std::move(options)), device_(world_, options_) {
    options_.password.copy(choices_.password, air::kLongestPassword);
    neighbours_.add("Home", -48);
    neighbours_.add("Next door", -75);
  }

  bool listen_on_loopback() {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    socklen_t size = sizeof address;
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0) return false;
    if (listen(socket_, kBacklog) != 0) return false;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    options_.port = ntohs(address.sin_port);
    return true;
  }

  void announce() const {
    std::printf("%d\n", options_.port);
    std::fflush(stdout);
  }

  void run() {
    auto before = std::chrono::steady_clock::now();
    double owed = 0;
    while (!quit_) {
      // Places for connections first; a negative one is passed over.
      std::array<pollfd, air::kMostConnections + 2> wanted{};
      for (std::size_t place = 0; place < connections_.size(); ++place) {
        wanted[place] = {connections_[place].socket, POLLIN, 0};
      }
      pollfd& typed = wanted[air::kMostConnections];
      pollfd& come = wanted[air::kMostConnections + 1];
      typed = {STDIN_FILENO, POLLIN, 0};
      come = {socket_, POLLIN, 0};
      poll(wanted.data(), wanted.size(), kPollMilliseconds);
      const auto now = std::chrono::steady_clock::now();
      const std::chrono::duration<double, std::milli> spent = now - before;
      owed += spent.count() * options_.speed;
      before = now;
      const auto whole = static_cast<air::Millis>(owed);
      owed -= whole;
      pass(whole);
      if (typed.revents != 0 && !take_commands()) return;
      for (std::size_t place = 0; place < connections_.size(); ++place) {
        if (wanted[place].revents != 0) listen_to(place);
        if (connections_[place].socket >= 0 && places_.overdue(place, patience())) leave(place);
      }
      if (socket_ >= 0 && (come.revents & POLLIN) != 0) welcome();
    }
  }

 private:
  void pass(air::Millis milliseconds) {
    while (milliseconds > 0) {
      const air::Millis step = milliseconds < kStep ? milliseconds : kStep;
      milliseconds -= step;
      world_.now += step;
      device_.station->step(world_.now);
      device_.old->step(world_.now);
    }
  }

  bool take_commands() {
    char piece[1024];
    const ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
    if (count <= 0) return false;
    typed_.append(piece, static_cast<std::size_t>(count));
    for (std::size_t end = typed_.find('\n'); end != std::string::npos; end = typed_.find('\n')) {
      std::printf("%s\n", obey(typed_.substr(0, end)) ? "ok" : "what");
      std::fflush(stdout);
      typed_.erase(0, end + 1);
    }
    return true;
  }

  bool obey(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    std::string how;
    words >> what;
    if (what == "advance") {
      air::Millis milliseconds = 0;
      if (!(words >> milliseconds)) return false;
      pass(milliseconds);
      return true;
    }
    if (what == "air") {
      world_.steady = true;
      return static_cast<bool>(words >> world_.temperature >> world_.humidity >>
                               world_.hectopascals >> world_.gas);
    }
    if (what == "probes") {
      std::size_t count = 0;
      if (!(words >> count) || count > air::kMostProbes) return false;
      device_.wire.count(count);
      return true;
    }
    if (what == "probe") return obey_probe(words);
    if (what == "restart") return restart("Power On");
    if (what == "quit") return quit_ = true;
    if (!(words >> how)) return false;
    if (what == "bmp180") {
      device_.barometer.garbage = how == "garbage";
      return device_.barometer.garbage || flip(how, device_.barometer.there);
    }
    if (what == "dht22") {
      device_.hygrometer.zeros = how == "zeros";
      return device_.hygrometer.zeros || flip(how, device_.hygrometer.there);
    }
    if (what == "mq135") {
      if (how == "on") {
        device_.adc.fixed = -1;
        return true;
      }
      return static_cast<bool>(std::istringstream(how) >> device_.adc.fixed);
    }
    return what == "answer" && obey_mode(how);
  }

  static bool flip(const std::string& how, bool& there) {
    there = how == "on";
    return there || how == "off";
  }

  bool obey_probe(std::istringstream& words) {
    std::size_t number = 0;
    std::string how;
    if (!(words >> number >> how) || number < 1 || number > device_.wire.probes.size()) return false;
    sim::Wire::Probe& probe = device_.wire.probes[number - 1];
    probe.fixed = air::kMissing;
    if (flip(how, probe.there)) return true;
    probe.there = true;
    probe.fixed = std::strtof(how.c_str(), nullptr);
    return true;
  }

  bool obey_mode(const std::string& how) {
    const char* names[] = {"ok", "refuse", "hang", "truncate", "error"};
    for (std::size_t index = 0; index < 5; ++index) {
      if (how != names[index]) continue;
      mode_ = static_cast<Mode>(index);
      if (mode_ == Mode::kRefuse && socket_ >= 0) {
        close(socket_);
        socket_ = -1;
      } else if (mode_ != Mode::kRefuse && socket_ < 0) {
        return listen_on_loopback();  // at the same port as before
      }
      return true;
    }
    return false;
  }

  bool restart(const char* reason) {
    world_.now = 0;
    guard_ = air::Guard{};
    device_.boot();
    device_.station->choose(choices_.altitude, choices_.climate_correction);
    reset_ = reason;
    return true;
  }

  // The clock by which clients are waited for. They are real, so it is the real one, unless the
  // station's is told the time.
  air::Millis patience() const {
    if (options_.speed <= 0) return world_.now;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<air::Millis>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }

  // Somebody has come: as on the board, so many at once are listened to.
  void welcome() {
    const std::size_t place = places_.take(patience());
    if (place == air::Places::kNone) return;
    if (connections_[place].socket >= 0) close(connections_[place].socket);
    connections_[place] = Connection{};
    connections_[place].socket = accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK);
    if (connections_[place].socket < 0) places_.leave(place);
  }

  void leave(std::size_t place) {
    close(connections_[place].socket);
    connections_[place].socket = -1;
    places_.leave(place);
  }

  void listen_to(std::size_t place) {
    Connection& each = connections_[place];
    char piece[1024];
    const ssize_t count = recv(each.socket, piece, sizeof piece, 0);
    if (count < 0 && errno == EAGAIN) return;
    air::Reading reading = air::Reading::kMore;
    for (ssize_t index = 0; index < count && reading == air::Reading::kMore; ++index) {
      reading = each.reader.take(piece[index]);
    }
    if (reading == air::Reading::kMore && count > 0) return;
    if (mode_ == Mode::kHang) {
      hanging_.push_back(each.socket);  // until the end
      each.socket = -1;
      places_.leave(place);
      return;
    }
    if (reading != air::Reading::kMore) {
      reply(each.socket, each.reader, reading == air::Reading::kBad);
      while (recv(each.socket, piece, sizeof piece, 0) > 0) continue;  // else the answer may be lost
    }
    leave(place);
  }

  static std::uint32_t peer(int connection) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getpeername(connection, reinterpret_cast<sockaddr*>(&address), &size);
    return address.sin_addr.s_addr;
  }

  void reply(int connection, const air::RequestReader& reader, bool bad) {
    char memory[air::kLongestPage];
    air::Text text(memory, sizeof memory);
    air::Answer answer;
    if (mode_ == Mode::kError) {
      answer.status = 500;
    } else if (options_.old) {
      if (std::strncmp(reader.path(), "/circumstances", 14) == 0) {
        device_.old->circumstances(text);
      } else {
        answer.status = 500;  // as its web server said of pages that there are none of
      }
    } else if (bad) {
      answer = air::bad_request(text);
    } else {
      const air::Board board{options_.id.c_str(), "simulator", reset_, true, -58, 30000, "127.0.0.1"};
      air::Site site{*device_.station, choices_,        keeper_,          neighbours_,
                     guard_,           "air-state-sim", network_.c_str(), ""};
      answer = air::answer(site,
                           {reader.method(), reader.path(), reader.login(), reader.body(),
                            options_.portal, reader.host(), reader.origin(), peer(connection)},
                           board, world_.now, text);
    }
    if (answer.action == air::Action::kJoin) network_ = answer.network;
    const std::string portal = "http://127.0.0.1:" + std::to_string(options_.port) + "/";
    char first[air::kLongestAnswerHead];
    air::Text head(first, sizeof first);
    air::write_head({answer.status, answer.html ? "text/html" : "application/json", text.length(),
                     answer.challenge, answer.elsewhere ? portal.c_str() : nullptr, answer.allow,
                     answer.retry_after},
                    head);
    std::string body(text.c_str(), text.length());
    if (std::strcmp(reader.method(), "HEAD") == 0) body.clear();
    if (mode_ == Mode::kTruncate) body.resize(body.size() / 2);
    const std::string whole = head.c_str() + body;
    send(connection, whole.data(), whole.size(), MSG_NOSIGNAL);
    if (answer.action == air::Action::kRestart) restart("Software/System restart");
  }

  Options options_;
  sim::World world_;
  Device device_;
  air::Choices choices_;
  Keeper keeper_;
  air::Neighbours neighbours_;
  std::string network_;
  const char* reset_ = "Power On";
  Mode mode_ = Mode::kOk;
  int socket_ = -1;
  bool quit_ = false;
  std::string typed_;
  struct Connection {
    int socket = -1;
    air::RequestReader reader;
  };
  std::array<Connection, air::kMostConnections> connections_;
  air::Places places_;
  air::Guard guard_;
  std::vector<int> hanging_;
};

bool parse(int count, char** words, Options& options) {
  for (int index = 1; index < count; ++index) {
    const std::string name = words[index];
    if (name == "--old" || name == "--portal") {
      (name == "--old" ? options.old : options.portal) = true;
      continue;
    }
    if (index + 1 >= count) return false;
    const char* value = words[++index];
    if (name == "--port") {
      options.port = std::atoi(value);
    } else if (name == "--speed") {
      options.speed = std::atof(value);
    } else if (name == "--password") {
      options.password = value;
    } else if (name == "--storage") {
      options.storage = value;
    } else if (name == "--id") {
      options.id = value;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!parse(count, words, options)) {
    std::fprintf(stderr,
                 "usage: air_sim [--port N] [--old] [--portal] [--speed X] [--password P]"
                 " [--storage FILE] [--id MAC]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Simulator simulator(options);
  if (!simulator.listen_on_loopback()) {
    std::perror("air_sim");
    return 1;
  }
  simulator.announce();
  simulator.run();
  return 0;
}
