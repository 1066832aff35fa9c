#include "anytime/journal_scan.hpp"

namespace scheduled::anytime {

bool Journal::next_segment(Scan& scan) const {
  if (scan.at.segment + 1 >= segments_.size()) return false;
  const Segment& next = segments_[scan.at.segment + 1];
  if (next.after >= 0 && (scan.at.number != next.after || scan.at.hash != next.after_hash)) {
    scan.damage.push_back(shown(next) + ": goes on behind entry " + std::to_string(next.after) + ", but " +
                          std::to_string(scan.at.number) + " is the last intact one before it");
    scan.at.number = next.after;
    scan.at.hash = next.after_hash;
  }
  ++scan.at.segment;
  scan.at.offset = head_bytes;
  scan.window.reset();
  return true;
}

void Journal::read_mark(Scan& scan) const {
  const Segment& last = segments_.back();
  Window window(last.file, shown(last), scan.others);
  scan.mark = parse_mark_line(window.view(mark_offset, head_bytes - mark_offset));
  if (!scan.mark) scan.others.push_back(shown(last) + ": its second line is damaged; the next commit writes it anew");
}

/// At the end of the last segment.
void Journal::check_mark(Scan& scan) const {
  if (!scan.mark || scan.mark->number <= scan.at.number) return;
  scan.damage.push_back(shown(segments_.back()) + ": ends with entry " + std::to_string(scan.at.number) +
                        ", but entry " + std::to_string(scan.mark->number) + " was written");
}

/// Behind the last whole entry stands something that no kill has left there.
void Journal::end_damaged(Scan& scan) const {
  scan.clean = false;
  scan.others.push_back(shown(segments_[scan.at.segment]) + ": what follows entry " + std::to_string(scan.at.number) +
                        " is damaged, or was cut off by a power failure before it was synced");
}

/// Behind the last whole entry stands `line`, the first bytes of something that is not all there: the next entry, which
/// is being written or was cut off by a kill, or what no store has written.
void Journal::end_within(Scan& scan, std::string_view line) const {
  scan.clean = line.empty();
  if (!may_begin_entry(line, scan.at.number + 1, scan.at.hash)) end_damaged(scan);
}

/// From bytes that belong to no entry to the next line that is one.
void Journal::skip_to_entry(Scan& scan, const std::string& name, bool last) const {
  const off_t bad = scan.at.offset;
  const off_t whole = scan.size - static_cast<off_t>(entry_line_bytes);
  while (++scan.at.offset <= whole) {
    const std::string_view found = scan.window->view(scan.at.offset, entry_line_bytes);
    if ((found[0] == 'f' || found[0] == 'm') && parse_entry_line(found)) break;
  }
  if (scan.at.offset <= whole || !last) {
    scan.damage.push_back(name + ": the bytes at " + std::to_string(bad) + " belong to no entry");
    if (scan.at.offset > whole) scan.at.offset = scan.size;
    return;
  }
  scan.at.offset = bad;
  end_damaged(scan);
}

void Journal::scan_entry(Scan& scan, std::string_view line_text) const {
  const Segment& segment = segments_[scan.at.segment];
  const std::string name = shown(segment);
  const auto line = parse_entry_line(line_text);
  const auto text_offset = scan.at.offset + static_cast<off_t>(entry_line_bytes);
  const bool last = scan.at.segment + 1 == segments_.size();
  if (!line || (!last && text_offset + line->size > scan.size)) return skip_to_entry(scan, name, last);
  if (text_offset + line->size > scan.size) return end_within(scan, line_text);
  const std::string entry = name + ": entry " + std::to_string(line->number);
  if (line->number != scan.at.number + 1 || line->before != scan.at.hash) {
    scan.damage.push_back(entry + " does not follow entry " + std::to_string(scan.at.number) +
                          "; something between them is missing");
  }
  if (line->kind == EntryKind::facts || scan.deep) {
    const std::string_view text = scan.window->view(text_offset, static_cast<std::size_t>(line->size));
    if (belongs(*line, text)) {
      if (scan.use) scan.use(*line, text);
    } else if (line->kind == EntryKind::metrics) {
      scan.others.push_back(entry + ", metrics, is damaged");
    } else if (last && text_offset + line->size == scan.size && scan.mark && scan.mark->number < line->number) {
      scan.clean = false;
      scan.others.push_back(entry + " is damaged, or was cut off by a power failure before it was synced");
      return;
    } else {
      scan.damage.push_back(entry + " is damaged");
    }
  }
  scan.at.offset = text_offset + line->size;
  scan.at.number = line->number;
  scan.at.hash = line->hash;
}

void Journal::scan(Scan& scan) const {
  if (!scan.until) read_mark(scan);
  for (const Segment& segment : segments_) {
    if (segment.after < 0) scan.damage.push_back(shown(segment) + ": its first line is damaged");
  }
  if (scan.at.number == 0 && segments_.front().after > 0) {
    scan.damage.push_back(shown(segments_.front()) + ": the segments before it are missing");
    scan.at.number = segments_.front().after;
    scan.at.hash = segments_.front().after_hash;
  }
  for (;;) {
    const Segment& segment = segments_[scan.at.segment];
    const bool last = scan.at.segment + 1 == segments_.size();
    if (scan.until && scan.at.number >= scan.until->number) return;
    if (!last && segments_[scan.at.segment + 1].after == scan.at.number) {  // what lies beyond is void
      next_segment(scan);
      continue;
    }
    if (!scan.window) {
      scan.size = size_of(segment.file, segment.path);
      scan.window.emplace(segment.file, shown(segment), scan.damage);
    }
    const std::string_view line = scan.window->view(scan.at.offset, entry_line_bytes);
    if (line.size() < entry_line_bytes || scan.at.offset + static_cast<off_t>(entry_line_bytes) > scan.size) {
      if (next_segment(scan)) continue;
      end_within(scan, line);
      return check_mark(scan);
    }
    const off_t before = scan.at.offset;
    const std::size_t segment_before = scan.at.segment;
    scan_entry(scan, line);
    if (scan.at.offset == before && scan.at.segment == segment_before) return check_mark(scan);
  }
}

}  // namespace scheduled::anytime
