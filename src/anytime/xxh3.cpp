#include "anytime/xxh3.hpp"

#include <xxhash.h>

#include <array>
#include <new>

namespace scheduled::anytime {

struct Xxh3::State {
  XXH3_state_t* state = XXH3_createState();  // aligned as XXH3 wants it
};

Xxh3::Xxh3() : state_(std::make_unique<State>()) {
  if (state_->state == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(state_->state);
}

Xxh3::~Xxh3() { XXH3_freeState(state_->state); }

void Xxh3::add(std::string_view bytes) { XXH3_128bits_update(state_->state, bytes.data(), bytes.size()); }

std::string Xxh3::hex() const {
  XXH128_canonical_t canonical{};
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->state));
  std::string out;
  for (const unsigned char byte : canonical.digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

}  // namespace scheduled::anytime
