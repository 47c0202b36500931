#pragma once
// What the read listener shows itself by, and how it speaks TLS: 1.2 or later, HTTP/1.1 only, no renegotiation, no
// session that is resumed (so nothing is kept for clients that are gone).
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace lockstep::api {

class Tls {
 public:
  /// From PEM texts: the listener's certificate and those between it and an authority, and its key without passphrase.
  /// Refused: what cannot be read, a key of another certificate, a certificate that is not valid at `now`.
  static Result<std::shared_ptr<Tls>> make(const std::string& chain, const std::string& key, UnixSeconds now);

  boost::asio::ssl::context& context() { return context_; }
  const Hash32& fingerprint() const { return fingerprint_; }  // SHA-256 of the certificate
  UnixSeconds not_after() const { return not_after_; }

 private:
  Tls() : context_(boost::asio::ssl::context::tls_server) {}
  boost::asio::ssl::context context_;
  Hash32 fingerprint_;
  UnixSeconds not_after_ = 0;
};

}  // namespace lockstep::api
