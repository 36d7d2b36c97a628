// A text and the name it is reported under. Reading files is the only thing here that touches the world.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace capplan {

struct SourceText {
  std::string name;
  std::string text;
};

struct FileError {
  std::string path;
  std::string reason;  // "no such file", "is a directory", …
};

// Reads a whole file, or standard input for "-". A file above `limit` bytes is refused before it is read.
tl::expected<SourceText, FileError> read_source(const std::string& path, std::size_t limit);

// The largest spec or profile that is read; a real one has a few kilobytes.
inline constexpr std::size_t kYamlLimit = std::size_t{1} << 20;
inline constexpr std::size_t kCsvLimit = std::size_t{1} << 27;

// Byte offset of the first byte that is not UTF-8 text (a NUL counts), or npos.
std::size_t find_binary(std::string_view text);

}  // namespace capplan
