#include "runlog/compressed.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/table.hpp"
#ifdef SCHEDULED_WITH_ZLIB
#include <zlib.h>
#endif
#ifdef SCHEDULED_WITH_ZSTD
#include <zstd.h>

#include <memory>
#endif

namespace scheduled::runlog {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";
constexpr std::size_t block_bytes = std::size_t{1} << 18;

/// Appends blocks, up to a limit that a small file cannot exceed by accident.
class Inflated {
 public:
  Inflated(std::string_view file, std::size_t bytes) : file_(file), most_((std::size_t{64} << 20) + 200 * bytes) {}

  void append(const char* data, std::size_t count) {
    Interruption::poll();
    if (count > most_ - text_.size()) {
      fail_at(file_, 0, concat({"holds more than ", std::to_string(most_), " bytes, too many for its size"}));
    }
    text_.append(data, count);
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string_view file_;
  std::size_t most_;
  std::string text_;
};

#ifdef SCHEDULED_WITH_ZLIB
std::string from_gzip(std::string_view file, std::string_view content) {
  constexpr int gzip_only = 16 + MAX_WBITS;
  z_stream stream{};
  if (inflateInit2(&stream, gzip_only) != Z_OK) throw std::runtime_error("zlib: no memory");
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } const end{&stream};
  Inflated out(file, content.size());
  std::string block(block_bytes, '\0');
  while (true) {  // members may follow each other
    if (stream.avail_in == 0) {
      if (content.empty()) fail_at(file, 0, "gzip: truncated");
      const std::size_t count = std::min<std::size_t>(content.size(), std::size_t{1} << 30);
      std::string_view part = content.substr(0, count);
      content.remove_prefix(count);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));  // zlib reads it only
      stream.avail_in = static_cast<uInt>(count);
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      fail_at(file, 0, concat({"gzip: ", stream.msg == nullptr ? "broken" : stream.msg}));
    }
    out.append(block.data(), block.size() - stream.avail_out);
    if (code != Z_STREAM_END) continue;
    if (stream.avail_in == 0 && content.empty()) return std::move(out).text();
    inflateReset(&stream);
  }
}
#endif

#ifdef SCHEDULED_WITH_ZSTD
std::string from_zstd(std::string_view file, std::string_view content) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), &ZSTD_freeDStream);
  if (!stream) throw std::runtime_error("zstd: no memory");
  Inflated out(file, content.size());
  std::string block(block_bytes, '\0');
  ZSTD_inBuffer in{content.data(), content.size(), 0};
  std::size_t left = 1;  // 0 where a frame ended
  while (in.pos < in.size || left != 0) {
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    const std::size_t before = in.pos;
    left = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(left) != 0) fail_at(file, 0, concat({"zstd: ", ZSTD_getErrorName(left)}));
    out.append(block.data(), to.pos);
    if (left != 0 && in.pos == before && to.pos == 0) fail_at(file, 0, "zstd: truncated");
  }
  return std::move(out).text();
}
#endif

[[maybe_unused]] [[noreturn]] void fail_not_built(std::string_view file, std::string_view what) {
  fail_at(file, 0, concat({"is ", what, ", which this build cannot read"}));
}

}  // namespace

bool is_compressed(std::string_view content) {
  return content.starts_with(gzip_magic) || content.starts_with(zstd_magic);
}

std::optional<std::string> decompressed(std::string_view file, std::string_view content) {
  if (content.starts_with(gzip_magic)) {
#ifdef SCHEDULED_WITH_ZLIB
    return from_gzip(file, content);
#else
    fail_not_built(file, "gzip");
#endif
  }
  if (content.starts_with(zstd_magic)) {
#ifdef SCHEDULED_WITH_ZSTD
    return from_zstd(file, content);
#else
    fail_not_built(file, "zstd");
#endif
  }
  return std::nullopt;
}

}  // namespace scheduled::runlog
