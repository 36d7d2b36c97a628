// The repository of examples/ci as git has it, with a branch that changes a spec; and runners that do what
// GitHub, GitLab and pre-commit would, as far as one machine can.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "input/yaml.h"
#include "support/program.h"

namespace capplan {

using Variables = std::map<std::string, std::string>;

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

class Workplace {
 public:
  Workplace() {
    namespace fs = std::filesystem;
    fs::copy(fs::path(CAPPLAN_SOURCE_DIR) / "examples/ci", root(), fs::copy_options::recursive);
    fs::create_directories(folder_ / "bin");
    shell("git init -q -b main . && git add -A && " + std::string(kCommit) + " && git checkout -q -b change");
  }

  std::filesystem::path root() const { return folder_ / "repo"; }
  const TestFolder& folder() const { return folder_; }

  // In the repository, by bash, with an identity and a clock of its own.
  Printed shell(const std::string& command, const Variables& variables = {}) const {
    std::string line = "export PATH=" + shell_quoted((folder_ / "bin").string()) + ":\"$PATH\" " + kGit;
    for (const auto& [name, value] : variables) line += " " + name + "=" + shell_quoted(value);
    return run_in(root(), line + "; bash -eo pipefail -c " + shell_quoted(command));
  }

  // Puts `after` in the place of `before` in a file, and commits.
  void change(const std::string& path, const std::string& before, const std::string& after) const {
    std::string text = file_text(root() / path);
    text.replace(text.find(before), before.size(), after);
    std::ofstream(root() / path, std::ios::binary) << text;
    commit();
  }
  void commit() const { shell("git add -A && " + std::string(kCommit)); }

  // A program of that name that comes before all others.
  void put_program(const std::string& name, const std::string& text) const {
    folder_.write("bin/" + name, "#!/usr/bin/env bash\n" + text);
    std::filesystem::permissions(folder_ / ("bin/" + name), std::filesystem::perms::owner_all);
  }

 private:
  static constexpr const char* kCommit = "git commit -q -m change";
  static constexpr const char* kGit =
      "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.com "
      "GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.com GIT_AUTHOR_DATE=2026-11-01T00:00:00Z "
      "GIT_COMMITTER_DATE=2026-11-01T00:00:00Z";

  TestFolder folder_;
};

// A composite action's steps, one after the other.
class ActionRun {
 public:
  // `file`: action.yml from the root of the project; `context`: what expressions other than inputs stand for.
  ActionRun(const Workplace& place, const std::string& file, const Variables& inputs,
            const Variables& context)
      : place_(place), values_(context) {
    const std::filesystem::path path = std::filesystem::path(CAPPLAN_SOURCE_DIR) / file;
    const auto action = parse_yaml({file, file_text(path)});
    if (!action) return;
    for (const YamlMember& input : action->find("inputs")->members) {
      const YamlNode* usual = input.value.find("default");
      values_["inputs." + input.key.scalar] = usual == nullptr ? "" : expanded(usual->scalar);
    }
    for (const auto& [name, value] : inputs) values_["inputs." + name] = value;
    for (const char* name : {"output", "summary", "path"}) place.folder().write(name, "");
    for (const YamlNode& step : action->find("runs")->find("steps")->items)
      steps_[step.find("name")->scalar] = step;
    action_path_ = path.parent_path().string();
  }

  Printed step(const std::string& name) {
    const YamlNode& step = steps_.at(name);
    Variables variables{{"GITHUB_ACTION_PATH", action_path_},
                        {"GITHUB_REPOSITORY", "acme/models"},
                        {"GITHUB_OUTPUT", (place_.folder() / "output").string()},
                        {"GITHUB_STEP_SUMMARY", (place_.folder() / "summary").string()},
                        {"GITHUB_PATH", (place_.folder() / "path").string()},
                        {"RUNNER_TEMP", place_.folder().path().string()}};
    if (const YamlNode* env = step.find("env"); env != nullptr) {
      for (const YamlMember& member : env->members)
        variables[member.key.scalar] = expanded(member.value.scalar);
    }
    const Printed printed = place_.shell(step.find("run")->scalar, variables);
    std::istringstream lines(place_.folder().read("output"));
    for (std::string line; std::getline(lines, line);)
      values_["steps.check.outputs." + line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    return printed;
  }

  std::string output(const std::string& name) { return values_["steps.check.outputs." + name]; }

 private:
  std::string expanded(const std::string& text) const {
    std::string out;
    std::size_t at = 0;
    for (std::size_t begin = 0; (begin = text.find("${{", at)) != std::string::npos;) {
      const std::size_t end = text.find("}}", begin);
      std::string name = text.substr(begin + 3, end - begin - 3);
      name.erase(0, name.find_first_not_of(' '));
      name.erase(name.find_last_not_of(' ') + 1);
      const auto found = values_.find(name);
      out += text.substr(at, begin - at) + (found == values_.end() ? "" : found->second);
      at = end + 2;
    }
    return out + text.substr(at);
  }

  const Workplace& place_;
  Variables values_;
  std::map<std::string, YamlNode> steps_;
  std::string action_path_;
};

}  // namespace capplan
