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
  const double samples = workload.dataset.samples.value_or(0);
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
    each_ = rate * cores;
    limit_ =
        plain_number(std::round(cores * 10) / 10) + " vCPUs an accelerator decode " +
        plain_number(std::round(each_)) +
        " samples/s for it; more cores, decoding on the accelerator or smaller stored images would lift that";
  }
  if (stated.storage && bytes > 0) {
    const double sharing = machine.count > 1 ? std::min(machine.count, machine.per_node) : machine.per_node;
    const double read = stated.storage->base() / bytes / sharing;
    if (each_ == 0 || read < each_) {
      each_ = read;
      limit_ = "storage feeds an accelerator " + plain_number(std::round(each_)) +
               " samples/s; a faster store, a copy on local disks or smaller stored samples would lift that";
    }
  }
  if (stated.storage && bytes == 0)
    add_assumption(assumptions_, {"data_loading.storage", "no limit",
                                  "`dataset` does not say how many bytes a sample has"});
  if (each_ == 0 && !demand.text && !stated.on_accelerator)
    add_assumption(assumptions_, {"data_loading", "keeps up", "nobody states the host's processors"});
}

Duration DataLoading::least_step(int count) const {
  return each_ > 0 ? Duration::of(batch_ / samples_per_s(count)) : Duration{};
}

}  // namespace capplan
