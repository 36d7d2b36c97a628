// A program of somebody else's, made from the installed library alone.
#include <capplan/catalog/catalog.h>
#include <capplan/plan/plan.h>
#include <capplan/report/report.h>
#include <capplan/spec/load.h>

#include <iostream>
#include <string>

namespace {

const std::string kSpec = R"(
version: 1
name: consumer
model: {preset: resnet-50}
dataset: {samples: 1.28M, size: 150 GB}
training: {epochs: 90, global_batch: 256}
pin: {accelerator: H100-SXM-80GB, count: 8}
)";

int fail(const capplan::Diagnostics& problems) {
  for (const capplan::Diagnostic& problem : problems) std::cerr << capplan::format_diagnostic(problem, kSpec);
  return 1;
}

}  // namespace

int main() {
  const capplan::ReadFile no_files = [](const std::string&) {
    return tl::unexpected(std::string("no files here"));
  };
  const auto spec = capplan::load_spec("consumer.yaml", kSpec, no_files);
  if (!spec) return fail(spec.error());
  const auto plan = capplan::make_plan(spec->spec, capplan::builtin_catalog(), {});
  if (!plan) return fail(plan.error());
  std::cout << capplan::render(*plan, capplan::Format::kJson, {.version = "1"});
  return plan->options.empty() ? 1 : 0;
}
