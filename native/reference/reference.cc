// CRC-64/XZ and AES-256-CTR without a line of the Rust sources: the checksum from its table definition, eight bytes at a
// time, the cipher from the OpenSSL that Node.js exports. Slower kernels, other authors, same answers expected.
#include <napi.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace {

constexpr uint64_t kPolynomial = 0xC96C5795D7870F42ull;

using Tables = std::array<std::array<uint64_t, 256>, 8>;

Tables MakeTables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) ? (crc >> 1) ^ kPolynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (size_t level = 1; level < tables.size(); ++level) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = tables[level - 1][byte];
      tables[level][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

const Tables kTables = MakeTables();

uint64_t Crc64(uint64_t previous, const uint8_t* data, size_t length) {
  uint64_t state = ~previous;
  while (length >= 8) {
    // Assembled byte by byte, so that the order of bytes of the machine does not matter.
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word |= static_cast<uint64_t>(data[i]) << (8 * i);
    word ^= state;
    state = 0;
    for (int i = 0; i < 8; ++i) state ^= kTables[7 - i][(word >> (8 * i)) & 0xff];
    data += 8;
    length -= 8;
  }
  for (; length > 0; --length) state = (state >> 8) ^ kTables[0][(state ^ *data++) & 0xff];
  return ~state;
}

// crc64(data, previous) => bigint
Napi::Value JsCrc64(const Napi::CallbackInfo& info) {
  const auto data = info[0].As<Napi::Uint8Array>();
  bool lossless = false;
  const uint64_t previous = info[1].As<Napi::BigInt>().Uint64Value(&lossless);
  return Napi::BigInt::New(info.Env(), Crc64(previous, data.Data(), data.ByteLength()));
}

// aesCtr(key, counterBlock, data): changes data in place
Napi::Value JsAesCtr(const Napi::CallbackInfo& info) {
  const auto key = info[0].As<Napi::Uint8Array>();
  const auto block = info[1].As<Napi::Uint8Array>();
  auto data = info[2].As<Napi::Uint8Array>();
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int written = 0;
  const bool ok = context != nullptr &&
                  EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nullptr, key.Data(), block.Data()) == 1 &&
                  EVP_EncryptUpdate(context, data.Data(), &written, data.Data(), static_cast<int>(data.ByteLength())) == 1;
  EVP_CIPHER_CTX_free(context);
  if (!ok) Napi::Error::New(info.Env(), "OpenSSL refused").ThrowAsJavaScriptException();
  return info.Env().Undefined();
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("crc64", Napi::Function::New(env, JsCrc64));
  exports.Set("aesCtr", Napi::Function::New(env, JsAesCtr));
  return exports;
}

}  // namespace

NODE_API_MODULE(reference, Init)
