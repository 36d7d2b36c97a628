#include <algorithm>
#include <map>

#include "cli/command_line.h"
#include "cli/command_texts.h"
#include "cli/config.h"
#include "cli/help.h"

namespace capplan {
namespace {

// An option that this many commands have alike is told once.
constexpr int kShared = 4;

constexpr const char* kDescription = R"(.B capplan
reads a description of AI workloads, works out what they must compute, move and keep, prices every way of
getting it, and prints the ranked plans.
.PP
.I SPEC
is a YAML file, or \- for standard input. It states a version and for each workload a model; training needs a
dataset or its steps besides, serving its traffic. Quantities carry their unit, as in 80 GiB, 30 days or $12M.
GB is 10^9 bytes, GiB 2^30.
.PP
Results go to standard output, everything else to standard error. Equal inputs give equal bytes, and the
network is never used.
)";

constexpr const char* kEnd = R"(.TP
.B XDG_CONFIG_HOME
Where the user's configuration stands; by default ~/.config.
.TP
.B COLUMNS
Width of tables on a terminal that does not tell its own.
.TP
.B NO_COLOR
Where it is set and not empty, colour is off unless \-\-color asks for it.
.TP
.BR CLICOLOR_FORCE ", " FORCE_COLOR
Where one is set to other than 0, colour is on also without a terminal, unless \-\-color or NO_COLOR forbids it.
.TP
.B TERM
Where it is dumb, a terminal gets no colour.
.TP
.BR LC_ALL ", " LC_CTYPE ", " LANG
The first that is not empty tells whether a terminal takes UTF-8; if not, tables are in ASCII.
.SH FILES
.TP
.I .capplan/config.yaml
Settings of a repository, in the working folder or in the nearest one above it, up to the root.
.TP
.I $XDG_CONFIG_HOME/capplan/config.yaml
Settings of the user.
.TP
.I capplan.lock
Prices that specs in its folder and below stand under.
.TP
.I accelerators/ID.yaml, models/ID.yaml, providers/ID.yaml, offers/PROVIDER.csv
Profiles, below the folder of \-\-profiles.
.SH DIAGNOSTICS
Every message about an input begins with file:line:column, shows the line, and says what was expected. All
problems of a file are reported at once.
.SH SEE ALSO
The documentation of the spec and of the profiles comes with the source, in
.IR docs .
)";

// Text of a line: nothing in it is a request.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<CLI::App*> leaves_of(CLI::App& level) {
  std::vector<CLI::App*> found;
  for (CLI::App* sub : commands_of(level)) {
    const std::vector<CLI::App*> below = leaves_of(*sub);
    if (below.empty()) found.push_back(sub);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

std::string entry(const CLI::Option& option) {
  return ".TP\n\\fB" + roff(option_text(option)) + "\\fP\n" + roff(option_says(option)) + "\n";
}

class ManPage {
 public:
  explicit ManPage(CLI::App& app) : app_(app), leaves_(leaves_of(app)) {
    for (const CLI::App* leaf : leaves_) {
      for (const CLI::Option* option : options_of(*leaf)) ++shared_[entry(*option)];
    }
  }

  std::string text() const {
    std::string out = ".\\\" Made by `capplan help --man` from the table of options.\n";
    out += ".TH CAPPLAN 1 \"\" \"capplan " CAPPLAN_VERSION "\" \"User commands\"\n.SH NAME\n";
    out += "capplan \\- what AI compute costs, on every way of getting it\n.SH SYNOPSIS\n";
    for (const CLI::App* leaf : leaves_) out += roff(usage_of(*leaf)) + "\n.br\n";
    out += ".SH DESCRIPTION\n" + std::string(kDescription) + ".SH COMMANDS\n";
    for (const CLI::App* leaf : leaves_) out += command(*leaf);
    out += ".SH COMMON OPTIONS\n" + common();
    out += ".SH EXIT STATUS\n" + roff(app_.get_footer()) + "\n.SH ENVIRONMENT\n";
    for (const Field& field : config_fields())
      out += ".TP\n.B " + config_variable(field.key) + "\nStands in for \\-\\-" + roff(field.key) + ".\n";
    return out + kEnd;
  }

 private:
  static std::vector<const CLI::Option*> options_of(const CLI::App& leaf) {
    return leaf.get_options(
        [](const CLI::Option* o) { return o->nonpositional() || !o->get_description().empty(); });
  }

  bool is_shared(const CLI::Option& option) const { return shared_.at(entry(option)) >= kShared; }

  std::string command(const CLI::App& leaf) const {
    std::string out = ".SS " + roff(usage_of(leaf)) + "\n" + roff(leaf.get_description()) + "\n";
    const CommandText* text = find_command_text(full_name(leaf));
    if (text != nullptr && !text->details.empty()) out += ".PP\n" + roff(text->details) + "\n";
    std::string also;
    for (const CLI::Option* option : options_of(leaf)) {
      if (!is_shared(*option)) {
        out += entry(*option);
      } else if (option->nonpositional()) {
        also += (also.empty() ? "" : ", ") + option->get_name();
      }
    }
    out += ".PP\nAnd " + roff(also) + ".\n";
    if (text != nullptr) {
      for (const Example& example : text->examples)
        out += ".PP\n" + roff(example.says) + ":\n.PP\n.RS 4\n.nf\n" + roff(example.line) + "\n.fi\n.RE\n";
    }
    return out;
  }

  // Each once, in the order of the commands.
  std::string common() const {
    std::string out;
    std::map<std::string, int> told;
    for (const CLI::App* leaf : leaves_) {
      for (const CLI::Option* option : options_of(*leaf)) {
        if (is_shared(*option) && told[entry(*option)]++ == 0) out += entry(*option);
      }
    }
    return out;
  }

  CLI::App& app_;
  std::vector<CLI::App*> leaves_;
  std::map<std::string, int> shared_;
};

}  // namespace

std::string man_page(CLI::App& app) { return ManPage(app).text(); }

}  // namespace capplan
