// A server's certificate that signs itself, made when the test runs: nothing here expires.
#pragma once

#include <stdexcept>
#include <string>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct Certificate {
  std::string key;          // PEM
  std::string certificate;  // PEM; its own authority
};

// Valid for `host` from now on, for an hour.
inline Certificate make_certificate(const std::string& host) {
  const auto text_of = [](BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
  };
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const x509 = X509_new();
  if (key == nullptr || x509 == nullptr) throw std::runtime_error("no key was made");
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -60);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, key);
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
  X509_add_ext(x509, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(x509, key, EVP_sha256());
  BIO* const keys = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(keys, key, nullptr, nullptr, 0, nullptr, nullptr);
  BIO* const certificates = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificates, x509);
  X509_free(x509);
  EVP_PKEY_free(key);
  return {text_of(keys), text_of(certificates)};
}
