// Which settings are in force, and where each is from.
#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/config.h"
#include "core/text.h"

namespace capplan {
namespace {

// Where nothing is set: what the options themselves say, or what the program finds out when it runs.
std::string usual_value(std::string_view key) {
  const OutputOptions usual;
  if (key == "format") return usual.format;
  if (key == "color") return usual.color;
  if (key == "ascii" || key == "quiet") return "false";
  return {};
}

}  // namespace

ExitCode run_config_list(const Session& session, const ConfigListOptions& options) {
  Listing listing{"config", {{"key", "KEY", false, 0}, {"value", "VALUE", false, 0}}, {}};
  if (options.show_origin) listing.columns.push_back({"origin", "ORIGIN", false, 0});
  for (const Field& field : config_fields()) {
    const Setting* setting = session.configuration().find(field.key);
    listing.rows.push_back(
        {text_cell(field.key), text_cell(setting == nullptr ? usual_value(field.key) : setting->value)});
    if (options.show_origin)
      listing.rows.back().push_back(text_cell(setting == nullptr ? "default" : setting->origin));
  }
  return session.write(render(listing, session.format(), session.render_options()));
}

ExitCode run_config_get(const Session& session, const std::string& key) {
  std::vector<std::string_view> keys;
  for (const Field& field : config_fields()) keys.push_back(field.key);
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
    const std::string_view near = nearest_name(key, keys);
    session.err() << "capplan: there is no key `" << printable(key) << "`; there are " << join(keys)
                  << (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?") << "\n";
    return ExitCode::kUsage;
  }
  const Setting* setting = session.configuration().find(key);
  return session.write((setting == nullptr ? usual_value(key) : setting->value) + "\n");
}

}  // namespace capplan
