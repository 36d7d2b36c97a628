// A file that is there whole or not at all, whenever the program ends.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace capplan {

// Writes beside the target under a hidden name; commit() puts it in the target's place in one step. Without
// it, what was there stays. What is no regular file (a device, a pipe) is written to as it is. A program that
// is killed may leave the hidden file behind.
class AtomicFile {
 public:
  // The target's folder must be there. An error is a reason in words.
  static tl::expected<AtomicFile, std::string> open(const std::string& path);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  tl::expected<void, std::string> write(std::string_view text);
  tl::expected<void, std::string> commit();

 private:
  AtomicFile(int file, std::string target, std::string beside)
      : file_(file), target_(std::move(target)), beside_(std::move(beside)) {}

  int file_ = -1;
  std::string target_;
  std::string beside_;  // empty: the target itself is open
};

// The whole of `text` as the file.
tl::expected<void, std::string> write_file(const std::string& path, std::string_view text);

}  // namespace capplan
