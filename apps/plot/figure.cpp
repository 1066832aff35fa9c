#include "plot/figure.hpp"

#include <stdexcept>
#include <string_view>

#include "base/error.hpp"
#include "plot/gnuplot.hpp"
#include "shell/file.hpp"

namespace scheduled::plot {
namespace {

/// gnuplot says nothing when the disk is full; a whole picture shows by its end.
bool is_whole(std::string_view bytes, Format format) {
  using namespace std::string_view_literals;
  const std::string_view end = format == Format::png   ? "IEND\xae\x42\x60\x82"sv
                               : format == Format::svg ? "</svg>"sv
                                                       : "%%EOF"sv;
  while (format != Format::png && !bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) {
    bytes.remove_suffix(1);
  }
  return bytes.ends_with(end);
}

}  // namespace

Format format_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  for (const Format format : {Format::png, Format::svg, Format::pdf}) {
    if (extension == concat({".", word_of(format)})) return format;
  }
  shell::fail_file(path.string(), "a figure must end in .png, .svg or .pdf");
}

void check_figure_path(const std::filesystem::path& path) {
  format_of(path);
  shell::check_writable(path);
}

std::string render(const Figure& figure, Format format) {
  std::string bytes = run_gnuplot(gnuplot_script(figure, format));
  if (!is_whole(bytes, format)) {
    throw std::runtime_error("gnuplot failed: its picture is incomplete; is there room for temporary files?");
  }
  return bytes;
}

std::string render_animation(const std::vector<Figure>& frames, double seconds) {
  if (frames.empty()) fail_value("frames", "[]", "an animation needs at least one");
  if (!(seconds > 0.0 && seconds < 600.0)) fail_value("seconds", seconds, "must be > 0 and < 600");
  std::string bytes = run_gnuplot(gnuplot_animation(frames, seconds));
  if (!bytes.starts_with("GIF8") || !bytes.ends_with(';')) {
    throw std::runtime_error("gnuplot failed: its animation is incomplete; is there room for temporary files?");
  }
  return bytes;
}

void write_figure(const Figure& figure, const std::filesystem::path& path) {
  const Format format = format_of(path);
  shell::check_writable(path);
  shell::write_file(path, render(figure, format));
}

}  // namespace scheduled::plot
