#include "input/source_text.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace capplan {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

std::string too_large(std::size_t limit) {
  return "is larger than " + std::to_string(limit >> 20) + " MiB, the largest file of its kind that is read";
}

// Length of the UTF-8 sequence that starts with `lead`, 0 where none can.
std::size_t sequence_length(unsigned char lead) {
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

// Second bytes that would spell a character too long, a surrogate, or one beyond Unicode.
bool is_second_byte_wrong(unsigned char lead, unsigned char second) {
  return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) ||
         (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90);
}

}  // namespace

tl::expected<SourceText, FileError> read_source(const std::string& path, std::size_t limit) {
  const auto fail = [&](std::string reason) { return tl::unexpected(FileError{path, std::move(reason)}); };
  const bool standard_input = path == "-";
  if (!standard_input) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return fail(std::strerror(errno));
    if (S_ISDIR(info.st_mode)) return fail("is a directory");
    if (S_ISREG(info.st_mode) && static_cast<std::size_t>(info.st_size) > limit)
      return fail(too_large(limit));
  }
  const std::unique_ptr<std::FILE, CloseFile> file(standard_input ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) return fail(std::strerror(errno));
  SourceText source{standard_input ? "<stdin>" : path, {}};
  char buffer[1 << 16];
  for (;;) {
    const std::size_t n = std::fread(buffer, 1, sizeof buffer, file.get());
    source.text.append(buffer, n);
    if (source.text.size() > limit) return fail(too_large(limit));
    if (n < sizeof buffer) break;
  }
  if (std::ferror(file.get()) != 0) return fail("cannot be read");
  return source;
}

std::size_t find_binary(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t n = sequence_length(lead);
    if (n == 0 || i + n > text.size()) return i;
    if (n > 1 && is_second_byte_wrong(lead, static_cast<unsigned char>(text[i + 1]))) return i;
    for (std::size_t k = 1; k < n; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return i;
    }
    i += n;
  }
  return std::string_view::npos;
}

}  // namespace capplan
