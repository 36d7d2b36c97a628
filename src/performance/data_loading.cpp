#include "performance/data_loading.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"

namespace capplan {
namespace {

bool is_of_images(const Demand& d) {
  return !d.text && (d.family == Family::kCnn || d.family == Family::kVit);
}

}  // namespace

DataLoading::DataLoading(const Demand& demand, const Workload& workload, const Machine& machine,
                         const Catalog& catalog)
    : batch_(demand.global_batch) {
  const Loading& stated = workload.loading;
  const double of_tokens = workload.dataset.tokens.value_or(0) / std::max(demand.sequence_length, 1.0);
  const double samples = workload.dataset.samples.value_or(of_tokens);
  const double bytes = samples > 0 ? demand.dataset.base() / samples : 0;
  const bool decodes = (stated.decode_rate || is_of_images(demand)) && !stated.on_accelerator;
  const double cores = stated.cpu_cores.value_or(machine.vcpus);
  if (decodes && cores > 0) {
    double rate = stated.decode_rate.value_or(0);
    if (!stated.decode_rate) {
      // Decoding goes by the byte: larger pictures take longer.
      const double usual = catalog.figure("loading.image-size").value;
      rate = catalog.figure("loading.decode-rate").value * (bytes > 0 ? usual / bytes : 1);
      add_assumption(assumptions_,
                     {"data_loading.decode_rate", plain_number(std::round(rate)) + " samples/s a vCPU",
                      "unverified: 185 JPEGs of 115 kB (loading.decode-rate), by the bytes of a sample"});
    }
    decoded_ = rate * cores;
    cores_ = cores;
  }
  if (stated.storage && bytes > 0) {
    stored_ = stated.storage->base() / bytes;
    per_node_ = machine.per_node;
  }
  if (stated.storage && bytes == 0)
    add_assumption(assumptions_, {"data_loading.storage", "no limit",
                                  "`dataset` does not say how many bytes a sample has"});
  if (decoded_ == 0 && stored_ == 0 && !demand.text && !stated.on_accelerator)
    add_assumption(assumptions_, {"data_loading", "keeps up", "nobody states the host's processors"});
}

// The accelerators of a node share its storage.
double DataLoading::stored_for_each(int count) const { return stored_ / std::min(count, per_node_); }

bool DataLoading::storage_limits(int count) const {
  return stored_ > 0 && (decoded_ == 0 || stored_for_each(count) < decoded_);
}

double DataLoading::samples_per_s(int count) const {
  return count * (storage_limits(count) ? stored_for_each(count) : decoded_);
}

std::string DataLoading::limit(int count) const {
  if (storage_limits(count))
    return "storage feeds an accelerator " + plain_number(std::round(stored_for_each(count))) +
           " samples/s; a faster store, a copy on local disks or smaller stored samples would lift that";
  return plain_number(std::round(cores_ * 10) / 10) + " vCPUs an accelerator decode " +
         plain_number(std::round(decoded_)) +
         " samples/s for it; more cores, decoding on the accelerator or smaller stored images would lift "
         "that";
}

Duration DataLoading::least_step(int count) const {
  const double rate = samples_per_s(count);
  return rate > 0 ? Duration::of(batch_ / rate) : Duration{};
}

}  // namespace capplan
