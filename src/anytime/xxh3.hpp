// XXH3-128 of a stream of bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace scheduled::anytime {

class Xxh3 {
 public:
  Xxh3();
  Xxh3(const Xxh3&) = delete;
  Xxh3& operator=(const Xxh3&) = delete;
  ~Xxh3();
  void add(std::string_view bytes);
  std::string hex() const;  ///< 32 digits, as xxhsum -H2 prints them

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scheduled::anytime
