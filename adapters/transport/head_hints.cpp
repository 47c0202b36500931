#include "adapters/transport/head_hints.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <random>
#include <thread>

#include "adapters/transport/hint_talk.hpp"

namespace lockstep::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t max_message_bytes = std::size_t{64} * 1024;

std::chrono::milliseconds ms(std::uint32_t count) { return std::chrono::milliseconds(count); }

}  // namespace

bool parse_ws_url(const std::string& text, WsUrl& out) {
  out.tls = text.starts_with("wss://");
  if (!out.tls && !text.starts_with("ws://")) return false;
  const auto rest = text.substr(out.tls ? 6 : 5);
  const auto slash = rest.find_first_of("/?");
  const auto authority = rest.substr(0, slash);
  out.target = slash == std::string::npos ? "/" : rest.substr(slash);
  if (out.target.front() == '?') out.target.insert(0, "/");
  if (authority.find('@') != std::string::npos) return false;
  const bool bracketed = authority.starts_with('[');
  const auto end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && end == std::string::npos) return false;
  out.host = bracketed ? authority.substr(1, end - 1) : authority.substr(0, end);
  const auto colon = bracketed ? end + 1 : end;
  out.port = out.tls ? "443" : "80";
  if (colon != std::string::npos && colon < authority.size()) {
    if (authority[colon] != ':') return false;
    out.port = authority.substr(colon + 1);
  }
  const bool number = !out.port.empty() && out.port.size() <= 5 &&
                      std::ranges::all_of(out.port, [](char c) { return c >= '0' && c <= '9'; });
  return !out.host.empty() && number;
}

struct HeadHints::Loop {
  HeadHints& owner;
  std::function<void()> on_hint;
  HintOptions options;
  asio::io_context context{1};
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::minstd_rand random{std::random_device{}()};
  std::thread thread;

  Loop(HeadHints& hints, std::function<void()> call, HintOptions given)
      : owner(hints), on_hint(std::move(call)), options(std::move(given)) {
    tls.set_default_verify_paths();
    tls.set_verify_mode(asio::ssl::verify_peer);
  }

  /// Until the socket fails, falls silent or says what is not so; returns why.
  template <class Stream>
  asio::awaitable<std::string> listen(websocket::stream<Stream>& socket, const WsUrl& url, std::size_t place) {
    auto timeout = websocket::stream_base::timeout::suggested(beast::role_type::client);
    timeout.handshake_timeout = ms(options.handshake_ms);
    timeout.idle_timeout = ms(options.silence_ms);
    timeout.keep_alive_pings = true;
    socket.set_option(timeout);
    socket.read_message_max(max_message_bytes);
    const auto [refused] = co_await socket.async_handshake(url.host + ":" + url.port, url.target, use_tuple);
    if (refused) co_return "no WebSocket: " + refused.message();
    asio::steady_timer patience(context);
    const auto alive = std::make_shared<bool>(true);  // the timer may have gone off just before we return
    const std::unique_ptr<bool, void (*)(bool*)> mortal(alive.get(), [](bool* mark) { *mark = false; });
    const auto be_patient = [&](std::uint32_t time_ms) {
      patience.expires_after(ms(time_ms));
      patience.async_wait([alive, &socket](const boost::system::error_code& cancelled) {
        if (!cancelled && *alive) beast::get_lowest_layer(socket).cancel();
      });
    };
    be_patient(options.handshake_ms);
    HintTalk talk(options.chain_id, options.anchor);
    for (const auto& message : HintTalk::opening()) {
      const auto [unsent, sent] = co_await socket.async_write(asio::buffer(message), use_tuple);
      if (unsent) co_return unsent.message();
    }
    beast::flat_buffer buffer;
    while (true) {
      const auto [failed, bytes] = co_await socket.async_read(buffer, use_tuple);
      if (failed) co_return failed == asio::error::operation_aborted ? "silent for too long" : failed.message();
      const auto step = talk.take({static_cast<const char*>(buffer.data().data()), buffer.size()});
      buffer.consume(buffer.size());
      if (step == HintTalk::Step::end) co_return talk.why();
      if (step == HintTalk::Step::send) {
        const auto text = HintTalk::subscription();
        const auto [unsent, sent] = co_await socket.async_write(asio::buffer(text), use_tuple);
        if (unsent) co_return unsent.message();
      }
      if (step == HintTalk::Step::wait || step == HintTalk::Step::send) continue;
      be_patient(options.silence_ms);
      if (step == HintTalk::Step::subscribed)
        owner.tell(place, {});
      else
        owner.hints_++;
      on_hint();
      asio::steady_timer pause(context, ms(options.pause_ms));
      const auto [stopped] = co_await pause.async_wait(use_tuple);
      if (stopped) co_return "stopped";
    }
  }

  asio::awaitable<std::string> once(const WsUrl& url, std::size_t place) {
    tcp::resolver resolver(context);
    const auto [unknown, places] = co_await resolver.async_resolve(url.host, url.port, use_tuple);
    if (unknown) co_return "host not found: " + unknown.message();
    beast::tcp_stream stream(context);
    stream.expires_after(ms(options.handshake_ms));
    const auto [unreachable, found] = co_await stream.async_connect(places, use_tuple);
    if (unreachable) co_return "unreachable: " + unreachable.message();
    if (!url.tls) {
      stream.expires_never();  // the WebSocket has its own
      websocket::stream<beast::tcp_stream> socket(std::move(stream));
      co_return co_await listen(socket, url, place);
    }
    beast::ssl_stream<beast::tcp_stream> secured(std::move(stream), tls);
    auto name = url.host;  // SSL_set_tlsext_host_name in full: as a macro it casts the old way
    if (SSL_ctrl(secured.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) != 1)
      co_return "no TLS for this name";
    secured.set_verify_callback(asio::ssl::host_name_verification(url.host));
    const auto [untrusted] = co_await secured.async_handshake(asio::ssl::stream_base::client, use_tuple);
    if (untrusted) co_return "TLS: " + untrusted.message();
    beast::get_lowest_layer(secured).expires_never();
    websocket::stream<beast::ssl_stream<beast::tcp_stream>> socket(std::move(secured));
    co_return co_await listen(socket, url, place);
  }

  asio::awaitable<void> keep(WsUrl url, std::size_t place) {
    auto wait_ms = options.backoff_min_ms;
    while (true) {
      const auto before = owner.hints_.load();
      owner.tell(place, co_await once(url, place));
      wait_ms = owner.hints_ != before ? options.backoff_min_ms : std::min(wait_ms * 2, options.backoff_max_ms);
      asio::steady_timer timer(context, ms(wait_ms / 2 + random() % (wait_ms / 2 + 1)));
      const auto [stopped] = co_await timer.async_wait(use_tuple);
      if (stopped) co_return;
    }
  }
};

HeadHints::HeadHints(std::vector<std::string> urls, std::function<void()> on_hint, const HintOptions& options)
    : troubles_(urls.size(), "not connected yet"), loop_(std::make_unique<Loop>(*this, std::move(on_hint), options)) {
  for (std::size_t place = 0; place < urls.size(); ++place) {
    WsUrl url;
    if (parse_ws_url(urls[place], url))
      asio::co_spawn(loop_->context, loop_->keep(std::move(url), place), asio::detached);
    else
      troubles_[place] = "not a WebSocket URL";
  }
  loop_->thread = std::thread([loop = loop_.get()] { loop->context.run(); });
}

HeadHints::~HeadHints() {
  loop_->context.stop();
  loop_->thread.join();
}

void HeadHints::tell(std::size_t url, std::string trouble) {
  const std::lock_guard lock(mutex_);
  troubles_[url] = std::move(trouble);
}

std::vector<std::string> HeadHints::troubles() const {
  const std::lock_guard lock(mutex_);
  return troubles_;
}

}  // namespace lockstep::transport
