#include "api/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <ctime>

namespace lockstep::api {
namespace {

constexpr const char* certificate_key = "api.tls.certificate";
constexpr const char* next_certificate = "renew it, then: systemctl reload lockstepd";

UnixSeconds seconds_of(const ASN1_TIME* time) {
  std::tm broken{};
  if (ASN1_TIME_to_tm(time, &broken) != 1) return 0;
  const auto seconds = timegm(&broken);
  return seconds < 0 ? 0 : static_cast<UnixSeconds>(seconds);
}

/// Only HTTP/1.1 is spoken: a client that names other protocols only is refused in the handshake.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, length, ours.data(), ours.size(), offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

void restrict_to_what_is_good(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325, 4.2).
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

Result<std::shared_ptr<Tls>> Tls::make(const std::string& chain, const std::string& key, UnixSeconds now) {
  std::shared_ptr<Tls> tls(new Tls);
  auto* context = tls->context_.native_handle();
  restrict_to_what_is_good(context);
  boost::system::error_code error;
  tls->context_.use_certificate_chain(boost::asio::buffer(chain), error);
  if (error)
    return fail("the certificate cannot be read", certificate_key, error.message(),
                "write PEM: the certificate, then those between it and its authority");
  tls->context_.use_private_key(boost::asio::buffer(key), boost::asio::ssl::context::pem, error);
  // OpenSSL compares the key with the certificate as it takes it.
  if (error)
    return fail("the key cannot be used", "api.tls.key", error.message(),
                "write the PEM of the certificate's own key, without passphrase");
  const auto* certificate = SSL_CTX_get0_certificate(context);
  const auto from = seconds_of(X509_get0_notBefore(certificate)), until = seconds_of(X509_get0_notAfter(certificate));
  if (now >= until)
    return fail("the certificate has expired", certificate_key, "it was valid until " + to_rfc3339(until),
                next_certificate);
  if (now < from)
    return fail("the certificate is not valid yet", certificate_key, "it is valid from " + to_rfc3339(from),
                "check this machine's clock, or wait");
  unsigned length = 0;
  X509_digest(certificate, EVP_sha256(), tls->fingerprint_.bytes.data(), &length);
  tls->not_after_ = until;
  return tls;
}

}  // namespace lockstep::api
